"""Dependency heads of given tokens, from the parser of a spaCy pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Final

from relknit.errors import ConfigError, MissingExtraError
from relknit.extras import import_extra

_NOT_NEEDED: Final = ("tagger", "attribute_ruler", "lemmatizer", "morphologizer", "ner", "senter")


def is_installed(pipeline: str) -> bool:
    """Whether spaCy and this pipeline, a package or a folder, are here."""
    try:
        util = import_extra("spacy.util", "spacy")
    except MissingExtraError:
        return False
    return bool(util.is_package(pipeline)) or Path(pipeline).is_dir()


class DependencyParser:
    """The parser of a pipeline. It reads the tokens as they are, so that every head is a token of the data.

    Raises MissingExtraError without spaCy, and ConfigError for a pipeline that cannot be loaded or has no parser.
    """

    def __init__(self, pipeline: str) -> None:
        spacy, self._document = import_extra("spacy", "spacy"), import_extra("spacy.tokens", "spacy").Doc
        try:
            self._pipeline: Any = spacy.load(pipeline, exclude=_NOT_NEEDED)
        except (OSError, ValueError) as error:
            reason = str(error).splitlines()[0]
            message = (
                f"model.pipeline = {pipeline!r} cannot be loaded ({reason}); install it, name another or its folder"
            )
            raise ConfigError(f"{message}, or train with model.graph = 'chain'") from None
        if not self._pipeline.has_pipe("parser"):
            raise ConfigError(f"model.pipeline = {pipeline!r} has no component 'parser'; name a pipeline with one")
        self._lock = Lock()

    def __deepcopy__(self, memo: dict[int, Any]) -> DependencyParser:
        """Itself: it never changes."""
        return self

    def heads(self, tokens: Sequence[str]) -> tuple[int, ...]:
        """The number of the head of every token; roots, one for each sentence that the parser finds, have their own."""
        if not tokens:
            return ()
        with self._lock:  # a pipeline is not made for several threads
            parsed = self._pipeline(self._document(self._pipeline.vocab, words=list(tokens)))
        return tuple(token.head.i for token in parsed)
