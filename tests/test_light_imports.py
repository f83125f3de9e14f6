"""Reading data and keeping score starts fast: nothing of it imports torch."""

import importlib.util
import subprocess
import sys

import pytest

LIGHT = (
    "relknit",
    "relknit.errors",
    "relknit.config",
    "relknit.document",
    "relknit.document.jsonl",
    "relknit.tags",
    "relknit.overlap",
    "relknit.text",
    "relknit.text.windows",
    "relknit.metrics",
    "relknit.data.doctor",
    "relknit.data.readers",
    "relknit.data.catalogue",
    "relknit.data.convert",
    "relknit.data.corpus",
    "relknit.encoders.bilstm.vocabulary",
    "relknit.data.vectors",
    "relknit.page",
    "relknit.report",
    "relknit.cli",
)


def loaded_after(statement):
    """Names of the modules that a fresh interpreter has loaded after a statement."""
    script = f"{statement}\nimport sys\nprint(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    return set(found.stdout.split())


def test_data_metrics_and_command_line_load_without_torch():
    there = [name for name in LIGHT if importlib.util.find_spec(name) is not None]
    assert len(there) >= len(LIGHT) - 1
    loaded = loaded_after("import " + ", ".join(there))
    assert loaded >= set(there)
    heavy = ("torch", "triton", "transformers", "spacy")
    assert not [name for name in heavy if name in loaded]
    assert not [
        name
        for name in loaded
        if name.startswith(
            ("relknit.nn", "relknit.ops", "relknit.models.base", "relknit.models.rin.", "relknit.encoders.base")
        )
    ]


def test_loading_a_model_starts_no_compiler(tiny_model, tiny_encoder, tmp_path):
    from relknit.checkpoint import SavedModel, TrainingData, save_model

    settings = {"pair_hidden": 4, "relation_bias": -6.0}
    encoder = tiny_encoder(char_dim=2, shape_dim=2, num_layers=2)
    model = tiny_model(encoder=encoder, **settings)
    save_model(tmp_path, SavedModel(model, TrainingData()))
    loaded = loaded_after(f"from relknit.checkpoint import load_model\nload_model({str(tmp_path)!r})")
    assert "relknit.checkpoint" in loaded
    assert "torch._dynamo" not in loaded


@pytest.mark.parametrize("module", ["relknit.encoders.base", "relknit.checkpoint"])
def test_what_computes_does_load_torch(module):
    """So the test above would notice."""
    assert "torch" in loaded_after(f"import {module}")


def test_loading_a_shipped_model_imports_no_page_report_or_metrics():
    loaded = loaded_after("import relknit; relknit.load('webnlg')")
    assert "relknit.extractor" in loaded
    pages = {
        name for name in loaded if name.startswith(("relknit.page", "relknit.report", "relknit.metrics", "jinja2"))
    }
    assert not pages | {name for name in loaded if name.endswith("_page")}
