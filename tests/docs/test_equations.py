import pytest

pytest.importorskip("sphinx", reason="relknit[docs] is not installed")

from sphinx.errors import ExtensionError

from builder.equations import Row, equations_page, locate, named_equations, rows


@pytest.fixture(scope="module")
def page(root):
    return (root / "docs" / "equations.md").read_text(encoding="utf-8")


def test_every_equation_of_each_paper_has_a_row(page):
    found = [(row.paper, row.equation) for row in rows(page)]
    papers = {"EMNLP": 9, "v1": 14, "GraphRel": 6}
    assert found == [(paper, number) for paper, last in papers.items() for number in range(1, last + 1)]


def test_every_row_names_what_computes_its_equation(page):
    assert all(row.objects for row in rows(page))


def test_the_docstring_of_everything_named_names_the_equation(page, root):
    silent = [
        f"{row.paper} ({row.equation}): {name}"
        for row in rows(page)
        for name in row.objects
        if row.equation not in named_equations(locate(name, root), row.paper)
    ]
    assert silent == []


def test_every_place_is_where_the_definition_begins(page, root):
    for name in {name for row in rows(page) for name in row.objects}:
        place = locate(name, root)
        lines = (root / place.path).read_text(encoding="utf-8").splitlines()
        definition = "\n".join(lines[place.start - 1 : place.end])
        assert f" {name.rpartition('.')[2]}" in definition
        assert definition.lstrip().startswith(("class ", "def ", "@"))


def test_what_is_named_can_be_imported(page):
    """So what the source shows is what runs."""
    import importlib

    for name in {name for row in rows(page) for name in row.objects}:
        parts = name.split(".")
        depth = next(k for k, part in enumerate(parts) if part[0].isupper() or k == len(parts) - 1)
        found = importlib.import_module(".".join(parts[:depth]))
        for part in parts[depth:]:
            found = getattr(found, part)
        assert callable(found)


SOURCE = '''"""A module   (EMNLP eq. 9)."""


class Cell:
    """A cell   (v1 eqs. 4 to 6 and 8)."""

    @property
    def width(self):
        """Nothing of a paper."""
        return 1


def knit(x):
    """Loops   (EMNLP eqs. 1, 2 and 5)."""
    return x
'''


@pytest.fixture
def toy(tmp_path):
    (tmp_path / "src" / "relknit").mkdir(parents=True)
    (tmp_path / "src" / "relknit" / "toy.py").write_text(SOURCE)
    return tmp_path


def test_a_function_is_found_with_its_first_and_last_line(toy):
    place = locate("relknit.toy.knit", toy)
    assert (str(place.path), place.start, place.end) == ("src/relknit/toy.py", 13, 15)


def test_a_definition_begins_with_its_decorators(toy):
    assert (locate("relknit.toy.Cell.width", toy).start, locate("relknit.toy.Cell.width", toy).end) == (7, 10)


def test_equations_are_counted_one_by_one(toy):
    assert named_equations(locate("relknit.toy.knit", toy), "EMNLP") == {1, 2, 5}
    assert named_equations(locate("relknit.toy.Cell", toy), "v1") == {4, 5, 6, 8}


def test_the_equations_of_one_paper_are_not_those_of_the_other(toy):
    assert named_equations(locate("relknit.toy.knit", toy), "v1") == set()


def test_a_method_may_leave_it_to_its_class_but_not_to_its_module(toy):
    assert named_equations(locate("relknit.toy.Cell.width", toy), "v1") == {4, 5, 6, 8}
    assert named_equations(locate("relknit.toy.Cell.width", toy), "EMNLP") == set()


@pytest.mark.parametrize("name", ["relknit.toy.purl", "relknit.toy.Cell.height", "relknit.nowhere.knit"])
def test_what_is_gone_is_an_error_that_names_it(toy, name):
    with pytest.raises(ExtensionError, match=name):
        locate(name, toy)


def test_the_page_shows_file_line_and_code(toy):
    page = "## Paper (EMNLP)\n\n| eq. | says | by |\n|---|---|---|\n| (1) | loops | `relknit.toy.knit` |\n"
    assert list(rows(page)) == [Row("EMNLP", 1, ("relknit.toy.knit",))]
    made = equations_page(page, toy)
    assert "[`relknit.toy.knit`](#code-relknit-toy-knit) src/relknit/toy.py:13" in made
    assert ":lineno-start: 13" in made
    assert "    return x\n" in made
