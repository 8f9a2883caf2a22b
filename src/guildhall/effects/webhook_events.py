"""The events that rooms announce, by name, with what each tells in both languages. Rooms fill it when Django
starts; the page that subscribes an address and the manual read it.
"""

from __future__ import annotations

from collections.abc import Mapping

from guildhall.core.text import Text

TEST = "webhook.test"
_known: dict[str, Text] = {TEST: Text("A try-out from the console", "控制台发出的测试事件")}


def describe(events: Mapping[str, Text]) -> None:
    """Make events known. Raises ValueError for a name without a family or one described otherwise before."""
    for name, text in events.items():
        family, dot, rest = name.partition(".")
        if not (family and dot and rest) or _known.get(name, text) != text:
            raise ValueError(f"event {name!r}: needs a family and one description")
        _known[name] = text


def known() -> dict[str, Text]:
    """Every event by name."""
    return dict(sorted(_known.items()))


def families() -> dict[str, list[str]]:
    """Names of events by family, the part before the dot."""
    found: dict[str, list[str]] = {}
    for name in sorted(_known):
        found.setdefault(name.partition(".")[0], []).append(name)
    return found
