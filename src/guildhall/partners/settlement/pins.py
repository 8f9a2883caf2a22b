"""What a settlement reads, held fast before it begins: versions of facts, bindings, deals."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Any

import orjson
import pyarrow as pa

from guildhall.core import clock
from guildhall.exchange.facts import DEPOSITS
from guildhall.facts import reading
from guildhall.partners.deals import written
from guildhall.partners.engine.steps import Steps
from guildhall.partners.engine.terms import Deal, deals_from_json
from guildhall.partners.models import Binding, DealVersion, Review
from guildhall.partners.settlement import months
from guildhall.partners.settlement.inforce import InForce, Month, pinned, survey_of

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
    """`settled`: the months to settle; `marks`: month → what its settlement depends on, of every month;
    `reviewed`: (venue, account) whose amounts wait; `looks_back`: a month depends on all months before it.
    """

    versions: Mapping[str, int]
    deals_json: list[dict[str, Any]]
    deals: tuple[Deal, ...]
    bindings: pa.Table
    survey: Mapping[str, Month]
    marks: Mapping[str, str]
    settled: tuple[str, ...]
    reviewed: frozenset[tuple[str, str]] = frozenset()
    looks_back: bool = False

    @property
    def digest(self) -> str:
        """SHA-256 over everything the result depends on."""
        said = [self.settled, [self.marks.get(month) for month in self.settled]]
        return hashlib.sha256(orjson.dumps(said)).hexdigest()

    def trades(self) -> InForce:
        """The trades to be read: `read`."""
        return InForce(self.versions, months=self.read)

    @property
    def read(self) -> list[str]:
        """The months to read: those to settle and each month before, or every one up to the last of them."""
        if self.looks_back and self.settled:
            return [month for month in self.survey if month <= self.settled[-1]]
        return months.with_the_month_before(self.settled)

    def steps(self) -> Steps | None:
        """What the later steps of deals need; None when no deal has any."""
        if not self.looks_back:
            return None
        return Steps(deposits_at(self.versions[DEPOSITS.name]), self.reviewed)


def pin(wanted: Sequence[str], covered: Mapping[str, str]) -> Pins:
    """Look at everything now. `wanted`: months, ["all"], or [] for those whose mark is not in `covered`.

    Reads facts; never call it inside a transaction.
    """
    versions = {**pinned(), DEPOSITS.name: reading.version(DEPOSITS.name)}
    deals_json = deals_now()
    deals = deals_from_json(deals_json)
    bindings, reviewed = bindings_now(), reviewed_now()
    inputs = months.Inputs(InForce(versions).survey(), bindings, deals, {}, sorted(reviewed))
    if inputs.looks_back:
        inputs = replace(inputs, deposits=survey_of(DEPOSITS.name, "at", versions[DEPOSITS.name]))
    marks = months.marks(inputs)
    if not wanted:
        settled = months.changed(marks, covered, clock.now().astimezone(UTC).date())
    elif list(wanted) == [ALL]:
        settled = sorted({*marks, *covered})
    else:
        settled = sorted(set(wanted))
    return Pins(
        versions,
        deals_json,
        deals,
        bindings,
        inputs.survey,
        marks,
        tuple(settled),
        reviewed,
        inputs.looks_back,
    )


def deposits_at(version: int) -> pa.Table:
    """Deposits in force, as the later steps read them."""
    columns = ["venue", "account", "at", "asset", "amount"]
    batches = reading.batches(DEPOSITS.name, columns, version=version, in_force=True)
    schema = pa.schema([DEPOSITS.schema.field(name).with_nullable(True) for name in columns])
    return pa.Table.from_batches(batches, schema=schema)


def reviewed_now() -> frozenset[tuple[str, str]]:
    """(venue, account) of every account under review."""
    return frozenset(Review.objects.filter(closed_at=None).values_list("venue", "account"))


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
