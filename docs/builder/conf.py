"""Settings of Sphinx. Nothing is fetched, neither while building nor by a reader's browser."""

from relknit.version import __version__

project = "relknit"
version = release = __version__
extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
exclude_patterns = ["examples"]
add_module_names = False
python_use_unqualified_type_names = True
toc_object_entries_show_parents = "hide"
suppress_warnings = [
    "ref.python"
]  # names of ours are full ones, so only a foreign one, such as `type`, can be ambiguous
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
