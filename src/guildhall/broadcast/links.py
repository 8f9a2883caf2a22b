"""Where whoever counts clicks gets its say: a rewriter is given every address of a delivery and answers with
the one to send instead.

None is registered by default. What it answers is asked of compliance again, word for word, before it goes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from guildhall.channels.links import extract
from guildhall.channels.port import Button


@dataclass(frozen=True, slots=True)
class Going:
    """The delivery an address goes out with. `account_id` '' for spaces."""

    delivery_id: str
    run_id: str
    broadcast_id: str
    space_id: str
    account_id: str = ""


Rewriter = Callable[[str, Going], str]
_rewriters: list[Rewriter] = []


def register(rewriter: Rewriter) -> None:
    """Have every address pass through `rewriter` too; the same one twice counts once."""
    if rewriter not in _rewriters:
        _rewriters.append(rewriter)


def forget(rewriter: Rewriter) -> None:
    """Take a rewriter out again; for tests."""
    if rewriter in _rewriters:
        _rewriters.remove(rewriter)


def are_tracked() -> bool:
    """Whether anybody rewrites addresses."""
    return bool(_rewriters)


def rewrite(text: str, buttons: Sequence[Button], going: Going) -> tuple[str, tuple[Button, ...]]:
    """Words and buttons with every address as the rewriters want it."""
    if not _rewriters:
        return text, tuple(buttons)
    for link in sorted(extract(text), key=lambda one: one.start, reverse=True):
        if link.start >= 0 and text[link.start : link.end] == link.url:
            text = text[: link.start] + _passed(link.url, going) + text[link.end :]
    return text, tuple(replace(one, url=_passed(one.url, going)) if one.url else one for one in buttons)


def _passed(url: str, going: Going) -> str:
    for rewriter in _rewriters:
        url = rewriter(url, going)
    return url
