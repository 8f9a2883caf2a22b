"""The projects whose names thieves borrow, and where each of them really lives. Written by hand.

Nouns: kind (`coined` names hardly occur in other honest domains, `plain` ones are ordinary words too),
home (a domain that is the project's own).
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from guildhall.guard.source import load_data


@lru_cache(maxsize=1)
def by_kind() -> dict[str, dict[str, tuple[str, ...]]]:
    """Kind to name to the domains it lives at, in the order they are written down."""
    text = files("guildhall.guard").joinpath("domain_model/projects.yaml").read_text(encoding="utf-8")
    out: dict[str, dict[str, tuple[str, ...]]] = {}
    for kind, line in load_data(text).items():
        pairs = [word.partition("=") for word in line.split()]
        out[kind] = {name: tuple(home.split(",")) if home else () for name, _, home in pairs}
    return out


def homes() -> set[str]:
    """Every domain that is a project's own."""
    return {home for found in by_kind().values() for homes in found.values() for home in homes}
