"""Write what `relknit benchmark everyday` scores on: the test split of corpus/everyday and its inventory of relations.

    python experiments/everyday/shipped_test.py

Writes test.jsonl.gz and relations.toml in src/relknit/shipped/everyday. Each line is a Document and has in `not_asserted` the
facts that the text names without asserting them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

sys.path.append(str(Path(__file__).parent))

from corpus import CORPUS, ordered_keys, read_texts, relation_labels, to_document

from relknit.data.everyday import everyday_path
from relknit.document.record import to_record
from relknit.files import open_text, replacing

SPLIT: Final = "test"


def records() -> Iterator[dict[str, Any]]:
    """The record of every text of the test split."""
    labels = relation_labels()
    for text in read_texts(SPLIT):
        keys = ordered_keys(text)
        document = to_document(text, f"{text.genre}:{text.where}", labels)
        not_asserted = [
            {"head": keys.index(head), "tail": keys.index(tail), "type": labels[name], "kind": kind}
            for head, name, tail, kind in text.not_asserted
        ]
        yield to_record(document) | {"not_asserted": not_asserted}


def lines() -> Iterator[str]:
    """The lines of test.jsonl.gz."""
    return (json.dumps(record, ensure_ascii=False) for record in records())


def main() -> None:
    """Write both files."""
    folder = everyday_path()
    with replacing(folder / "test.jsonl.gz") as partial, open_text(partial, packed=True) as out:
        out.writelines(f"{line}\n" for line in lines())
    (folder / "relations.toml").write_bytes((CORPUS / "relations.toml").read_bytes())


if __name__ == "__main__":
    main()
