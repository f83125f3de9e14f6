"""The kinds of findings: how grave each is, why it matters, what to do, and whether --fix does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Level = Literal["error", "warning", "note"]
By = Literal["--fix", "--fix --drop-leaks", "hand"]
_LEVELS: Final = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of finding.

    level: error (training stops), warning (it teaches or scores something wrong), note (worth knowing)
    why:   what it does to training and scores
    mend:  what to do about it
    by:    whether `--fix` does that, does it on request, or a person has to
    left:  why `--fix` leaves alone what it leaves alone
    """

    name: str
    level: Level
    why: str
    mend: str
    by: By = "hand"
    left: str = "only someone who knows the data can decide"

    @property
    def order(self) -> tuple[int, int]:
        """Sorts by level, then as the kinds are listed here."""
        names = [kind.name for kind in KINDS]
        return _LEVELS.index(self.level), names.index(self.name) if self.name in names else len(names)


def kind_of(name: str) -> Kind:
    """The kind of that name; one that is not listed is a warning that explains itself in its message."""
    for kind in KINDS:
        if kind.name == name:
            return kind
    return Kind(name, "warning", "see the message", "see the message")


KINDS: Final = (
    Kind(
        "broken line",
        "error",
        "the line breaks the format, so training stops there (or leaves it out, with --skip-bad)",
        "correct the line, or remove it",
        left="what was meant cannot be told; the line was copied as it is",
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
        "a model has seen the answer in training, so scores on the sentence say little",
        "remove it from train; keep dev and test as they are, so that scores stay comparable",
        by="--fix --drop-leaks",
        left="dev and test are never cut, and train is only with --drop-leaks",
    ),
    Kind(
        "near copy in two splits",
        "warning",
        "the sentence differs from one of another split in case, accents, marks or spacing alone",
        "remove it from train, as an exact copy",
        by="--fix --drop-leaks",
        left="dev and test are never cut, and train is only with --drop-leaks",
    ),
    Kind(
        "one word apart in two splits",
        "note",
        "the sentence stands in another split but for one word, so a model may know much of its answer",
        "nothing, where the word changes the facts; else remove it from train, as a copy",
        left="the word may change the facts",
    ),
    Kind(
        "repeated sentence",
        "warning",
        "the sentence counts twice in training and in scores",
        "keep one (or both in a published dev or test split, where scores have to be comparable)",
        by="--fix",
    ),
    Kind(
        "repeated sentence, other annotation",
        "warning",
        "one of the two is wrong or incomplete, and a model is taught both",
        "merge their annotation into one line",
        left="which annotation is right cannot be told",
    ),
    Kind(
        "near copy",
        "note",
        "the sentence differs from an earlier one in case, accents, marks or spacing alone",
        "keep one, if the difference is none",
        left="the difference may be meant",
    ),
    Kind("repeated id", "warning", "two lines cannot be told apart by their id", "give each line its own id"),
    Kind(
        "misaligned span",
        "warning",
        "what the entity says of itself (text, chars) is not what its tokens say, and the tokens are what is learned",
        "correct start and end, or text and chars",
        left="which of the two is right cannot be told",
    ),
    Kind(
        "misplaced token",
        "warning",
        "the token is not where its offset says, so extracted text would show other characters",
        "write the word as the text has it, correct the offset, or write null if the text lacks the word",
        left="the right place cannot be told",
    ),
    Kind(
        "span ends inside a word",
        "warning",
        "the entity begins or ends in the middle of a written word",
        "extend the span to the whole word, or correct the tokens",
        left="the cut may be meant (can|not)",
    ),
    Kind(
        "mark at the edge of a span",
        "note",
        "the entity begins or ends with a mark that does not belong to a name, so it is probably off by one",
        "move the border by one token",
        left="the mark may belong to the name",
    ),
    Kind(
        "stray space",
        "warning",
        "a space in or around a token, a span or a label makes it another word than the same without",
        "remove the space",
        by="--fix",
        left="without the space nothing would be left of it",
    ),
    Kind(
        "space inside a token",
        "note",
        "one token holds several words, which word vectors and other tokenisers will not know",
        "split the token and shift the spans",
        left="where a token is to be cut depends on your tokeniser",
    ),
    Kind(
        "last words only",
        "warning",
        'the entities are the last words of names alone ("Lovelace" for "Ada Lovelace"), and so will be the extracted ones',
        "convert from a release with whole names (relknit data convert --anchor whole), or live with last words",
        left="the whole names are not in the file",
    ),
    Kind(
        "name cut short",
        "warning",
        "the entity is a part of a name that is annotated whole elsewhere, so a model is taught both",
        "extend the span to the whole name",
        left="the shorter name may be meant",
    ),
    Kind(
        "double-encoded letters",
        "warning",
        "the word is spelt in a way that no other text spells it, so it matches no word vector and no typed text",
        "write the letters that were meant",
        by="--fix",
    ),
    Kind(
        "lost letter",
        "warning",
        "a letter was lost when the file was made and only a replacement mark is left",
        "write the letter that was meant",
        left="the letter is gone for good",
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
    Kind("repeated triple", "warning", "the fact is stated twice and counted once", "keep one"),
    Kind(
        "ends share a token",
        "warning",
        "both ends stand at one word, and exact scores never count such a triple as right",
        "give each end its own word",
    ),
    Kind("no tokens", "warning", "there is nothing to read", "remove the line"),
    Kind(
        "mixed entity types",
        "warning",
        "the entities without a type are trained as no entities; where most have none, no type is learned at all",
        "give every entity a type, or none",
        left="the types are not in the file",
    ),
    Kind(
        "mixed pos",
        "warning",
        "training with encoder.pos_dim above 0 refuses data of which only some sentences have pos",
        "tag every sentence, or none",
        left="the tags are not in the file",
    ),
    Kind(
        "label not in train",
        "warning",
        "the label is never learned, so its triples or entities cannot be found",
        "add examples of it to train",
        left="more data is needed",
    ),
    Kind(
        "label spelt in two ways",
        "warning",
        "two labels differ in case, marks or spacing alone, and are learned as two",
        "choose one spelling",
        left="which spelling is right, or whether both are meant, cannot be told",
    ),
    Kind(
        "label seen once",
        "warning",
        "one example is too little to learn from, and often a spelling mistake",
        "check its spelling, or add examples",
        left="more data is needed",
    ),
    Kind(
        "long sentence",
        "warning",
        "the sentence is longer than the budget, so it is read in windows, and takes most memory in training",
        "split it into sentences",
        left="where a text is to be cut, and what its relations then are, cannot be told",
    ),
    Kind(
        "longer than train",
        "note",
        "the sentence is longer than any of train, so a model reads it in windows of that length",
        "nothing, unless its relations reach from end to end",
        left="nothing is wrong with it",
    ),
    Kind(
        "relation out of reach",
        "warning",
        "head and tail stand farther apart than a window, so the triple is never found",
        "split the text, or train on longer sentences",
        left="nothing is wrong with it",
    ),
    Kind(
        "entity in no relation",
        "note",
        "the tagger learns the entity, the relations do not; in data without types it is often a leftover",
        "remove it if its relation was removed; else leave it",
        left="an entity needs no relation",
    ),
)
