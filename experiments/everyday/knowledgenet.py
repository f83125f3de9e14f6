"""KnowledgeNet's fold 4 from raw text: facts between names with and without pronouns resolved, and facts stated at a pronoun.

    python experiments/everyday/knowledgenet.py data/sources MODEL…

data/sources is what sources.py wrote. KnowledgeNet marks a fact at every mention of its subject and object in a passage, names
and pronouns alike, and does not say what a pronoun refers to. So (Ada, place of birth, Bath) beside (she, place of birth, Bath)
is in gold where the passage has her name, and a triple that gets its name by a pronoun is correct if gold has it with this name.
Most passages are one sentence, whose pronoun has its name in a sentence that is not there: such a fact can only be found at the
pronoun.

All scores are strict and by characters:

    between names, pronouns left aside   predicted triples of pronouns do not count
    between names, pronouns resolved     they count with the name that the model gives them, and without one they are left out
    all facts, at the pronoun            before that: the pronoun is the end, in gold and predictions
    at a pronoun                         those facts of the row above that have a pronoun as an end
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from measurement import (
    RUNTIME,
    SCORE_COLUMNS,
    argument_parser,
    between_names,
    cells,
    in_scope,
    load,
    print_table,
    record,
    write_result,
)

from relknit.checkpoint import SavedModel
from relknit.cli.common import progress_bar
from relknit.document import Document, Entity, Prediction, Relation
from relknit.document.coreference import REFERENCE, resolve_references
from relknit.evaluation import in_characters
from relknit.metrics import EvaluationReport, Score, evaluate_predictions
from relknit.metrics.annotated import judged
from relknit.metrics.counts import Item, span_key
from relknit.predict import predict
from relknit.text.read import read_text


@dataclass(slots=True)
class PronounCounts:
    """What becomes of the facts at a pronoun.

    correct, predicted, gold: at the pronoun
    named: of the correct ones, those that get a name
    nameable, nameable_found: of gold and of the correct ones, those that gold has with a name, too
    inferred, inferred_correct: the triples that the model states of a name because of a pronoun alone
    """

    correct: int = 0
    predicted: int = 0
    gold: int = 0
    named: int = 0
    nameable: int = 0
    nameable_found: int = 0
    inferred: int = 0
    inferred_correct: int = 0

    @property
    def score(self) -> Score:
        """The score at the pronoun."""
        return Score.of(self.correct, self.predicted, self.gold)

    def add(self, gold: Document, found: Prediction) -> None:
        """Count one passage; every character is a token."""
        resolved = judged(gold, resolve_references(found, given=True))
        stated = set(_items(gold.entities, gold.relations))
        asked, predicted = (
            set(filter(_at_pronoun, items)) for items in (stated, _items(found.entities, judged(gold, found).relations))
        )
        correct = asked & predicted
        evidence = (Relation(*pair, r.type) for r in resolved.relations for pair in r.evidence)
        inferred = set(_items(resolved.entities, (r for r in resolved.relations if r.inferred)))
        nameable = {item for item in asked if any(map(_same_fact(item), stated - asked))}
        self.correct += len(correct)
        self.predicted += len(predicted)
        self.gold += len(asked)
        self.named += len(correct & set(_items(resolved.entities, evidence)))
        self.nameable += len(nameable)
        self.nameable_found += len(nameable & correct)
        self.inferred += len(inferred)
        self.inferred_correct += len(inferred & stated)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return record(self.score) | {name: getattr(self, name) for name in self.__dataclass_fields__}


def _items(entities: Sequence[Entity], relations: Iterable[Relation]) -> Iterator[Item]:
    """Relations by the spans and types of their ends."""
    keys = [span_key(entity, typed=True) for entity in entities]
    return ((keys[r.head], r.type, keys[r.tail]) for r in relations)


def _at_pronoun(item: Item) -> bool:
    return REFERENCE in (item[0][2], item[2][2])


def _same_fact(item: Item) -> Any:
    """Whether another item has the relation of one at a pronoun, and its other end."""
    head, relation, tail = item
    if head[2] == REFERENCE:
        return lambda other: other[1] == relation and other[2] == tail
    return lambda other: other[1] == relation and other[0] == head


@dataclass(slots=True)
class KnowledgeNetScores:
    """The scores of one model; reports by the names of the rows above."""

    reports: dict[str, EvaluationReport]
    at_pronouns: PronounCounts = field(default_factory=PronounCounts)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        rows = {name: record(report.scores["strict"]) for name, report in self.reports.items()}
        return rows | {"at a pronoun": self.at_pronouns.to_dict()}


def measure_knowledgenet(saved: SavedModel, passages: Sequence[Document]) -> KnowledgeNetScores:
    """The scores of a model on passages that say what is annotated in them."""
    read = [read_text(p.text or "", identity=p.id, rule=saved.trained_on.token_rule) for p in passages]
    with progress_bar("KnowledgeNet", len(read)) as progress:
        found = predict(
            saved.model,
            read,
            max_tokens=saved.trained_on.max_tokens,
            runtime=RUNTIME,
            anchors=False,
            progress=progress,
        )
    answers = [in_characters(d.with_prediction(p)).prediction for d, p in zip(read, found, strict=True)]
    gold = [in_characters(passage) for passage in passages]
    named = [between_names(passage) for passage in gold]
    rows = {
        "between names, pronouns left aside": (named, map(_without_pronouns, answers)),
        "between names, pronouns resolved": (named, map(resolve_references, answers)),
        "all facts, at the pronoun": (gold, answers),
    }
    scores = KnowledgeNetScores(
        {name: evaluate_predictions(texts, list(its), rule="last") for name, (texts, its) in rows.items()}
    )
    for passage, answer in zip(gold, answers, strict=True):
        scores.at_pronouns.add(passage, answer)
    return scores


def _without_pronouns(prediction: Prediction) -> Prediction:
    """The prediction without triples that have a pronoun as an end."""
    ends = [entity.type == REFERENCE for entity in prediction.entities]
    kept = tuple(r for r in prediction.relations if not ends[r.head] and not ends[r.tail])
    return replace(prediction, relations=kept, anchors=None)


def main() -> None:
    """Measure every model."""
    options = argument_parser(__doc__, sources="the folder that sources.py wrote").parse_args()
    passages = in_scope(options.sources, "knowledgenet", "test")
    for model in options.models:
        scores = measure_knowledgenet(load(model).saved, passages)
        pronouns = scores.at_pronouns
        print(f"{model}: fold 4 of KnowledgeNet, {len(passages)} passages, strict, from raw text\n")
        rows = {name: report.scores["strict"] for name, report in scores.reports.items()}
        rows["at a pronoun"] = pronouns.score
        print_table(("facts", *SCORE_COLUMNS), ([name, *cells(score)] for name, score in rows.items()))
        print(
            f"{pronouns.nameable} of the {pronouns.gold} facts at a pronoun have a name in their passage, and "
            f"{pronouns.nameable_found} of these are found. {pronouns.named} of the {pronouns.correct} found facts get a name; "
            f"of {pronouns.inferred} triples inferred from a pronoun alone {pronouns.inferred_correct} are in gold.\n"
        )
        write_result(options.out, model, "knowledgenet", scores.to_dict())


if __name__ == "__main__":
    main()
