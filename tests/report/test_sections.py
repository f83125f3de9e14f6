import pytest

from relknit.metrics import Interval
from relknit.report.sections import filter_link, folded, interval, navigation, percent, relations_table, section, signed
from tests.page.reading import read


def test_ratios_are_written_in_percent():
    assert percent(0.8236) == "82.4"
    assert interval(Interval(0.1, 1.0)) == "10.0 – 100.0"
    assert interval(None) == ""


@pytest.mark.parametrize(("ratio", "shown"), [(0.014, "+1.4"), (-0.029, "−2.9"), (0.0, "+0.0")])
def test_differences_have_a_sign(ratio, shown):
    assert signed(ratio) == shown


def test_a_link_sets_the_filters_whatever_a_relation_is_called():
    reader = read(filter_link("a & b", kind="wrong span", relation='a&b=<c>"#é'))
    assert reader.values("href") == ["#kind=wrong+span&relation=a%26b%3D%3Cc%3E%22%23%C3%A9"]
    assert reader.text == "a & b"


def test_sections_can_be_pointed_at():
    html = navigation([("x", "The X")]) + section("The X", "<p>body</p>", name="x")
    assert read(html).values("href") == ["#x"]
    assert read(html).values("id") == ["x"]


def test_few_relations_lie_open_and_many_are_folded():
    few, many = ({f"r{k}": ("1",) for k in range(n)} for n in (2, 16))
    assert relations_table(("relation", "n"), few).startswith("<details open>")
    assert relations_table(("relation", "n"), many).startswith("<details>")
    assert "16 relations" in relations_table(("relation", "n"), many)
    assert folded("a", "b", opened=True) == "<details open><summary>a</summary>\nb</details>"
