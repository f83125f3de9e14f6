"""Parts by name: those of relknit, and those that installed packages add through entry points.

    relknit.models        a class with the protocol of `relknit.models.base.JointModel`
    relknit.encoders      a class with the protocol of `relknit.encoders.base.Encoder`
    relknit.formats       a file format of datasets
    relknit.model_data    a trained model: a module whose folder is the model folder, or a path to that folder

A package adds a part in its pyproject.toml, for example

    [project.entry-points."relknit.models"]
    casrel = "my_package.casrel:CasRel"
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pkgutil import iter_modules
from typing import Any

from relknit.errors import ConfigError, one_line, short


def parts_of_folders(package: str, path: Iterable[str]) -> dict[str, str]:
    """What the folders of a package name in their `PARTS`, name -> "module:attribute"; only their `__init__` is imported."""
    parts: dict[str, str] = {}
    for found in iter_modules(path):
        if found.ispkg:
            folder = f"{package}.{found.name}"
            parts |= {name: f"{folder}.{where}" for name, where in import_module(folder).PARTS.items()}
    return parts


class Registry:
    """The parts of one entry point group. Each is imported when it is asked for.

    group: name of the entry point group. builtin: the parts of relknit itself, or a function that finds them when they
    are first asked for; an installed package cannot replace them.
    """

    def __init__(self, group: str, builtin: Mapping[str, str] | Callable[[], Mapping[str, str]]) -> None:
        self.group, self._builtin = group, builtin

    @cached_property
    def builtin(self) -> Mapping[str, str]:
        """The parts of relknit itself, name -> "module:attribute"."""
        return self._builtin() if callable(self._builtin) else self._builtin

    def names(self) -> tuple[str, ...]:
        """The built-in names in their order, then those of installed packages, sorted."""
        return (*self.builtin, *sorted({entry.name for entry in self._installed()} - self.builtin.keys()))

    def get(self, name: str) -> Any:
        """The part of that name.

        Raises ConfigError when the name is unknown, when two installed packages use it, or when the part's package
        cannot be imported.
        """
        if name in self.builtin:
            module, _, attribute = self.builtin[name].partition(":")
            return getattr(import_module(module), attribute)
        found = [entry for entry in self._installed() if entry.name == name]
        if not found:
            raise ConfigError(f"unknown name {short(name)} in {self.group}; known: {', '.join(self.names()) or 'none'}")
        if len(found) > 1:
            owners = " and ".join(sorted(map(_owner, found)))
            raise ConfigError(f"{name!r} in {self.group} is defined by both {owners}; uninstall one of them")
        try:
            return found[0].load()
        except (ImportError, AttributeError) as error:
            reason = one_line(f"{type(error).__name__}: {error}", most=200)
            raise ConfigError(f"{name!r} of package {_owner(found[0])} cannot be imported ({reason})") from error

    def _installed(self) -> list[EntryPoint]:
        return list(entry_points(group=self.group))


def _owner(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else entry.value
