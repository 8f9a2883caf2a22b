"""The proof that the ledger holds what facts say: everything is settled again, nothing is posted."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from guildhall.core import clock
from guildhall.core.settings import settings
from guildhall.ledger import queries as balances
from guildhall.ledger.models import Posting
from guildhall.partners.actions.posting import Standing, owner_of, posted_in
from guildhall.partners.models import Run
from guildhall.partners.settlement import pins as pinning
from guildhall.partners.settlement.accruing import Amount, Line
from guildhall.partners.settlement.computing import compute
from guildhall.partners.settlement.pins import ALL

_STAGES = ("pending", "payable", "held", "paid")


@dataclass(frozen=True, slots=True)
class Compared:
    """What was compared, and every difference in words."""

    months: int
    lines: int
    differences: tuple[str, ...]


def compare() -> Compared:
    """Settle every month from facts as they are now and compare: with what was posted line by line, with each
    posting in the ledger, and with the sum of every owner's stages. Never call it inside a transaction.

    What changed since the last settlement shows as differences, and so does a payment by hand that went
    beside `ledger.pay`.
    """
    pins = pinning.pin([ALL], dict.fromkeys(_months_posted(), ""))
    lines = _lines(pins)
    standing = posted_in(pins.settled)
    differences = []
    for line in sorted(lines.keys() | standing.keys()):
        right = lines[line].units if line in lines else 0
        there = standing[line].units if line in standing else 0
        if right != there:
            differences.append(f"{' '.join(map(str, line))}: facts say {right}, posted is {there}")
    differences += _against_postings(standing)
    return Compared(len(pins.settled), len(lines.keys() | standing.keys()), tuple(differences))


def _lines(pins: pinning.Pins) -> dict[Line, Amount]:
    if not pins.settled:
        return {}
    place = settings.data_dir / "partners"
    place.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="verify-", dir=place))
    try:
        computed = compute(pins, "verify", folder, lambda done: None)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    today = clock.now().astimezone(UTC).date()
    return {line: amount for line, amount in computed.lines.items() if line.day <= today}


def _months_posted() -> list[str]:
    return sorted({month for months in Run.objects.values_list("months", flat=True) for month in months})


def _against_postings(standing: Mapping[Line, Standing]) -> list[str]:
    """Every line against its posting, and the lines of an owner against all stages of their money."""
    differences = []
    keys = {one.ledger_key: one.units for one in standing.values() if one.ledger_key}
    there = set()
    names = sorted(keys)
    for start in range(0, len(names), 500):
        there |= set(Posting.objects.filter(key__in=names[start : start + 500]).values_list("key", flat=True))
    differences += [f"{key}: not in the ledger" for key in names if key not in there]
    owed: dict[tuple[str, str], int] = {}
    for line, one in standing.items():
        whose = (owner_of(line), line.asset)
        owed[whose] = owed.get(whose, 0) + one.units
    for (owner, asset), units in sorted(owed.items()):
        codes = [f"{owner}:{stage}" for stage in _STAGES]
        held = sum(one.units for one in balances.balances(codes=codes, asset=asset))
        if held != units:
            differences.append(f"{owner} {asset}: the ledger holds {held}, the lines sum to {units}")
    return differences
