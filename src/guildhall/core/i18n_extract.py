"""Finds every string a room shows through gettext, in its Python and in its templates, without the gettext
tools.

Reads files only: neither Django's settings nor the rooms themselves are loaded. What the catalogues then
say about the strings is for `i18n_check`.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation.template import templatize

_TEMPLATES = (".html", ".txt", ".xml", ".svg")
_NOT_SHOWN = ("tests", "migrations", "locale", "static")
# What each gettext function takes: c context, s singular, p plural.
_FUNCTIONS = {
    f"{prefix}gettext{suffix}": {"": "s", "n": "sp", "p": "cs", "np": "csp"}[prefix]
    for prefix in ("", "n", "p", "np")
    for suffix in ("", "_lazy", "_noop")
} | {"_": "s"}
_LITERAL = r"""u?(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
_CALL = re.compile(rf"(?<![\w.])(_|n?p?gettext)\(\s*({_LITERAL}(?:\s*,\s*{_LITERAL})*)")
_STRING = re.compile(_LITERAL)


@dataclass(frozen=True, slots=True)
class Shown:
    """One string as it stands in the source. `context` and `plural` are empty when there is none."""

    singular: str
    plural: str
    context: str
    place: str

    @property
    def key(self) -> tuple[str, str]:
        """What a catalogue knows it by."""
        return self.context, self.singular


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A call of gettext that no catalogue can serve, because its argument is not a plain literal."""

    place: str


def shown_in(room: Path) -> Iterator[Shown | Unreadable]:
    """All strings of one room, in order of files and lines; tests and migrations show nothing to anyone."""
    for path in sorted(room.rglob("*")):
        inside = path.relative_to(room).parts
        if set(inside[:-1]) & set(_NOT_SHOWN):
            continue
        name = "/".join((room.name, *inside))
        if path.suffix == ".py":
            yield from from_python(path.read_text(encoding="utf-8"), name)
        elif path.suffix in _TEMPLATES and "templates" in inside:
            yield from from_template(path.read_text(encoding="utf-8"), name)


def from_python(source: str, name: str) -> Iterator[Shown | Unreadable]:
    """Strings in calls of gettext functions, also under the names they were imported as."""
    if "gettext" not in source:
        return
    tree = ast.parse(source, name)
    functions = {**_FUNCTIONS, **_aliases(tree)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        shape = functions.get(called)
        if shape is None:
            continue
        place = f"{name}:{node.lineno}"
        texts = [arg.value for arg in node.args[: len(shape)] if isinstance(arg, ast.Constant)]
        if len(texts) < len(shape) or not all(isinstance(text, str) for text in texts):
            yield Unreadable(place)
        else:
            yield _shown(shape, [str(text) for text in texts], place)


def from_template(source: str, name: str) -> Iterator[Shown | Unreadable]:
    """Strings in translate and blocktranslate tags and in `_("…")` arguments."""
    if "trans" not in source and "_(" not in source:
        return
    code = templatize(source, origin=name)
    for call in _CALL.finditer(code):
        shape = _FUNCTIONS[call[1]]
        texts = [str(ast.literal_eval(text)) for text in _STRING.findall(call[2])]
        place = f"{name}:{code.count(chr(10), 0, call.start()) + 1}"
        if len(texts) >= len(shape):
            yield _shown(shape, texts, place)


def _aliases(tree: ast.AST) -> dict[str, str]:
    return {
        alias.asname: _FUNCTIONS[alias.name]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if alias.asname and alias.name in _FUNCTIONS
    }


def _shown(shape: str, texts: list[str], place: str) -> Shown:
    parts = dict(zip(shape, texts, strict=False))
    return Shown(parts["s"], parts.get("p", ""), parts.get("c", ""), place)
