import pytest

from builder.pages import PageError, find_pages, gather, links, outside_code, rewrite_links


def page(repository, text, tmp_path):
    """A page of the home folder, as it is on the site."""
    path = repository / "docs" / "index.md"
    path.write_text(text)
    return rewrite_links(text, path, repository, find_pages(repository), tmp_path)


def test_the_pages_are_those_that_readers_were_promised(root):
    names = set(find_pages(root).values())
    assert {"index.md", "tutorial.md", "your-own-data.md", "data-format.md", "equations.md", "architecture.md"} <= names
    assert {
        "benchmarks.md",
        "experiments.md",
        "model-webnlg.md",
        "corpus.md",
        "changelog.md",
        "contributing.md",
    } <= names


def test_two_files_never_become_one_page(root):
    names = list(find_pages(root).values())
    assert len(names) == len(set(names))


def test_every_link_and_image_of_every_page_is_there(root, tmp_path):
    names = gather(root, tmp_path)
    assert sorted(path.name for path in tmp_path.glob("*.md")) == sorted(names)
    assert (tmp_path / "images" / "step_curves.png").stat().st_size > 1000
    assert (tmp_path / "examples" / "bridges" / "bridges.csv").is_file()


def test_every_link_of_the_readme_is_there(root):
    targets = [match["target"] for _, match in links((root / "README.md").read_text(encoding="utf-8"))]
    assert len(targets) > 5
    missing = [target for target in targets if ":" not in target and not (root / target.partition("#")[0]).exists()]
    assert missing == []


def test_a_link_between_pages_follows_them_to_the_site(repository, tmp_path):
    assert page(repository, "[speed](../benchmarks/README.md#memory)", tmp_path) == "[speed](benchmarks.md#memory)\n"


def test_a_link_to_another_file_of_the_repository_becomes_its_path(repository, tmp_path):
    (repository / "src" / "relknit" / "tags.py").write_text("")
    assert page(repository, "[tags](../src/relknit/tags.py)", tmp_path) == "tags (`src/relknit/tags.py`)\n"
    assert page(repository, "[`src/relknit/tags.py`](../src/relknit/tags.py)", tmp_path) == "`src/relknit/tags.py`\n"


def test_an_example_can_be_downloaded(repository, tmp_path):
    (repository / "docs" / "examples" / "facts.csv").write_text("a")
    assert page(repository, "[facts](examples/facts.csv)", tmp_path) == "{download}`facts <examples/facts.csv>`\n"


def test_an_image_comes_along(repository, tmp_path):
    (repository / "benchmarks" / "curve.png").write_bytes(b"picture")
    assert page(repository, "![a curve](../benchmarks/curve.png)", tmp_path) == "![a curve](images/curve.png)\n"
    assert (tmp_path / "images" / "curve.png").read_bytes() == b"picture"


def test_addresses_elsewhere_and_places_on_the_page_stay(repository, tmp_path):
    text = "[a](https://example.org/x) [b](mailto:a@example.org) [c](#here)\n"
    assert page(repository, text, tmp_path) == text


@pytest.mark.parametrize("text", ["[a](missing.md)", "![a](missing.png)", "first\n\nsee [a](missing.md#here)"])
def test_a_link_to_nothing_is_an_error_that_names_its_line(repository, tmp_path, text):
    line = len(text.splitlines())
    with pytest.raises(PageError, match=rf"docs/index.md:{line}: link to missing.* does not exist"):
        page(repository, text, tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "`[a](missing.md)`\n",
        "```text\n[a](missing.md)\n```\n",
        "````\n```\n[a](missing.md)\n````\n",
        "``x ` [a](missing.md)``\n",
    ],
)
def test_what_looks_like_a_link_in_code_is_left_alone(repository, tmp_path, text):
    assert page(repository, text, tmp_path) == text


def test_the_same_link_twice_in_a_line_is_followed_twice(repository, tmp_path):
    found = page(repository, "[a](../CHANGELOG.md), [a](../CHANGELOG.md)", tmp_path)
    assert found == "[a](changelog.md), [a](changelog.md)\n"


def test_only_what_is_not_code_is_changed():
    text = "a `a` a\n```\na\n```\na"
    assert outside_code(text, str.upper) == "A `a` A\n```\na\n```\nA"
