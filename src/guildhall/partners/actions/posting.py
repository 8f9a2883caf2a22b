"""What a settlement found and what the ledger holds are made the same: only differences are posted.

An amount that changed is reversed by its mirror, with the deal version it was reckoned by, and posted anew as
the next revision, under the same effective day. Every chunk is one transaction with its postings, so a crash
leaves some lines done and the rest for the next attempt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction

from guildhall.core import bulk, clock
from guildhall.core.errors import Conflict
from guildhall.core.ids import new_id
from guildhall.core.text import Text
from guildhall.ledger import actions as postings
from guildhall.ledger.actions import Draft, Reversal
from guildhall.partners.models import Change, Posted, Run
from guildhall.partners.settlement.accruing import HELD, KICKBACK, Amount, Line
from guildhall.partners.settlement.inforce import SCALE

BY = "system:partners"
_NOTHING = Amount(0, None)
_CHUNK = 1_000
_LINE = ("partner_id", "source_id", "deal_version", "venue", "day", "asset", "kind")
_COLUMNS = (
    "id", "partner", "source", "deal_version", "venue", "day", "asset", "kind", "units", "revision",
    "ledger_key", "payable_on", "run", "at",
)  # fmt: skip


class Overtaken(Conflict):
    """Another attempt at this run, or somebody who stopped it, was here: this one must not go on."""


@dataclass(slots=True)
class Counts:
    """What came of comparing: lines that are new, changed, reversed to nothing, unchanged."""

    new: int = 0
    changed: int = 0
    reversed: int = 0
    same: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands posted of a line: `ledger_key` is '' where it was reversed to nothing."""

    id: str
    units: int
    revision: int
    ledger_key: str


@dataclass(frozen=True, slots=True)
class _Step:
    """One line that must change: `before` is what stands (None: nothing ever did), `right` what should."""

    line: Line
    before: Standing | None
    right: Amount


def post_differences(run: Run, lines: Mapping[Line, Amount], progress: Callable[[int, int], None]) -> Counts:
    """Make ledger and `Posted` say what `lines` (of the months of `run`) say. `progress` hears (done, of).

    Raises Overtaken when the run is no longer this attempt's.
    """
    for asset in sorted({line.asset for line in lines}):
        postings.open_asset(asset, SCALE, by=BY)
    counts = Counts()
    steps = list(_steps(run.months, lines, counts))
    for start in range(0, len(steps), _CHUNK):
        with transaction.atomic():
            still_mine(run)
            _post(run, steps[start : start + _CHUNK])
        progress(min(start + _CHUNK, len(steps)), len(steps))
    return counts


def still_mine(run: Run) -> Run:
    """The run as it stands, held until the transaction ends. Raises Overtaken."""
    now = Run.objects.select_for_update().get(pk=run.pk)
    if now.attempt != run.attempt or now.state != Run.State.RUNNING:
        raise Overtaken(
            Text("This settlement was stopped or is being done again.", "该结算已停止或正在重新执行。"),
            code="overtaken",
        )
    return now


def _steps(months: Sequence[str], lines: Mapping[Line, Amount], counts: Counts) -> Iterator[_Step]:
    standing = posted_in(months)
    for line in sorted(lines.keys() | standing.keys()):
        wanted, before = lines.get(line, _NOTHING), standing.get(line)
        there = before.units if before else 0
        if wanted.units == there:
            counts.same += there != 0
            continue
        counts.new += there == 0
        counts.reversed += wanted.units == 0
        counts.changed += there != 0 and wanted.units != 0
        yield _Step(line, before, wanted)


def posted_in(months: Sequence[str]) -> dict[Line, Standing]:
    """What stands posted of these months, lines at zero too."""
    found = {}
    for month in months:
        first = date.fromisoformat(f"{month}-01")
        after = (first + timedelta(days=31)).replace(day=1)
        rows = Posted.objects.filter(day__gte=first, day__lt=after).values_list(
            *_LINE, "id", "units", "revision", "ledger_key"
        )
        for row in rows.iterator(chunk_size=5_000):
            found[Line(*row[: len(_LINE)])] = Standing(*row[len(_LINE) :])
    return found


def _post(run: Run, steps: Sequence[_Step]) -> None:
    now = clock.now()
    reversals = [
        Reversal(step.before.ledger_key, f"{step.before.ledger_key}:reversed", f"settlement {run.settlement}")
        for step in steps
        if step.before is not None and step.before.units
    ]
    drafts = postings.mirrors(reversals)
    fresh, rows, changes = [], [], []
    for step in steps:
        units, on = step.right
        revision = step.before.revision + 1 if step.before is not None else 0
        key = posting_key(step.line, revision) if step.right.units else ""
        if step.right.units:
            drafts.append(_draft(step, key, run))
        if step.before is None:
            row_id = new_id()
            fresh.append(
                (row_id, *step.line, step.right.units, revision, key, step.right.payable_on, run.pk, now)
            )
        else:
            row_id = step.before.id
            rows.append((row_id, units, revision, key, on, run.pk, now))
        changes.append((row_id, step.before.units if step.before else 0, step.right.units))
    postings.post_many(drafts, by=BY)
    bulk.insert(Posted, _COLUMNS, fresh)
    bulk.update_many(Posted, "id", ("units", "revision", "ledger_key", "payable_on", "run", "at"), rows)
    _note(run, changes)


def _note(run: Run, changes: Sequence[tuple[str, int, int]]) -> None:
    """What this run changed; a line an earlier attempt of it changed keeps its first `before`."""
    known = dict(
        Change.objects.filter(run=run, posted__in=[row_id for row_id, _, _ in changes]).values_list(
            "posted_id", "id"
        )
    )
    bulk.insert(
        Change,
        ("run", "posted", "before", "after"),
        [(run.pk, row_id, before, after) for row_id, before, after in changes if row_id not in known],
    )
    bulk.update_many(
        Change, "id", ("after",), [(known[row_id], after) for row_id, _, after in changes if row_id in known]
    )


def posting_key(line: Line, revision: int) -> str:
    """The key of a posting in the ledger: natural, so that the same amount can never be posted twice."""
    return (
        f"accrual:{line.day}:{line.partner}:{line.source}:v{line.deal_version}:{line.venue}:{line.asset}:"
        f"{line.kind}:r{revision}"
    )


def _draft(step: _Step, key: str, run: Run) -> Draft:
    line = step.line
    return Draft(
        key=key,
        kind=line.kind,
        asset=line.asset,
        legs=(
            (f"house:{line.kind}:{line.venue}", -step.right.units),
            (f"{owner_of(line)}:pending", step.right.units),
        ),
        effective_on=line.day,
        pin=f"deal:{line.source}:v{line.deal_version}",
        subject=f"partner:{line.partner}",
        details={"settlement": run.settlement},
        matures_on=step.right.payable_on,
    )


def owner_of(line: Line) -> str:
    """Whose money it is in the ledger: the partner's, or that of the accounts they brought."""
    is_theirs = line.kind.removeprefix(HELD) != KICKBACK
    return f"partner:{line.partner}" if is_theirs else f"invitees:{line.partner}"
