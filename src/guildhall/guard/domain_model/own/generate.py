"""Makes up domain names by rule: honest ones as firms, people and projects choose them, and the patterns of
theft.

Deterministic: one seed, one list. The honest patterns matter most: they keep a model from taking a new
ending, a word of the trade or a page on a shared host for theft.
"""

from __future__ import annotations

from importlib.resources import files

from guildhall.guard.domain_model.own import honest, theft
from guildhall.guard.domain_model.own.maker import Maker
from guildhall.guard.domain_model.rows import DomainRow

HONEST, DISHONEST = 20000, 22000
WRITTEN_SOURCE, TRADE_SOURCE = "own-written", "own-trade"
_TRADE_SECTIONS = 5
"""The first sections of the written list are names of the trade."""


def own_rows(seed: int = 1) -> list[DomainRow]:
    """Every row of our own: the list written by hand, made-up honest names, made-up dishonest ones."""
    rows = _written()
    known = {row.domain for row in rows}
    maker = Maker(seed)
    rows += [
        DomainRow(domain, 0, "own-honest", weight=0.25)
        for domain in maker.many(HONEST, honest.PATTERNS)
        if domain not in known
    ]
    fine = {row.domain for row in rows}
    rows += [
        DomainRow(domain, 1, "own-dishonest", weight=0.7)
        for domain in maker.many(DISHONEST, theft.PATTERNS)
        if domain not in fine
    ]
    return rows


def _written() -> list[DomainRow]:
    text = files("guildhall.guard").joinpath("domain_model/own/benign.txt").read_text(encoding="utf-8")
    found: dict[str, DomainRow] = {}
    section = 0
    for line in text.splitlines():
        section += line.startswith("[")
        source = TRADE_SOURCE if section <= _TRADE_SECTIONS else WRITTEN_SOURCE
        for domain in line.split() if line[:1] not in ("#", "[") else ():
            found.setdefault(domain, DomainRow(domain, 0, source, weight=2.0))
    return list(found.values())
