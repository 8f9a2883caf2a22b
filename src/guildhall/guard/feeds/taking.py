"""Whether a freshly fetched list may take the place of the one before. Pure.

A feed is somebody else's word. It never blocks what the house, its brands or the whole world knows to be
fine, and a list that lost most of its entries over night, or names many honest places, is not believed at
all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.guard.feeds.formats import Entries

_SHRUNK_FROM, _SHRUNK_TO = 100, 0.5
_MOST_HONEST = 20


@dataclass(frozen=True, slots=True)
class Taken:
    """What is kept of a list, and how many entries were left out because we know better."""

    names: tuple[str, ...]
    left_out: int


def take(
    entries: Entries, before: int, is_ours: Callable[[str], bool], forged: Callable[[str], str]
) -> Taken:
    """What of `entries` is kept. `before`: how many there were; `is_ours`: known to be fine; `forged`: the
    brand that a domain blocked by the house imitates, or ''.

    Raises BadInput when the list as a whole is not to be believed.
    """
    count = len(entries.names)
    if before >= _SHRUNK_FROM and count < before * _SHRUNK_TO:
        raise BadInput(
            Text(
                f"The list shrank from {before:,} to {count:,} entries; the one before stays in use.",
                f"名单从 {before:,} 条骤减到 {count:,} 条；继续使用旧名单。",
            ),
            code="feed_shrunk",
        )
    for domain in entries.allowed:
        brand = "" if is_ours(domain) else forged(domain)
        if brand:
            raise BadInput(
                Text(
                    f"The list calls {domain} fine, which we block as an imitation of {brand};"
                    " the one before stays in use.",
                    f"名单把我们因仿冒 {brand} 而拦截的 {domain} 列为正常；继续使用旧名单。",
                ),
                code="feed_vouches",
            )
    allowed = frozenset(entries.allowed)
    honest = [domain for domain in entries.names if is_ours(domain)]
    if len(honest) > _MOST_HONEST:
        named = ", ".join(honest[:5])
        raise BadInput(
            Text(
                f"The list names {len(honest)} places known to be fine ({named}, …);"
                " it is hardly a list of bad ones.",
                f"名单包含 {len(honest)} 个已知正常的网站（{named} 等），不像是恶意域名名单。",
            ),
            code="feed_honest",
        )
    ours = frozenset(honest)
    names = tuple(domain for domain in entries.names if domain not in ours and domain not in allowed)
    return Taken(names, count - len(names))
