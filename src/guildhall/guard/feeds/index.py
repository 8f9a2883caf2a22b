"""What all subscribed feeds name, ready for the hot path: one question, one answer with the feed's name."""

from __future__ import annotations

from collections.abc import Sequence

from guildhall.guard.feeds.hashes import Hashes


class FedIndex:
    """The feeds in force, in order of their names."""

    def __init__(self, feeds: Sequence[tuple[str, Hashes]]) -> None:
        self._feeds = tuple(feeds)

    def named(self, name: str) -> str:
        """The first feed that lists exactly this name, or ''."""
        return next((feed for feed, entries in self._feeds if name in entries), "")

    def all_named(self, name: str) -> list[str]:
        """Every feed that lists exactly this name."""
        return [feed for feed, entries in self._feeds if name in entries]

    def __len__(self) -> int:
        return sum(len(entries) for _, entries in self._feeds)
