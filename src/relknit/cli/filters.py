"""--relations, --types and --known-signatures: the options, and the filter that follows from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

from cyclopts import Parameter

if TYPE_CHECKING:
    from relknit.checkpoint import SavedModel
    from relknit.extractor import Extractor


@dataclass(frozen=True, slots=True)
class Filters:
    """What to keep of what the model finds.

    Attributes
    ----------
    relations:
        Keep only triples of these relations, separated by commas.
    types:
        Keep only entities of these types, separated by commas, and the triples between them.
    known_signatures:
        Keep only triples of a head type, relation and tail type that occur together in the training data.
    """

    relations: Annotated[list[str] | None, Parameter(negative="")] = None
    types: Annotated[list[str] | None, Parameter(negative="")] = None
    known_signatures: Annotated[bool, Parameter(negative="")] = False

    def values(self, saved: SavedModel) -> dict[str, Any]:
        """The same as `label_filter` and `Extractor` take them."""
        labels = saved.model.labels
        return {
            "relations": _names(self.relations, labels.relations),
            "types": _names(self.types, labels.entity_types),
            "signatures": "training" if self.known_signatures else None,
        }

    def extractor(self, model: str, **options: Any) -> Extractor:
        """The Extractor of a model with this filter; options: those of `Extractor`."""
        from relknit.checkpoint import load_model
        from relknit.extractor import Extractor
        from relknit.sources import find_model

        folder = find_model(model)
        saved = load_model(folder)
        return Extractor(saved, folder=folder, **options, **self.values(saved))


FilterOptions: TypeAlias = Annotated[Filters, Parameter(name="*")]
NO_FILTERS: Final = Filters()


def _names(given: Sequence[str] | None, known: Sequence[str]) -> list[str] | None:
    return None if given is None else [name for text in given for name in _split(text, known)]


def _split(text: str, known: Sequence[str]) -> Iterator[str]:
    """The names in a text; commas separate names, unless the whole text is one."""
    if text in known:
        yield text
    else:
        yield from (name for name in map(str.strip, text.split(",")) if name)
