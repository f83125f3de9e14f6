"""Every public name of the package, read from its source: nothing is imported, so torch is not needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import griffe

from builder.docstrings import to_markdown

_PACKAGE: Final = "relknit"
_LEFT_OUT: Final = ("relknit.cli", "relknit.__main__")
"""Modules that the page of commands shows, and one that only starts them."""

_MARKS: Final = {
    griffe.ParameterKind.var_positional: "*",
    griffe.ParameterKind.var_keyword: "**",
}
_LONGEST_VALUE: Final = 300

_Object = griffe.Object | griffe.Alias


@dataclass
class Section:
    """A module, and the names that are shown in it."""

    module: griffe.Module
    shown: list[griffe.Object] = field(default_factory=list)
    elsewhere: dict[str, str] = field(default_factory=dict)
    """Names of its `__all__` that are shown in another module, and their full names there."""


def read_package(source: Path) -> griffe.Module:
    """The package as its source files describe it."""
    package = griffe.load(_PACKAGE, search_paths=[source], allow_inspection=False)
    if not isinstance(package, griffe.Module):
        raise TypeError(f"{_PACKAGE} is no package; expected one in {source}")
    return package


def sections(package: griffe.Module) -> list[Section]:
    """Every module with something to show. A name stands in the package that exports it, the innermost of several."""
    modules = [module for module in _modules(package) if not module.path.startswith(_LEFT_OUT)]
    home: dict[str, str] = {}
    for module in sorted(modules, key=lambda module: -module.path.count(".")):
        for name in module.exports or ():
            home.setdefault(_exported(module, str(name)).path, module.path)
    found = []
    for module in modules:
        section = Section(module)
        for name, target in _public(module):
            if home.get(target.path, module.path) == module.path:
                section.shown.append(target)
            elif name in (module.exports or ()):
                section.elsewhere[name] = f"{home[target.path]}.{target.name}"
        if section.shown or section.elsewhere:
            found.append(section)
    return found


def reference_pages(package: griffe.Module) -> dict[str, str]:
    """Name and Markdown of every page: one for each package below the top, one for the top itself."""
    every = sections(package)
    names = {obj.path: f"{section.module.path}.{obj.name}" for section in every for obj in section.shown}
    pages: dict[str, list[Section]] = {}
    for section in every:
        pages.setdefault(_page_of(section.module), []).append(section)
    made = {f"{name}.md": _page(name, parts, names) for name, parts in pages.items()}
    index = ["# Python", "", "Every public name, from its docstring.", "", "```{toctree}", ":maxdepth: 1", ""]
    return {"python.md": "\n".join([*index, *pages, "```", ""])} | made


def undocumented(package: griffe.Module) -> list[str]:
    """Full names of public classes, functions, methods and properties without a docstring."""
    every = (obj for section in sections(package) for shown in section.shown for obj in (shown, *_members(shown)))
    return [obj.path for obj in every if not obj.is_attribute and obj.docstring is None]


def _modules(module: griffe.Module) -> Iterator[griffe.Module]:
    """The module and all below it, packages before what is in them; none whose name begins with an underscore."""
    yield module
    for name in sorted(module.modules):
        if not name.startswith("_") or name == "__main__":
            yield from _modules(module.modules[name])


def _public(module: griffe.Module) -> Iterator[tuple[str, griffe.Object]]:
    """What `__all__` names, in its order, else what the module defines without an underscore, in order of lines."""
    if module.exports is not None:
        yield from ((name, _exported(module, name)) for name in map(str, module.exports))
        return
    for name, member in module.members.items():
        if not name.startswith("_") and not member.is_alias and not member.is_module:
            yield name, _target(member)


def _exported(module: griffe.Module, name: str) -> griffe.Object:
    """What a name of `__all__` stands for; never a module of that name that it was imported from."""
    target = _target(module[name])
    return _target(target[name]) if target.is_module and name in target.members else target


def _target(obj: _Object) -> griffe.Object:
    return obj.final_target if isinstance(obj, griffe.Alias) else obj


def _members(obj: griffe.Object) -> list[griffe.Object]:
    """What a class defines for others: no underscore; fields only where its signature lacks them or they are explained."""
    if not isinstance(obj, griffe.Class):
        return []
    signature = {parameter.name for parameter in obj.parameters}
    return [
        _target(member)
        for name, member in obj.members.items()
        if not name.startswith("_")
        and not member.is_alias
        and not member.is_class
        and (member.is_function or "property" in member.labels or member.docstring or name not in signature)
    ]


def _page_of(module: griffe.Module) -> str:
    parts = module.path.split(".")
    top = ".".join(parts[:2])
    package: griffe.Module | griffe.Class = module
    while package.parent is not None and package.path != top:
        package = package.parent
    return top if package.is_init_module or len(parts) > 2 else _PACKAGE


def _page(name: str, parts: list[Section], names: dict[str, str]) -> str:
    return "\n".join([f"# {name}", "", *(_section(part, names, first=part.module.path == name) for part in parts)])


def _section(section: Section, names: dict[str, str], *, first: bool) -> str:
    module = section.module
    lines = [] if first else [f"## {module.path}", ""]
    # a function may be called like the module it is in; then the name leads to the function
    directive = "currentmodule" if module.path in names.values() else "module"
    lines += [f"```{{py:{directive}}} {module.path}", "```", "", _text(module), ""]
    for name, where in section.elsewhere.items():
        lines.append(f"- `{module.path}.{name}` is {{py:obj}}`{where}`")
    return "\n".join([*lines, "", *(_entry(obj, names) for obj in section.shown)])


def _entry(obj: griffe.Object, names: dict[str, str], *, inside: bool = False) -> str:
    """A directive of Sphinx's Python domain with the docstring, and members inside."""
    fence = ":::" if inside else "::::"
    kind, options = _kind(obj, inside=inside)
    text = _text(obj)
    if isinstance(obj, griffe.Attribute):
        options += _annotation(obj, names)
    lines = [f"{fence}{{py:{kind}}} {obj.name}{_signature(obj, names)}", *options, "", text, ""]
    lines += [_entry(member, names, inside=True) for member in _members(obj)]
    return "\n".join([*lines, fence, ""])


def _kind(obj: griffe.Object, *, inside: bool) -> tuple[str, list[str]]:
    if isinstance(obj, griffe.Class):
        return ("exception" if obj.name.endswith("Error") else "class"), []
    if isinstance(obj, griffe.Function):
        labels = ("classmethod", "staticmethod", "abstractmethod")
        return ("method" if inside else "function"), [f":{name}:" for name in labels if name in _labels(obj)]
    if "property" in obj.labels:
        return "property", []
    return ("attribute" if inside else "data"), []


def _labels(obj: griffe.Object) -> set[str]:
    return {"abstractmethod" if label == "abstractmethod" else label for label in obj.labels}


def _signature(obj: griffe.Object, names: dict[str, str]) -> str:
    if not isinstance(obj, griffe.Function | griffe.Class):
        return ""
    parameters = [parameter for parameter in obj.parameters if parameter.name not in ("self", "cls")]
    if isinstance(obj, griffe.Class) and not parameters:
        return ""
    written: list[str] = []
    for number, parameter in enumerate(parameters):
        kinds = [previous.kind for previous in parameters[:number]]
        starred = (griffe.ParameterKind.keyword_only, griffe.ParameterKind.var_positional)
        if parameter.kind is griffe.ParameterKind.keyword_only and not any(kind in starred for kind in kinds):
            written.append("*")
        written.append(_parameter(parameter, names))
    returns = obj.returns if isinstance(obj, griffe.Function) else None
    arrow = f" -> {_expression(returns, names)}" if returns is not None else ""
    return f"({', '.join(written)}){arrow}"


def _parameter(parameter: griffe.Parameter, names: dict[str, str]) -> str:
    text = _MARKS.get(parameter.kind, "") if parameter.kind else ""
    text += parameter.name
    if parameter.annotation is not None:
        text += f": {_expression(parameter.annotation, names)}"
    if parameter.default is not None and parameter.kind not in _MARKS:
        text += f" = {parameter.default}" if parameter.annotation is not None else f"={parameter.default}"
    return text


def _annotation(obj: griffe.Attribute, names: dict[str, str]) -> list[str]:
    options = [] if obj.annotation is None else [f":type: {_expression(obj.annotation, names)}"]
    value = str(obj.value or "")
    if value and "property" not in obj.labels and len(value) <= _LONGEST_VALUE and "\n" not in value:
        options.append(f":value: {value}")
    return options


def _expression(expression: griffe.Expr | str, names: dict[str, str]) -> str:
    """An annotation in which names of ours are full ones, so that they become links."""
    if isinstance(expression, str):
        return expression
    return "".join(
        names.get(_path(part), part.name) if isinstance(part, griffe.ExprName) else str(part)
        for part in expression.iterate(flat=True)
    )


def _path(name: griffe.ExprName) -> str:
    try:
        found = name.parent.modules_collection[name.canonical_path] if isinstance(name.parent, griffe.Object) else None
        return _target(found).path if found is not None else name.canonical_path
    except (KeyError, griffe.GriffeError):  # a name of another package, which is not read
        return name.canonical_path


def _text(obj: griffe.Object) -> str:
    return "" if obj.docstring is None else to_markdown(obj.docstring.value)
