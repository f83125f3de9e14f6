"""The kinds of findings: how severe each is, why it matters, how to fix it, and whether --fix does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Level = Literal["error", "warning", "note"]
By = Literal["--fix", "--fix --drop-leaks", "manual"]
_LEVELS: Final = ("error", "warning", "note")
BROKEN_LINE: Final = "broken line"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of finding.

    level:    error (training stops), warning (wrong training data or scores), note (worth knowing)
    why:      its effect on training and scores
    fix:      what to do about it
    by:       whether `--fix` does that, does it on request, or it has to be done manually
    why_left: why `--fix` does not fix what it leaves unchanged
    """

    name: str
    level: Level
    why: str
    fix: str
    by: By = "manual"
    why_left: str = "the decision needs knowledge of the data"

    @property
    def order(self) -> tuple[int, int]:
        """Sorts by level, then in the order of `KINDS`."""
        names = [kind.name for kind in KINDS]
        return _LEVELS.index(self.level), names.index(self.name) if self.name in names else len(names)


def kind_of(name: str) -> Kind:
    """The kind of that name; an unlisted one is a warning whose message explains it."""
    for kind in KINDS:
        if kind.name == name:
            return kind
    return Kind(name, "warning", "see the message", "see the message")


KINDS: Final = (
    Kind(
        BROKEN_LINE,
        "error",
        "the line breaks the format, so training stops there (or leaves it out, with --skip-bad)",
        "correct the line, or remove it",
        why_left="the intended content is unknown; the line was copied unchanged",
    ),
    Kind(
        "nothing to learn",
        "error",
        "no sentence of train has a relation, so there is nothing to train on",
        "annotate some triples, or name the right train file",
    ),
    Kind(
        "sentence in two splits",
        "warning",
        "the model has seen the answer in training, so scores on the sentence are too good",
        "remove it from train; keep dev and test unchanged, so that scores stay comparable",
        by="--fix --drop-leaks",
        why_left="dev and test are never changed, and train only with --drop-leaks",
    ),
    Kind(
        "near copy in two splits",
        "warning",
        "the sentence differs from one of another split only in case, accents, punctuation or spacing",
        "remove it from train, like an exact copy",
        by="--fix --drop-leaks",
        why_left="dev and test are never changed, and train only with --drop-leaks",
    ),
    Kind(
        "one word apart in two splits",
        "note",
        "the sentence is also in another split with one word changed, so a model may know much of its answer",
        "nothing if the word changes the triples; else remove it from train, like a copy",
        why_left="the word may change the triples",
    ),
    Kind(
        "repeated sentence",
        "warning",
        "the sentence counts twice in training and in scores",
        "keep one (or both in a published dev or test split, so that scores stay comparable)",
        by="--fix",
    ),
    Kind(
        "repeated sentence, other annotation",
        "warning",
        "one of the two is wrong or incomplete, and the model learns both",
        "merge their annotations into one line",
        why_left="which annotation is correct is unknown",
    ),
    Kind(
        "near copy",
        "note",
        "the sentence differs from an earlier one only in case, accents, punctuation or spacing",
        "keep one if the difference does not matter",
        why_left="the difference may be intended",
    ),
    Kind("repeated id", "warning", "two lines have the same id", "give each line its own id"),
    Kind(
        "misaligned span",
        "warning",
        "the entity's own text or characters disagree with its tokens, and the tokens are what is learned",
        "correct token_start and token_end, or text, start and end",
        why_left="which of the two is correct is unknown",
    ),
    Kind(
        "misplaced token",
        "warning",
        "the token is not where its offset says, so extracted text would show other characters",
        "write the word as the text has it, correct the offset, or write null if the text lacks the word",
        why_left="the correct position is unknown",
    ),
    Kind(
        "span ends inside a word",
        "warning",
        "the entity begins or ends in the middle of a written word",
        "extend the span to the whole word, or correct the tokens",
        why_left="the cut may be intended (can|not)",
    ),
    Kind(
        "mark at the edge of a span",
        "note",
        "the entity begins or ends with punctuation that is not part of a name, so it is probably off by one",
        "move the span by one token",
        why_left="the punctuation may be part of the name",
    ),
    Kind(
        "stray space",
        "warning",
        "a space in or around a token, a span or a label makes it a different word",
        "remove the space",
        by="--fix",
        why_left="nothing would be left without the space",
    ),
    Kind(
        "space inside a token",
        "note",
        "one token contains several words, which word vectors and other tokenisers do not know",
        "split the token and shift the spans",
        why_left="how to split a token depends on your tokeniser",
    ),
    Kind(
        "last words only",
        "warning",
        'the entities are only the last words of names ("Lovelace" for "Ada Lovelace"), and so will be the extracted ones',
        "convert from a release with whole names (relknit data convert --anchor whole), or accept last words",
        why_left="the whole names are not in the file",
    ),
    Kind(
        "name cut short",
        "warning",
        "the entity is part of a name that is annotated whole elsewhere, so the model learns both",
        "extend the span to the whole name",
        why_left="the shorter name may be intended",
    ),
    Kind(
        "double-encoded letters",
        "warning",
        "the spelling occurs in no other text, so it matches no word vector and no input text",
        "write the intended letters",
        by="--fix",
    ),
    Kind(
        "lost letter",
        "warning",
        "a letter was lost when the file was written, and a replacement character is left",
        "write the intended letter",
        why_left="the letter cannot be recovered",
    ),
    Kind(
        "nested entities",
        "warning",
        "flat tags cannot hold two entities that overlap, so the span of the later, shorter one is not learned",
        "keep the better one of the two",
    ),
    Kind(
        "repeated span",
        "warning",
        "two entities have one span, and relations may point at either",
        "keep one and point its relations there",
    ),
    Kind("repeated triple", "warning", "the triple is annotated twice and counted once", "keep one"),
    Kind(
        "ends share a token",
        "warning",
        "both ends are at the same word, and exact scores never count such a triple as correct",
        "give each end its own word",
    ),
    Kind("no tokens", "warning", "there is nothing to read", "remove the line"),
    Kind(
        "mixed entity types",
        "warning",
        "the entities without a type are trained as non-entities; if most have none, no type is learned at all",
        "give every entity a type, or none",
        why_left="the types are not in the file",
    ),
    Kind(
        "mixed pos",
        "warning",
        "training with encoder.pos_dim above 0 needs pos in every sentence or in none",
        "tag every sentence, or none",
        why_left="the tags are not in the file",
    ),
    Kind(
        "label not in train",
        "warning",
        "the label is never learned, so its triples or entities cannot be found",
        "add examples of it to train",
        why_left="more data is needed",
    ),
    Kind(
        "label spelt in two ways",
        "warning",
        "two labels differ only in case, punctuation or spacing, and are learned as two",
        "choose one spelling",
        why_left="which spelling is correct, or whether both are intended, is unknown",
    ),
    Kind(
        "label seen once",
        "warning",
        "one example is too little to learn from, and often a spelling mistake",
        "check its spelling, or add examples",
        why_left="more data is needed",
    ),
    Kind(
        "long sentence",
        "warning",
        "the sentence exceeds max_tokens, so it is read in windows and takes the most memory in training",
        "split it into sentences",
        why_left="where to split the text, and what its relations are then, is unknown",
    ),
    Kind(
        "longer than train",
        "note",
        "the sentence is longer than any of train, so a model reads it in windows of that length",
        "nothing, unless its relations reach from end to end",
        why_left="nothing is wrong with it",
    ),
    Kind(
        "relation out of reach",
        "warning",
        "head and tail are farther apart than a window, so the triple is never found",
        "split the text, or train on longer sentences",
        why_left="nothing is wrong with it",
    ),
    Kind(
        "entity in no relation",
        "note",
        "the tagger learns the entity, the relations do not; in data without types it is often a leftover",
        "remove it if its relation was removed; else leave it",
        why_left="an entity needs no relation",
    ),
)
