import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relknit.page import amount, counted, page, resource, table
from tests.page.reading import check_alone, read

EVIL = "<script>alert('1')</script>&\"<img src=x>"


def made(**changes):
    parts = {"title": "t", "over": "o", "heading": "h", "summary": "<b>s</b>", "body": "<p>b</p>"}
    return page(**(parts | changes))


def test_a_page_without_a_script_allows_none():
    reader = check_alone(made())
    assert "script" not in reader.tags
    assert "script-src" not in reader.policy
    assert reader.text == "t o h s b"


def test_a_script_is_allowed_by_its_hash_and_stands_behind_the_body():
    reader = check_alone(made(script="\nlet a = 1 < 2;\n"))
    assert reader.code["script"] == "\nlet a = 1 < 2;\n"
    assert reader.policy.count("sha256-") == 2
    assert reader.tags.index("script") > reader.tags.index("main")


def test_forms_lead_nowhere_and_nothing_is_loaded():
    policy = read(made()).policy
    for rule in ("default-src 'none'", "base-uri 'none'", "form-action 'none'"):
        assert rule in policy


def test_own_style_comes_after_the_common_one():
    style = check_alone(made(style="b { color: red; }\n")).code["style"]
    assert style.startswith("\n:root {")
    assert style.endswith("b { color: red; }\n")
    assert "prefers-color-scheme: dark" in style


def test_plain_parts_are_escaped_and_html_parts_are_not():
    reader = check_alone(made(title=EVIL, over=EVIL, heading=EVIL, summary="<i>s</i>"))
    assert reader.text.count("alert('1')") == 3
    assert "i" in reader.tags


@settings(deadline=None)
@given(st.text())
def test_any_heading_gives_a_page_that_can_be_written_and_read(heading):
    written = made(heading=heading).encode("utf-8")
    assert read(written.decode()).tags == read(made()).tags


@pytest.mark.parametrize("bad", ["\0", "\ud800"])
def test_what_no_page_can_hold_is_replaced(bad):
    html = made(body=f"a{bad}b")
    assert bad not in html
    html.encode("utf-8")


def test_a_table_has_a_head_and_its_rows():
    reader = read(table(("a", "b"), [("1", "2"), ("3", "<b>4</b>")]))
    assert reader.tags.count("tr") == 3
    assert reader.text.replace(" ", "") == "ab1234"
    assert reader.tags.count("b") == 1


@pytest.mark.parametrize(
    ("count", "shown"), [(1, "<b>1</b> sentence"), (0, "<b>0</b> sentences"), (1234, "<b>1,234</b> sentences")]
)
def test_one_is_one_and_not_some(count, shown):
    assert counted(count, "sentence") == shown
    assert counted(count, "sentence", ' class="x"') == shown.replace("<b>", '<b class="x">')


def test_resources_come_with_the_package():
    assert "--paper" in resource("relknit.page", "style.css")


@pytest.mark.parametrize(("count", "shown"), [(0, "0 triples"), (1, "1 triple"), (1200, "1,200 triples")])
def test_amounts_are_one_or_many(count, shown):
    assert amount(count, "triple") == shown
    assert read(counted(count, "triple", ' class="x"')).text == shown
