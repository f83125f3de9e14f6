"""Our documents in the form that the authors' loader reads, and the check that a folder is a clone of their code.

Nothing here imports torch or the clone.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from relknit.document import AnchorRule, Document, Entity
from relknit.errors import RelknitError
from relknit.tags import flat_entities

REPOSITORY: Final = "github.com/BDBC-KG-NLP/RIN_EMNLP2020"
# what the comparison calls, by the file that has to define it
NEEDED: Final[dict[str, tuple[str, ...]]] = {
    "Joint_model.py": ("JointClassifier",),
    "loader.py": ("DataLoader", "sort_all"),
    "trainer.py": ("MyTrainer",),
    "utils/helper.py": ("read_json",),
    "utils/scorer.py": ("sta",),
}
TAGS: Final = {"O": 0, "B": 1, "I": 2, "E": 3, "S": 4}  # their numbers, which their scorer has fixed


def check_clone(repo: str | Path) -> Path:
    """The clone's folder, absolute; raises RelknitError that says what of the authors' code is missing there."""
    folder = Path(repo).resolve()
    for name, definitions in NEEDED.items():
        if not (folder / name).is_file():
            raise RelknitError(f"--repo {repo}: no {name} there; give a clone of {REPOSITORY}")
        try:
            body = ast.parse((folder / name).read_text(encoding="utf-8")).body
        except (SyntaxError, ValueError):
            raise RelknitError(f"--repo {repo}: {name} is not Python; give a clone of {REPOSITORY}") from None
        defined = {node.name for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef)}
        absent = [definition for definition in definitions if definition not in defined]
        if absent:
            raise RelknitError(f"--repo {repo}: {name} defines no {absent[0]}; give a clone of {REPOSITORY}")
    return folder


def places(document: Document) -> list[str]:
    """A name of its own for every token, "3 Bright" for the fourth.

    Their loader looks for the first mention of a word; with these names it finds the mention that is meant, so that both
    sides learn and score the same pairs also where a word occurs twice.
    """
    return [f"{k} {token}" for k, token in enumerate(document.tokens)]


def record(document: Document, rule: AnchorRule) -> dict[str, Any]:
    """A document as a line of their dataset; nested entities, which flat tags cannot hold, as relknit flattens them."""
    words = places(document)
    anchors = [entity.anchor(rule) for entity in document.entities]
    spans = flat_entities(Entity(entity.token_start, entity.token_end) for entity in document.entities)
    return {
        "sentText": words,
        "pos": list(document.pos or [""] * len(words)),
        "relationMentions": [
            {"em1Text": [words[anchors[r.head]]], "em2Text": [words[anchors[r.tail]]], "label": r.type}
            for r in document.relations
        ],
        "en_list": [words[entity.token_start : entity.token_end] for entity in spans],
    }


def write_records(path: Path, documents: Sequence[Document], rule: AnchorRule) -> None:
    """Write `documents` as a file that their loader reads."""
    lines = [json.dumps(record(document, rule)) + "\n" for document in documents]
    path.write_text("".join(lines), encoding="ascii")


def options(
    *, words: Mapping[str, int], num_words: int, pos: Mapping[str, int], relations: Sequence[str], **values: Any
) -> SimpleNamespace:
    """The options that their classes are built from: what their train.py gets from its command line and files.

    words: numbers of tokens, by `places`. values: whatever else a class asks for, under their names. Nothing in their
    pickled vocabularies is read, nothing of their label files is executed. Word dropout is 0: ours here has none.
    """
    labels = {name: number for number, name in enumerate(relations)}
    dicts = {"token": words, "pos": pos, "label": labels, "bio": TAGS}
    fixed = {"word_dropout": 0.0, "topn": 1e10, "lower": False}
    return SimpleNamespace(dicts=dicts, token_vocab_size=num_words, pos_vocab_size=len(pos), **fixed, **values)
