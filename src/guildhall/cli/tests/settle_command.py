"""`guildhall partners settle` as an operator runs it: files in, exit status, files out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from typer.testing import CliRunner

from guildhall.cli.partners import partners_app
from guildhall.partners.testing import oracle_files as files
from guildhall.partners.testing.oracle import Binding, Deal, Explained, Override, Tier, Trade
from guildhall.partners.testing.oracle_calendar import instant


class Answer(NamedTuple):
    """What the command did: its exit status, all it said, and its two outputs where it wrote any."""

    status: int
    said: str
    explained: list[Explained]
    accrued: list[tuple[str, int, str, str, int]]
    out: Path


def run(arguments: Sequence[str]) -> tuple[int, str]:
    """Exit status and all that was printed."""
    told = CliRunner().invoke(partners_app, ["settle", *arguments])
    if told.exception is not None and not isinstance(told.exception, SystemExit):
        from guildhall.core.errors import GuildhallError

        if not isinstance(told.exception, GuildhallError):
            raise told.exception
        return 1, f"{told.output}{told.exception.text.en}\n{told.exception.text.zh}"
    return told.exit_code, told.output


def settle(
    directory: Path, trades: Sequence[Trade], bindings: Sequence[Binding], deals: Sequence[Deal]
) -> Answer:
    """Writes the inputs and runs the command over them."""
    status, said = run(files.write(directory, trades, bindings, deals))
    out = directory / "out"
    if status != 0:
        return Answer(status, said, [], [], out)
    explained = list(files.explained_rows(out / "explain.parquet"))
    return Answer(status, said, explained, files.accrued_rows(out / "accruals.parquet"), out)


def wrote_nothing(out: Path) -> bool:
    """Whether the output folder is not there or empty."""
    return not out.exists() or not list(out.rglob("*"))


def trade(number: int | str, at: str, fee: int = 1_000_000, volume: int = 0, **more: Any) -> Trade:
    """A trade of account `a` at okx in USDT."""
    given = {"venue": "okx", "account": "a", "asset": "USDT", **more}
    return Trade(str(number), executed_at=instant(at), fee=fee, volume=volume, **given)


def binding(partner: str = "p", since: str = "2026-01-01T00:00:00Z", until: str = "", **more: str) -> Binding:
    """A binding of account `a` at okx."""
    place = {"venue": "okx", "account": "a", **more}
    return Binding(
        partner=partner, valid_from=instant(since), valid_to=instant(until) if until else None, **place
    )


def deal(
    partner: str = "p", version: int = 1, since: str | None = None, until: str | None = None, **more: Any
) -> Deal:
    """A deal that pays 40 % from the first unit on, open at both ends, without anything else."""
    terms = {"tier_basis": "current_month", "tiers": (Tier(0, 400_000),), **more}
    return Deal(
        partner,
        version,
        instant(since) if since else None,
        instant(until) if until else None,
        **terms,
    )


__all__ = ["Answer", "Override", "Tier", "binding", "deal", "run", "settle", "trade", "wrote_nothing"]
