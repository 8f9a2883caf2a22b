"""Settlements: begun by a person or the clock, carried out as an effect, stopped, taken up again.

An attempt pins what it reads, computes everything, writes explains and accruals into facts, and only then
posts. Killed anywhere, the next attempt pins anew and posts what is still different; nothing is posted twice.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC
from pathlib import Path

import pyarrow.parquet as pq
from django.db import transaction

from guildhall.core import audit, bulk, clock
from guildhall.core.errors import BadInput, Conflict, GuildhallError, NotFound, Permanent
from guildhall.core.ids import is_id
from guildhall.core.settings import settings
from guildhall.core.text import Text
from guildhall.effects import actions as effects
from guildhall.effects.types import NewEffect
from guildhall.facts import shipping
from guildhall.partners.actions import reviews
from guildhall.partners.actions.posting import Overtaken, post_differences, still_mine
from guildhall.partners.facts import ACCRUALS, CHANGES, EXPLAINS, QUALIFICATIONS
from guildhall.partners.kinds import SETTLE
from guildhall.partners.models import MonthVolume, Run, SettledMonth
from guildhall.partners.settlement import pins as pinning
from guildhall.partners.settlement.accruing import Amount, Line
from guildhall.partners.settlement.computing import Computed, accruals_table, compute
from guildhall.partners.settlement.months import dated
from guildhall.partners.settlement.pins import ALL, Pins

_ORDER = "partners.settle"
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_ACTIVE = (Run.State.PLANNED, Run.State.RUNNING)
_BATCH = 131_072
_EVERY = 200_000
"""Progress is written down after so many trades."""


def start_run(*, by: str, months: Sequence[str] = (), everything: bool = False) -> Run:
    """Settle `months` ("2026-10"), or everything, or (neither) the months in which something changed.

    Raises BadInput for what is no month, Conflict while a settlement is under way.
    """
    wrong = [month for month in months if not _MONTH.fullmatch(month)]
    if wrong:
        raise BadInput(
            Text(f"{wrong[0]!r} is not a month such as 2026-10.", f"{wrong[0]!r} 不是形如 2026-10 的月份。"),
            field="months",
        )
    with transaction.atomic():
        if Run.objects.select_for_update().filter(state__in=_ACTIVE).exists():
            raise Conflict(Text("A settlement is under way.", "已有结算正在进行。"), code="under_way")
        one = Run.objects.create(
            wanted=[ALL] if everything else sorted(set(months)),
            previous=Run.objects.filter(state=Run.State.FINISHED).order_by("-id").first(),
            started_by=by,
        )
        audit.record(by, "settlement.started", f"settlement:{one.pk}", {"months": one.wanted})
        _queue(one)
    return one


def stop_run(run_id: str, *, by: str) -> Run:
    """Stop a settlement: what is posted stays and is right; the next one does the rest.

    Raises NotFound, Conflict when it is over.
    """
    with transaction.atomic():
        one = _held(run_id)
        if one.state not in _ACTIVE:
            raise Conflict(Text("It is over already.", "该结算已结束。"))
        one.state, one.ended_at = Run.State.STOPPED, clock.now()
        one.save(update_fields=["state", "ended_at"])
        audit.record(by, "settlement.stopped", f"settlement:{one.pk}")
    return one


def retry_run(run_id: str, *, by: str) -> Run:
    """Take a failed or stopped settlement up again. Raises NotFound, Conflict."""
    with transaction.atomic():
        one = _held(run_id)
        if one.state not in (Run.State.FAILED, Run.State.STOPPED):
            raise Conflict(
                Text("Only what failed or was stopped is taken up again.", "仅失败或已停止的结算可重试。")
            )
        if Run.objects.filter(state__in=_ACTIVE).exists():
            raise Conflict(Text("A settlement is under way.", "已有结算正在进行。"), code="under_way")
        one.state, one.error, one.ended_at = Run.State.PLANNED, {}, None
        one.save(update_fields=["state", "error", "ended_at"])
        audit.record(by, "settlement.retried", f"settlement:{one.pk}")
        _queue(one)
    return one


def settle_changed() -> str:
    """What the clock does: a settlement, unless one is under way or nothing changed; returns its id or ''."""
    if Run.objects.filter(state__in=_ACTIVE).exists():
        return ""
    reviews.review_self_referrals()
    if not pinning.pin([], marks_that_count()).settled:
        return ""
    try:
        return start_run(by="system:partners").pk
    except Conflict:
        return ""


def perform(run_id: str) -> dict[str, int]:
    """Carry a settlement out, from the beginning; done already, it changes nothing. For the effects.

    Raises Permanent with the reason when it cannot be done; the run then says so.
    """
    run = _begin(run_id)
    if run is None:
        return {}
    folder = workplace(run)
    try:
        reviews.review_self_referrals()
        counts = _attempt(run, folder)
    except Overtaken:
        return {}
    except GuildhallError as error:
        _fail(run, error.text)
        raise Permanent(error.text) from error
    except Exception:
        _fail(run, Text("Something is broken in the house; see the log.", "系统内部出错，请查看日志。"))
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return counts


def workplace(run: Run) -> Path:
    """Where an attempt keeps its files while it works."""
    return settings.data_dir / "partners" / "runs" / f"{run.pk}.{run.attempt}"


def marks_that_count() -> dict[str, str]:
    """Month → the mark of the settlement that counts for it."""
    return dict(SettledMonth.objects.values_list("month", "mark"))


def _attempt(run: Run, folder: Path) -> dict[str, int]:
    pins = pinning.pin(run.wanted, marks_that_count())
    _refuse_lost_facts(pins)
    _note(run, pins)
    if not pins.settled:
        return _finish(run, pins, {}, None)
    computed = compute(pins, run.settlement, folder, _Progress(run))
    _step(run, Run.Step.EXPLAINING)
    _ship(run, computed)
    _step(run, Run.Step.POSTING)
    counts = post_differences(run, _of_days_gone(computed.lines), lambda done, of: None)
    run.posted_new, run.posted_changed = counts.new, counts.changed
    run.posted_reversed, run.posted_same = counts.reversed, counts.same
    return _finish(run, pins, computed.lines, computed)


def _begin(run_id: str) -> Run | None:
    with transaction.atomic():
        run = _held(run_id)
        if run.state in (Run.State.FINISHED, Run.State.STOPPED):
            return None
        run.state, run.step, run.error, run.ended_at = Run.State.RUNNING, Run.Step.READING, {}, None
        run.attempt += 1
        run.done = run.total = 0
        run.save()
    return run


def _note(run: Run, pins: Pins) -> None:
    run.months, run.versions, run.deals = list(pins.settled), dict(pins.versions), pins.deals_json
    run.digest, run.step = pins.digest, Run.Step.SETTLING
    run.total = sum(pins.survey[month].in_force for month in pins.read if month in pins.survey)
    with transaction.atomic():
        still_mine(run)
        run.save(update_fields=["months", "versions", "deals", "digest", "step", "total"])


def _ship(run: Run, computed: Computed) -> None:
    source = f"settlement:{run.pk}"
    batches = pq.ParquetFile(computed.explains).iter_batches(_BATCH)
    shipping.ship(EXPLAINS.name, batches, batch_id=f"explains:{run.settlement}", source=source)
    for table, rows in (
        (ACCRUALS, accruals_table(run.settlement, computed.lines)),
        (CHANGES, computed.changes),
        (QUALIFICATIONS, computed.qualifications),
    ):
        if rows.num_rows:
            shipping.ship(table.name, rows, batch_id=f"{table.name}:{run.settlement}", source=source)


def _of_days_gone(lines: Mapping[Line, Amount]) -> dict[Line, Amount]:
    """What can be posted: the ledger takes nothing of a day to come (such as a carry at the month's end)."""
    today = clock.now().astimezone(UTC).date()
    return {line: amount for line, amount in lines.items() if line.day <= today}


def _finish(run: Run, pins: Pins, lines: Mapping[Line, Amount], computed: Computed | None) -> dict[str, int]:
    totals: dict[tuple[str, str], int] = {}
    for line, amount in lines.items():
        totals[line.asset, line.kind] = totals.get((line.asset, line.kind), 0) + amount.units
    today = clock.now().astimezone(UTC).date()
    to_come = {f"{line.day:%Y-%m}" for line in lines if line.day > today}
    with transaction.atomic():
        still_mine(run)
        run.state, run.step, run.ended_at = Run.State.FINISHED, Run.Step.DONE, clock.now()
        run.done = run.total
        run.totals = [
            {"asset": asset, "kind": kind, "units": str(units)}
            for (asset, kind), units in sorted(totals.items())
        ]
        run.reasons = dict(sorted(computed.reasons.items())) if computed else {}
        run.carried = computed.carried if computed else []
        run.save()
        for month in pins.settled:
            if month in pins.marks:
                SettledMonth.objects.update_or_create(
                    month=month,
                    defaults={
                        "run": run,
                        "settlement": run.settlement,
                        "mark": dated(pins.marks[month], today) if month in to_come else pins.marks[month],
                        "rows": pins.survey[month].rows,
                        "at": run.ended_at,
                    },
                )
            else:
                SettledMonth.objects.filter(month=month).delete()
        if computed is not None:
            _note_volumes(pins, computed.volumes)
        posted = {
            "new": run.posted_new,
            "changed": run.posted_changed,
            "reversed": run.posted_reversed,
            "same": run.posted_same,
        }
        audit.record("system:partners", "settlement.finished", f"settlement:{run.pk}", posted)
    return posted


def _note_volumes(pins: Pins, volumes: Mapping[tuple[str, str], int]) -> None:
    MonthVolume.objects.filter(month__in=pins.read).delete()
    rows = [(month, partner, str(volume)) for (partner, month), volume in sorted(volumes.items())]
    bulk.insert(MonthVolume, ("month", "partner", "volume"), rows)


def _refuse_lost_facts(pins: Pins) -> None:
    """Facts never lose rows. If they did, settling again would take back what was rightly earned."""
    for month, rows in SettledMonth.objects.filter(month__in=pins.settled).values_list("month", "rows"):
        there = pins.survey[month].rows if month in pins.survey else 0
        if there < rows:
            raise Conflict(
                Text(
                    f"Facts of {month} hold {there} rows; they held {rows} when it was settled. "
                    "Bring the facts back before settling again; nothing was posted.",
                    f"{month} 的事实现有 {there} 行，而上次结算时为 {rows} 行。"
                    "请先恢复事实数据再结算；本次未入账。",
                ),
                code="facts_lost",
            )


class _Progress:
    """Writes down how far a settlement is, and stops it when somebody asked for that."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._next = _EVERY

    def __call__(self, done: int) -> None:
        if done < self._next:
            return
        self._next = done + _EVERY
        mine = Run.objects.filter(pk=self._run.pk, attempt=self._run.attempt, state=Run.State.RUNNING)
        if not mine.update(done=done):
            raise Overtaken(Text("This settlement was stopped.", "该结算已停止。"))


def _step(run: Run, step: Run.Step) -> None:
    with transaction.atomic():
        still_mine(run)
        run.step = step
        run.save(update_fields=["step"])


def _fail(run: Run, why: Text) -> None:
    with transaction.atomic():
        now = _held(run.pk)
        if now.attempt == run.attempt and now.state == Run.State.RUNNING:
            now.state, now.error, now.ended_at = Run.State.FAILED, why.to_json(), clock.now()
            now.save(update_fields=["state", "error", "ended_at"])
            audit.record("system:partners", "settlement.failed", f"settlement:{run.pk}")


def _queue(run: Run) -> None:
    tries = run.attempt
    effects.enqueue(
        NewEffect(
            SETTLE,
            {"run": run.pk},
            order_key=_ORDER,
            unique_key=f"{SETTLE}:{run.pk}:{tries}",
            cause=f"settlement:{run.pk}",
        )
    )


def _held(run_id: str) -> Run:
    found = Run.objects.select_for_update().filter(pk=run_id).first() if is_id(run_id) else None
    if found is None:
        raise NotFound(Text("There is no such settlement.", "没有此结算。"))
    return found
