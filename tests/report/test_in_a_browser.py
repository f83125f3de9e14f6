"""What the script of a page does, in a real browser; left out where there is none."""

import re
import shutil
import subprocess
from html import unescape

import pytest

from relknit.document import Document, Entity, Prediction, Relation
from relknit.metrics import evaluate_predictions
from relknit.report import evaluation_html

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SPACED = " lives\nin "
ENDS = (Entity(0, 1), Entity(2, 3), Entity(4, 5))

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium on the PATH")


def document(name, *relations):
    tokens = ("Ada", "knows", "Bo", "of", "Rome")
    return Document(name, tokens, ENDS, tuple(Relation(*relation) for relation in relations))


GOLD = [
    document("turned", (0, 1, "knows"), (1, 2, "from")),
    document("missing", (0, 2, SPACED)),
    document("correct", (0, 1, "knows")),
]
PREDICTED = [
    document("turned", (1, 0, "knows"), (1, 2, "from")),
    document("missing"),
    document("correct", (0, 1, "knows")),
]


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """The sentences shown, and how many the page reports, when the page is opened at an address."""
    folder = tmp_path_factory.mktemp("browser")
    predictions = [Prediction(d.entities, d.relations) for d in PREDICTED]
    report = evaluate_predictions(GOLD, predictions, rule="last", bootstrap_samples=2)
    page = folder / "page.html"
    page.write_text(evaluation_html(report, title="t"), encoding="utf-8")

    def open_at(filters):
        options = ("--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}", "--dump-dom")
        command = [BROWSER, *options, f"{page.as_uri()}#{filters}"]
        dom = subprocess.run(command, check=True, capture_output=True).stdout.decode()
        cards = re.findall(r'<article class="card"(.*?)>.*?<bdi>(.*?)</bdi>', dom)
        count = re.search("<output>(.*?)</output>", dom)
        assert count is not None
        return [unescape(name) for attributes, name in cards if "hidden" not in attributes], count[1]

    return open_at


@pytest.mark.parametrize(
    ("filters", "names", "count"),
    [
        ("sentences", ["turned", "missing", "correct"], "3 sentences, 4 triples"),
        ("kind=wrong+direction", ["turned"], "1 sentence, 1 triple"),
        ("kind=missing&kind=correct&relation=knows", ["correct"], "1 sentence, 1 triple"),
        ("relation=+lives%0Ain+", ["missing"], "1 sentence, 1 triple"),
        ("relation=unknown", [], "0 sentences, 0 triples"),
    ],
)
def test_an_address_shows_the_sentences_that_it_asks_for(shown, filters, names, count):
    assert shown(filters) == (names, count)
