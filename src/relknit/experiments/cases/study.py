"""The sentences of a case study: what is gold in them, and what the models of several rows find there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from relknit.checkpoint import load_model
from relknit.data.readers import read_documents
from relknit.document import Document
from relknit.errors import ConfigError, RelknitError
from relknit.experiments.cases.contenders import Contender, Where, contenders
from relknit.experiments.cases.questions import Question
from relknit.experiments.settings import check_budget, configure
from relknit.metrics import Comparison, is_typed
from relknit.metrics.counts import SentenceComparison, compare_sentence
from relknit.metrics.errors import Extraction, judge
from relknit.metrics.facts import Fact, Mention
from relknit.predict import choose_device, predict

Watch: TypeAlias = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
"""From a model's name and how many sentences it is to predict to what takes the number done."""


@dataclass(frozen=True, slots=True)
class Case:
    """One sentence: its tokens joined with gold entities in [brackets], gold, and what each model found, by its name."""

    label: str
    id: str
    tokens: tuple[str, ...]
    sentence: str
    entities: tuple[Mention, ...]
    triples: tuple[Fact, ...]
    found: dict[str, Extraction] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Study:
    """The answer to a Question; `notes` say what of it could not be shown.

    answered: whether a sentence is shown with what a model found in it, or models were there and agree on all of them.
    """

    title: str
    contenders: tuple[Contender, ...]
    cases: tuple[Case, ...] = ()
    notes: tuple[str, ...] = ()
    answered: bool = False

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def answer(
    question: Question,
    where: Where,
    *,
    threads: int = 1,
    device: str = "cpu",
    watch: Watch = lambda name, total: nullcontext(lambda done: None),
) -> Study:
    """Load each row's model, predict, and set what it finds beside gold; a row without a model is named with the reason.

    What is wrong with a row or its data stands in the Study. Raises ConfigError for a device that isn't there and for a
    budget that a folder doesn't know.
    """
    choose_device(device)
    for folder in {row.folder for row in question.rows}:
        check_budget(folder, where.settings.budget)
    compared = contenders(question.rows, where)
    try:
        documents = read_documents(_data_file(question, where)).documents
    except RelknitError as error:
        return Study(question.title, tuple(compared), notes=(f"not run: {error}",))
    places, notes = _places(question, documents)
    pool, typed = [documents[place] for _, place in places], is_typed(documents)
    found: dict[str, list[SentenceComparison]] = {}
    for number, contender in enumerate(compared):
        if contender.folder and pool:
            try:
                with watch(contender.name, len(pool)) as progress:
                    found[contender.name] = _compare(Path(contender.folder), pool, typed, threads, device, progress)
            except RelknitError as error:
                compared[number] = replace(contender, note=f"cannot be used: {error}")
    shown = list(range(len(pool)))
    if question.sentences is None:
        shown = _most_different(list(found.values()))[: question.limit]
        if found and not shown:
            notes.append("there is no sentence in which they differ")
    cases = tuple(
        _case(places[k][0], pool[k], typed, {name: of_all[k] for name, of_all in found.items()}) for k in shown
    )
    return Study(question.title, tuple(compared), cases, tuple(notes), answered=bool(found))


def _data_file(question: Question, where: Where) -> Path:
    """The one file that all rows are asked about; raises ConfigError where they differ, or have no test split."""
    if where.data is not None:
        return where.data
    files: dict[Path, Path] = {}
    for row in question.rows:
        with suppress(RelknitError):  # which its contender tells
            if (test := configure(row, where.settings).data.test) is not None:
                files.setdefault(test.resolve(), test)
    if len(files) != 1:
        found = ", ".join(str(path) for path in files.values()) or "none"
        raise ConfigError(f"the rows of {question.title} should have one test split, found {found}; give --data FILE")
    return next(iter(files.values()))


def _places(question: Question, documents: Sequence[Document]) -> tuple[list[tuple[str, int]], list[str]]:
    """Label and place in the data of every sentence to predict, and what is to be said of those that aren't there."""
    if question.sentences is None:
        return [("", place) for place in range(len(documents))], []
    by_id: dict[str, list[int]] = {}
    for place, document in enumerate(documents):
        by_id.setdefault(document.id, []).append(place)
    places = [(label, place) for label, identity in question.sentences for place in by_id.get(identity, ())]
    absent = [(label, identity) for label, identity in question.sentences if identity not in by_id]
    first = documents[0].id
    notes = [f"{label or 'sentence'}: not in the data: no id {i!r} (the first is {first!r})" for label, i in absent]
    return places, notes


def _compare(
    folder: Path,
    documents: Sequence[Document],
    typed: bool,
    threads: int,
    device: str,
    progress: Callable[[int], None],
) -> list[SentenceComparison]:
    saved = load_model(folder)
    saved.model.to(choose_device(device))
    predictions = predict(
        saved.model, documents, max_tokens=saved.trained_on.max_tokens, threads=threads, progress=progress
    )
    rule = saved.model.anchor_rule
    pairs = zip(documents, predictions, strict=True)
    return [compare_sentence(document, found, rule=rule, typed=typed) for document, found in pairs]


def _most_different(by_model: Sequence[Sequence[SentenceComparison]]) -> list[int]:
    """The sentences in which models (or the only one and gold) differ: by how many triples, entities, then in order."""
    if not by_model:
        return []

    def differing(at: Sequence[Comparison]) -> int:
        sets = [comparison.predicted for comparison in at]
        if len(sets) == 1:
            sets.append(at[0].gold)
        return len(frozenset.union(*sets) - frozenset.intersection(*sets))

    ranks = []
    for place, at in enumerate(zip(*by_model, strict=True)):
        triples, entities = differing([c["strict"] for c in at]), differing([c["entities"] for c in at])
        if triples or entities:
            ranks.append((-triples, -entities, place))
    return [place for *_, place in sorted(ranks)]


def _case(label: str, document: Document, typed: bool, found: Mapping[str, SentenceComparison]) -> Case:
    gold = judge(document, compare_sentence(document, document.prediction, rule="last", typed=typed))
    entities = tuple(finding.gold for finding in gold.entities if finding.gold is not None)
    triples = tuple(finding.gold for finding in gold.triples if finding.gold is not None)
    extractions = {name: judge(document, compared) for name, compared in found.items()}
    sentence = marked(document.tokens, entities)
    return Case(label, document.id, document.tokens, sentence, entities, triples, extractions)


def marked(tokens: Sequence[str], mentions: Iterable[Mention]) -> str:
    """The tokens joined by spaces, each mention in [brackets]; nested ones in nested brackets."""
    words = list(tokens)
    for mention in mentions:
        words[mention.start] = "[" + words[mention.start]
        words[mention.end - 1] += "]"
    return " ".join(words)
