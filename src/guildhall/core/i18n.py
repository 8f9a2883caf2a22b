"""Compiles and checks every room's translations: `python -m guildhall.core.i18n compile | check |
traditional`.

Needs neither the gettext tools nor Django's settings. Simplified Chinese is written by hand in each room's
`locale/zh_Hans/LC_MESSAGES/django.po`; Traditional Chinese is derived from it by OpenCC, except for what a
room's `locale/zh_Hant.overrides.po` says better. `skeleton ROOM` prints what its catalogue still lacks.
"""

import io
import os
import sys
import tempfile
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po, write_po

from guildhall.core.errors import BadInput
from guildhall.core.i18n_check import Findings, compare
from guildhall.core.i18n_extract import shown_in
from guildhall.core.text import Text, traditional

HOUSE = Path(__file__).parents[1]
_PO = Path("LC_MESSAGES/django.po")


def rooms() -> list[Path]:
    """The folders that may show something."""
    return sorted(path.parent for path in HOUSE.glob("*/__init__.py"))


def compile_all(*, force: bool = False) -> int:
    """Compile what changed since it was compiled; returns how many catalogues were written."""
    return sum(_compile(room, force=force) for room in rooms() if _source(room).exists())


def check() -> Findings:
    """Compare every string of every room with the Simplified Chinese catalogues."""
    catalogues = {room.name: _read(_source(room)) for room in rooms() if _source(room).exists()}
    return compare((text for room in rooms() for text in shown_in(room)), catalogues)


def to_traditional(simplified: Catalog, better: Catalog | None = None) -> Catalog:
    """The Traditional Chinese of a catalogue; entries of `better` come first."""
    derived = Catalog(locale="zh_Hant", charset="utf-8")
    for message in simplified:
        if not message.id or message.fuzzy:
            continue
        by_hand = better.get(message.id, message.context) if better is not None else None
        if by_hand is not None:
            string = by_hand.string
        elif isinstance(message.string, tuple | list):
            string = tuple(traditional(form) for form in message.string)
        else:
            string = traditional(message.string or "")
        derived.add(message.id, string, context=message.context, flags=message.flags)
    return derived


def _source(room: Path) -> Path:
    return room / "locale" / "zh_Hans" / _PO


def _compile(room: Path, *, force: bool) -> int:
    source, better = _source(room), room / "locale" / "zh_Hant.overrides.po"
    derived = room / "locale" / "zh_Hant" / _PO
    results = [source.with_suffix(".mo"), derived, derived.with_suffix(".mo")]
    inputs = [path for path in (source, better) if path.exists()]
    newest = max(path.stat().st_mtime_ns for path in inputs)
    if not force and all(path.exists() and path.stat().st_mtime_ns > newest for path in results):
        return 0
    simplified = _read(source)
    hant = to_traditional(simplified, _read(better) if better.exists() else None)
    _write(results[0], _mo(simplified))
    _write(results[1], _po(hant))
    _write(results[2], _mo(hant))
    return 2


def _read(path: Path) -> Catalog:
    try:
        with path.open("rb") as file:
            return read_po(file, locale="zh_Hans", charset="utf-8", abort_invalid=True)
    except (PoFileError, UnicodeDecodeError, ValueError) as wrong:
        raise BadInput(Text(f"{path}: {wrong}", f"{path}：{wrong}")) from wrong


def _mo(catalogue: Catalog) -> bytes:
    out = io.BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def _po(catalogue: Catalog) -> bytes:
    out = io.BytesIO()
    write_po(out, catalogue, omit_header=False, width=100)
    return out.getvalue()


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all: a running process may read the file at any moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".django-", dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    os.chmod(name, 0o644)
    os.replace(name, path)


def _skeleton(room: str) -> str:
    catalogue = Catalog(locale="zh_Hans", charset="utf-8")
    for text in check().missing:
        if text.place.startswith(f"{room}/"):
            path, _, line = text.place.rpartition(":")
            both = (text.singular, text.plural) if text.plural else text.singular
            catalogue.add(both, context=text.context or None, locations=[(path, int(line))])
    return _po(catalogue).decode()


def main(arguments: list[str]) -> int:
    """Carry out one command; returns the exit code."""
    match arguments:
        case ["compile"] | ["traditional"]:
            print(f"i18n: {compile_all(force=arguments == ['traditional'])} catalogues compiled")
            return 0
        case ["check"]:
            return _report(check())
        case ["skeleton", room]:
            print(_skeleton(room))
            return 0
    print(__doc__, file=sys.stderr)
    return 2


def _report(findings: Findings) -> int:
    for warning in findings.unused:
        print(f"unused  {warning}")
    for wrong in findings.wrong:
        print(f"WRONG   {wrong}")
    print(f"i18n: {len(findings.wrong)} wrong, {len(findings.unused)} unused")
    return 1 if findings.wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except BadInput as refused:
        sys.exit(f"i18n: {refused}")
