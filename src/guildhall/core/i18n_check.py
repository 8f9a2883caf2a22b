"""Says what is wrong between the strings the rooms show and their Simplified Chinese catalogues.

Pure but for what it is given: strings found by `i18n_extract`, catalogues read by `i18n`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from babel.messages.catalog import Catalog, Message

from guildhall.core.i18n_extract import Shown, Unreadable

_PLACES = re.compile(r"%(?:\(\w+\))?[sdif]|%%|(?<!\{)\{\w*\}(?!\})")


@dataclass(slots=True)
class Findings:
    """`wrong` fails the check; `unused` does not. `missing` is also in `wrong`, said in words."""

    wrong: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    missing: list[Shown] = field(default_factory=list)


def compare(shown: Iterable[Shown | Unreadable], catalogues: Mapping[str, Catalog]) -> Findings:
    """Compare what is shown with the catalogues, given by room; any room's catalogue may translate a
    string.
    """
    findings = Findings()
    entries = _entries(catalogues, findings)
    used = set()
    for text in shown:
        if isinstance(text, Unreadable):
            findings.wrong.append(f"{text.place}: gettext needs a plain literal; fill values in afterwards")
            continue
        used.add(text.key)
        found = entries.get(text.key)
        if found is None or not _strings(found[1])[0]:
            findings.wrong.append(f"{text.place}: no Chinese for {text.singular!r}")
            findings.missing.append(text)
        elif text.plural and not isinstance(found[1].id, tuple | list):
            findings.wrong.append(f"{text.place}: the Chinese of {text.singular!r} has no msgid_plural")
    for key, (room, message) in entries.items():
        if key not in used:
            findings.unused.append(f"{room}: {key[1]!r} is not shown anywhere")
        findings.wrong.extend(f"{room}: {fault}" for fault in _faults(message))
    return findings


def _entries(
    catalogues: Mapping[str, Catalog], findings: Findings
) -> dict[tuple[str, str], tuple[str, Message]]:
    entries: dict[tuple[str, str], tuple[str, Message]] = {}
    for room, catalogue in catalogues.items():
        for message in catalogue:
            if not message.id:
                continue
            key = (message.context or "", _singular(message))
            first = entries.setdefault(key, (room, message))
            here, there = _strings(message)[0], _strings(first[1])[0]
            if here != there:
                findings.wrong.append(f"{room}: {key[1]!r} is {here!r} here and {there!r} in {first[0]}")
    return entries


def _faults(message: Message) -> list[str]:
    singular = _singular(message)
    if message.fuzzy:
        return [f"{singular!r} is fuzzy"]
    # Chinese has one form for any number: that of the plural.
    asked = message.id[-1] if isinstance(message.id, tuple | list) else singular
    wanted = sorted(_PLACES.findall(asked))
    faults = []
    for string in _strings(message):
        got = sorted(_PLACES.findall(string))
        if string and got != wanted:
            faults.append(f"{singular!r} has the places {wanted}, its Chinese {got}")
        elif string and any("%" in place for place in wanted) and "%" in _PLACES.sub("", string):
            faults.append(f"{singular!r}: a lone % in its Chinese must be written %%")
    return faults


def _singular(message: Message) -> str:
    return str(message.id[0] if isinstance(message.id, tuple | list) else message.id)


def _strings(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, tuple | list) else (str(message.string or ""),)
