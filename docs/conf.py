"""Settings of Sphinx: `make docs`. The source folder is the repository, so that links between its files are links of the site.

Nothing is fetched, neither while building nor by a reader's browser.
"""

import sys
from pathlib import Path

from relknit.version import __version__

sys.path.append(str(Path(__file__).parent))  # the extensions of our own in `builder`

project = "relknit"
version = release = __version__
root_doc = "docs/index"
include_patterns = [
    "docs/*.md",
    "docs/guides/*.md",
    "docs/commands.rst",
    "docs/public-api.rst",
    "docs/api/relknit*.rst",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "benchmarks/README.md",
    "experiments/README.md",
    "experiments/*/LOG.md",
    "corpus/everyday/*.md",
    "src/relknit/shipped/**/README.md",
]
extensions = [
    "myst_parser",
    "sphinx.ext.apidoc",
    "sphinx.ext.autodoc",
    "sphinxcontrib.autodoc_pydantic",
    "cyclopts.ext.sphinx",
    "builder.docstrings",
    "builder.equations",
]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

apidoc_modules = [
    {
        "path": "../src/relknit",
        "destination": "docs/api",
        "exclude_patterns": ["../src/relknit/cli", "../src/relknit/__main__.py"],
        "include_private": False,
        "separate_modules": False,
        "automodule_options": ["members"],
    }
]
autodoc_use_legacy_class_based = True  # autodoc_pydantic extends its classes
autodoc_mock_imports = ["spacy", "triton"]  # slow to import, or not on every machine
autodoc_default_options = {"ignore-module-all": True, "member-order": "bysource"}  # a name is where it is defined
autodoc_preserve_defaults = True
autodoc_pydantic_model_show_json = False
autodoc_pydantic_model_show_config_summary = False
autodoc_pydantic_model_show_validator_summary = False
autodoc_pydantic_model_show_validator_members = False
autodoc_pydantic_model_show_field_summary = False
autodoc_pydantic_model_signature_prefix = "class"
autodoc_pydantic_field_list_validators = False
autodoc_pydantic_field_doc_policy = "description"
autodoc_pydantic_field_signature_prefix = "setting"
python_use_unqualified_type_names = True
add_module_names = False
toc_object_entries_show_parents = "hide"
suppress_warnings = ["ref.python"]  # only a foreign name, such as `type`, can be ambiguous: ours are full ones

smartquotes = False  # what is shown is to be copied as it stands
html_theme = "furo"
html_title = "relknit"
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_static_path = ["static"]
html_css_files = ["relknit.css"]
pygments_style = "friendly"
pygments_dark_style = "monokai"
