import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError

from relknit.data.doctor import report_html
from relknit.data.doctor.findings import DoctorReport, FileSummary
from relknit.document import Document
from relknit.document.document_page import page_html
from relknit.metrics import evaluate_predictions
from relknit.page import printable, render
from relknit.report import evaluation_html
from tests.page.reading import check_alone, read


def evaluation(title="t"):
    return evaluation_html(evaluate_predictions([], [], rule="last", bootstrap_samples=0), title=title)


def doctor(path="t"):
    return report_html(DoctorReport((FileSummary(path, None, 0, 0, 0, 0),), (), ()))


PAGES = [evaluation(), doctor(), page_html([Document("1", ("a",))])]


@pytest.mark.parametrize("html", PAGES, ids=["evaluation", "doctor", "documents"])
def test_every_page_has_the_one_frame_and_allows_its_own_style_and_script_alone(html):
    reader = check_alone(html)
    assert "prefers-color-scheme: dark" in reader.code["style"]
    assert ("script" in reader.tags) == ("script-src" in reader.policy) == ("relknit evaluation" in reader.text)
    for rule in ("default-src 'none'", "base-uri 'none'", "form-action 'none'"):
        assert rule in reader.policy


@settings(deadline=None)
@given(st.text(min_size=1))
def test_any_heading_gives_a_page_that_can_be_written_and_read(heading):
    written = evaluation(heading).encode("utf-8")
    assert read(written.decode()).tags == read(evaluation()).tags


@pytest.mark.parametrize("bad", ["\0", "\ud800"])
def test_what_no_page_can_hold_is_replaced(bad):
    assert bad not in evaluation(f"a{bad}b")
    printable(f"a{bad}b").encode("utf-8")


def test_a_value_that_a_template_lacks_is_an_error_and_not_a_gap():
    with pytest.raises(UndefinedError):
        render("document/element.html")


def test_the_template_engine_is_loaded_only_for_pages():
    script = (
        "import sys, relknit, relknit.cli, relknit.report, relknit.data.doctor, relknit.document.document_page\n"
        "relknit.load('webnlg')('Ada left.')\n"
        "assert 'jinja2' not in sys.modules\n"
        "loaded = [name for name in sys.modules if name.startswith('relknit.report')]\n"
        "assert loaded\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
