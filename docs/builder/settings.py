"""Every setting of a run, from the models that validate it."""

from __future__ import annotations

import types
import typing
from typing import Any, Final, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from builder.pages import outside_code

_INTRODUCTION: Final = """# Settings

A run is described by one TOML file, or by options of the form `--set section.key=value`, or by both; the option wins. Unknown
keys are errors, and so are values of another type or out of range.

```toml
[data]
train = "data/train.jsonl"

[encoder]
hidden = 200

[training]
epochs = 60
rename = 0.4
```
"""
_SIGNS: Final = {Ge: "≥", Gt: ">", Le: "≤", Lt: "<"}


def settings_page() -> str:
    """The page as Markdown: a table for each section, one for each encoder and each model."""
    from relknit import config
    from relknit.encoders.bilstm.settings import BiLSTMSettings
    from relknit.encoders.transformer.settings import TransformerSettings
    from relknit.models.rin.settings import RINSettings, RINv1Settings

    sections: list[tuple[str, type[BaseModel]]] = [
        ("data", config.DataConfig),
        ("encoder", BiLSTMSettings),
        ("encoder", TransformerSettings),
        ("model", RINSettings),
        ("model", RINv1Settings),
        ("training", config.TrainingConfig),
    ]
    return "\n".join([_INTRODUCTION, *(_section(name, model) for name, model in sections)])


def _section(name: str, model: type[BaseModel]) -> str:
    variant = get_args(model.model_fields["name"].annotation)[:1] if "name" in model.model_fields else ()
    title = f"[{name}]" + "".join(f" with name = {value!r}" for value in variant).replace("'", '"')
    rows = [_row(key, field) for key, field in model.model_fields.items()]
    head = ["| key | default | may be | what it does |", "|---|---|---|---|"]
    about = outside_code(_joined(model.__doc__), _escaped)
    return "\n".join([f"## {title}", "", about, "", *head, *rows, ""])


def _row(key: str, field: FieldInfo) -> str:
    default = "" if field.is_required() else f"`{_plain(field.default)}`"
    cells = (f"`{key}`", default, _allowed(field), outside_code(_escaped_cell(field.description or ""), _escaped))
    return f"| {' | '.join(cells)} |"


def _allowed(field: FieldInfo) -> str:
    limits = [f"{_SIGNS[type(limit)]} {_limit(limit)}" for limit in _limits(field)]
    return ", ".join([_type(field.annotation), *limits])


def _limits(field: FieldInfo) -> list[Any]:
    return [part for part in field.metadata if type(part) in _SIGNS]


def _limit(limit: Any) -> str:
    return f"{next(getattr(limit, name) for name in ('ge', 'gt', 'le', 'lt') if hasattr(limit, name))}"


def _type(annotation: Any) -> str:
    origin = get_origin(annotation)
    if origin is Literal:
        return ", ".join(f"`{_plain(value)}`" for value in get_args(annotation))
    if origin in (types.UnionType, typing.Union):
        return " or ".join(_type(part) for part in get_args(annotation))
    if origin is typing.Annotated:
        return _type(get_args(annotation)[0])
    return "none" if annotation is type(None) else f"{getattr(annotation, '__name__', annotation)}".lower()


def _plain(value: Any) -> str:
    """As TOML has it, and none where it has nothing."""
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _joined(text: str | None) -> str:
    return " ".join((text or "").split())


def _escaped_cell(text: str) -> str:
    return text.replace("|", r"\|")


def _escaped(text: str) -> str:
    return text.replace("<", r"\<").replace("*", r"\*")
