"""What a settlement reads, held fast before it begins: versions of facts, bindings, deals."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa

from guildhall.partners.deals import written
from guildhall.partners.engine.terms import Deal, deals_from_json
from guildhall.partners.models import Binding, DealVersion
from guildhall.partners.settlement import months
from guildhall.partners.settlement.inforce import InForce, Month, pinned

_TIME = pa.timestamp("us", tz="UTC")
BINDINGS = pa.schema(
    [
        ("venue", pa.string()),
        ("account", pa.string()),
        ("partner", pa.string()),
        ("valid_from", _TIME),
        ("valid_to", _TIME),
    ]
)
ALL = "all"


@dataclass(frozen=True, slots=True)
class Pins:
    """`settled`: the months to settle; `marks`: month → what its settlement depends on, of every month."""

    versions: Mapping[str, int]
    deals_json: list[dict[str, Any]]
    deals: tuple[Deal, ...]
    bindings: pa.Table
    survey: Mapping[str, Month]
    marks: Mapping[str, str]
    settled: tuple[str, ...]

    @property
    def digest(self) -> str:
        """SHA-256 over everything the result depends on."""
        said = [self.settled, [self.marks.get(month) for month in self.settled]]
        return hashlib.sha256(orjson.dumps(said)).hexdigest()

    def trades(self) -> InForce:
        """The trades to be read: of the months to settle and each month before."""
        return InForce(self.versions, months=months.with_the_month_before(self.settled))


def pin(wanted: Sequence[str], covered: Mapping[str, str]) -> Pins:
    """Look at everything now. `wanted`: months, ["all"], or [] for those whose mark is not in `covered`.

    Reads facts; never call it inside a transaction.
    """
    versions = pinned()
    deals_json = deals_now()
    deals = deals_from_json(deals_json)
    bindings = bindings_now()
    survey = InForce(versions).survey()
    marks = months.marks(months.Inputs(survey, bindings, deals))
    if not wanted:
        settled = months.changed(marks, covered)
    elif list(wanted) == [ALL]:
        settled = sorted({*marks, *covered})
    else:
        settled = sorted(set(wanted))
    return Pins(versions, deals_json, deals, bindings, survey, marks, tuple(settled))


def deals_now() -> list[dict[str, Any]]:
    """Every deal in force as the engine reads it: its terms, cut to when it holds now."""
    found = DealVersion.objects.filter(state=DealVersion.State.IN_FORCE).order_by("partner", "version")
    return [
        {**one.terms, "valid_from": written(one.valid_from), "valid_to": written(one.valid_to)}
        for one in found
    ]


def bindings_now() -> pa.Table:
    """Every binding, by venue, account and time."""
    rows = Binding.objects.order_by("venue", "account", "valid_from").values_list(
        "venue", "account", "partner_id", "valid_from", "valid_to"
    )
    columns = list(zip(*rows, strict=True)) or [()] * len(BINDINGS)
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(columns, BINDINGS, strict=True)],
        schema=BINDINGS,
    )
