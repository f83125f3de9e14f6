"""Several datasets as one, though each annotates other things."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from relknit.data.mixture import Mixture, SourceSettings
from relknit.document import Document
from relknit.document.jsonl import parse_document, write_jsonl
from relknit.document.record import to_record
from relknit.document.scope import Scope
from relknit.errors import ConfigError, DataError

Sketch = Callable[..., Document]


@pytest.fixture
def folders(tmp_path: Path, sketch: Sketch) -> Path:
    """Two sources: "typed" with train and dev, "names" with train, dev and entities of type NAME."""
    splits: dict[str, Sequence[Document]] = {
        "typed/train": [sketch("Ada left York", [(0, 1, "Person"), (2, 3, "Place")], [(0, "left", 1)])],
        "typed/dev": [sketch("Bea left Kyiv", [(0, 1, "Person")], name="dev of typed")],
        "names/train": [sketch("Cid knows Dot", [(0, 1, "NAME"), (2, 3, "NAME")], [(0, "knows", 1)])],
        "names/dev": [sketch("Eve", name="dev of names")],
    }
    for name, documents in splits.items():
        path = tmp_path / f"{name}.jsonl"
        path.parent.mkdir(exist_ok=True)
        write_jsonl(path, documents)
    return tmp_path


def mixture(folder: Path, text: str) -> Mixture:
    path = folder / "mixture.toml"
    path.write_text(text)
    return Mixture.read(path)


TYPED = '[sources.typed]\nfolder = "typed"\n'
NAMES = """[sources.names]
folder = "names"
weight = 0.5
relations = ["knows"]
entities = "some"
types = { NAME = ["Person"] }
missing_types = ["Place"]
"""


def test_every_sentence_has_the_scope_of_its_source(folders: Path) -> None:
    splits = mixture(folders, TYPED + NAMES).documents()
    assert [document.scope for document in splits["train"]] == [
        Scope(),
        Scope(frozenset({"knows"}), False, (("NAME", ("Person",)),), ("Place",), 0.5),
    ]
    assert {document.id for document in splits["dev"]} == {"dev of typed", "dev of names"}
    assert splits["test"] == ()


def test_dev_can_be_that_of_some_sources(folders: Path) -> None:
    splits = mixture(folders, 'dev = ["typed"]\n' + TYPED + NAMES).documents()
    assert [document.id for document in splits["dev"]] == ["dev of typed"]


def test_a_sentence_may_name_what_is_annotated_in_it(folders: Path, sketch: Sketch) -> None:
    record = to_record(sketch("Eve left", [(0, 1, "Person")])) | {"annotated": ["left"]}
    document = parse_document(record)
    assert document.scope == Scope(relations=frozenset({"left"}))
    assert to_record(document)["annotated"] == ["left"]
    write_jsonl(folders / "typed" / "train.jsonl", [document, sketch("Ada left", [(0, 1, "Person")], [(0, "left", 0)])])
    scopes = [
        one.scope
        for one in Mixture({"typed": SourceSettings(folder=folders / "typed", weight=2.0)}).documents()["train"]
    ]
    assert scopes == [Scope(relations=frozenset({"left"}), weight=2.0), Scope(weight=2.0)]


@pytest.mark.parametrize("annotated", ["left", [1], {"left": 1}])
def test_what_is_annotated_is_a_list_of_names(annotated: object) -> None:
    with pytest.raises(DataError, match="annotated"):
        parse_document({"tokens": ["Eve"], "annotated": annotated})


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "source"),
        ('dev = ["nosuch"]\n' + TYPED, "nosuch"),
        ("dev = 3\n" + TYPED, "3"),
        ("weights = 3\n" + TYPED, "weights"),
        ("[sources]\ntyped = 3\n", "sources.typed"),
        ('[sources.typed]\nfolder = "typed"\nwieght = 1.0\n', "wieght"),
        ("[sources.typed]\nweight = 1.0\n", "sources.typed.folder"),
        ('[sources.typed]\nfolder = "typed"\nweight = 0.0\n', "sources.typed.weight = 0.0"),
        ('[sources.typed]\nfolder = "typed"\nweight = -1.0\n', "sources.typed.weight = -1.0"),
        (TYPED + 'entities = "none"\n', "none"),
        ("sources = [", "TOML"),
    ],
)
def test_a_wrong_mixture_is_one_clear_error(folders: Path, text: str, named: str) -> None:
    with pytest.raises(ConfigError) as error:
        mixture(folders, text)
    assert named in str(error.value)
    assert "mixture.toml" in str(error.value)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (TYPED + 'relations = ["lef"]\n', "'lef'"),
        (TYPED + 'missing_types = ["Plce"]\n', "'Plce'"),
        (TYPED + NAMES.replace('["Person"]', '["Prson"]'), "'Prson'"),
        (TYPED + 'types = { Person = ["Place"] }\n' + '[sources.again]\nfolder = "typed"\n', "'Person'"),
    ],
)
def test_labels_that_contradict_each_other_are_an_error(folders: Path, text: str, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        mixture(folders, text).documents()


def test_a_missing_folder_is_an_error(folders: Path) -> None:
    with pytest.raises(DataError, match="nowhere"):
        mixture(folders, '[sources.a]\nfolder = "nowhere"\n').documents()
