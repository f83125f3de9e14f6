"""One text of the benchmark with its gold and the answer of a system, by characters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from relknit.data.everyday import EverydayText
from relknit.document import AnchorRule, Document, Triple
from relknit.document.coreference import REFERS_TO, resolved_gold
from relknit.evaluation import in_characters
from relknit.metrics.annotated import Place, place_of


@dataclass(frozen=True)
class ScoredText:
    """Gold and answer in labels of the corpus.

    stated: gold as it is annotated, also at pronouns and descriptions
    all_facts: gold with names in place of these references
    not_asserted: the facts that the text names and does not assert, between names, each with its kind
    answer: what the system predicts, with names in place of references where it says what these refer to
    """

    text: EverydayText
    stated: Document
    all_facts: Document
    not_asserted: tuple[tuple[str, Triple], ...]
    answer: Document

    @classmethod
    def of(
        cls, text: EverydayText, predicted: Document, mapping: Callable[[Document], Document], rule: AnchorRule
    ) -> ScoredText:
        """predicted: with every character a token."""
        gold = in_characters(text.document, rule=rule)
        links = tuple(relation for relation in gold.relations if relation.type == REFERS_TO)
        not_asserted = (
            (named.kind, triple)
            for named in text.not_asserted
            for triple in mapping(resolved_gold(replace(gold, relations=(named.fact, *links)))).triples
        )
        all_facts, answer = mapping(resolved_gold(gold)), mapping(resolved_gold(predicted))
        return cls(text, mapping(gold), all_facts, tuple(not_asserted), answer)

    @cached_property
    def named(self) -> Document:
        """Gold with the facts that the text states between names."""
        return _without(self.all_facts, frozenset())

    @cached_property
    def at_references(self) -> frozenset[Place]:
        """The facts that the text states only at a pronoun or description, with the names."""
        return places(self.all_facts) - places(self.named)

    @cached_property
    def found_at_references(self) -> int:
        """How many of these were found."""
        return len(places(self.answer) & self.at_references)

    @cached_property
    def answer_between_names(self) -> Document:
        """The answer to compare with `named`.

        Without what the system itself inferred, and without correct facts that are stated at a reference, whether the system
        gives the name or leaves "she": those are not asked for here.
        """
        return _without(self.answer, (self.at_references | places(self.stated)) - places(self.named))

    @property
    def is_negative(self) -> bool:
        """Whether the text asserts no fact."""
        return not self.all_facts.relations


def places(document: Document) -> frozenset[Place]:
    """The facts of a document by their characters, without types of entities."""
    return frozenset(place_of(document, relation) for relation in document.relations)


def untyped(document: Document) -> Document:
    """The document without types of entities."""
    return replace(document, entities=tuple(replace(entity, type=None) for entity in document.entities))


def _without(document: Document, left_out: frozenset[Place]) -> Document:
    """Without inferred facts and these."""
    stated = (relation for relation in document.relations if not relation.inferred)
    return replace(document, relations=tuple(r for r in stated if place_of(document, r) not in left_out))
