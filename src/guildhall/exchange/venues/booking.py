"""Booking a pull whose every answer is there: the answers are read again from the evidence, compared with
what was known of each account, and what is new goes to facts in the transaction that remembers it.

A thousand accounts at a time; a booking that was cut short is simply done again, since an account that was
booked has nothing new any more.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from django.db import transaction

from guildhall.core import audit, bulk, clock
from guildhall.core.errors import Permanent
from guildhall.core.text import Text
from guildhall.exchange import accounts
from guildhall.exchange.venues import comparing, telling
from guildhall.exchange.venues.comparing import Heard
from guildhall.exchange.venues.days_in_force import Days
from guildhall.exchange.venues.models import DayRow, Invitee, Pull, Snapshot, VenueConnection
from guildhall.exchange.venues.readings import Account, Gone, Reading, Totals
from guildhall.exchange.venues.wire import Adapter, Ask, loads

_INVITEE = (
    "joined_at", "totals", "seen_at", "seen_in", "missing_since", "is_gone", "registered", "checked",
)  # fmt: skip
AT_ONCE = 1000
PAST = timedelta(days=400)


def readings_of(pull: Pull, using: Adapter) -> Iterator[Reading]:
    """What the kept answers of a pull say, in the order they came."""
    for kept in Snapshot.objects.filter(pull=pull).order_by("number").iterator(chunk_size=50):
        body = kept.body
        if body is None:
            raise Permanent(
                Text("An answer of this pull was erased; pull again.", "部分原始返回已被删除，请重新拉取。"),
                code="evidence_gone",
            )
        ask = Ask.from_json(kept.ask)
        if kept.status == 0:
            yield Gone(ask.value("uid"))
            continue
        yield from using.read(ask, loads(body)).readings


def uids_in(pull: Pull, using: Adapter) -> list[str]:
    """The UIDs a pull has named so far."""
    return list(dict.fromkeys(one.uid for one in readings_of(pull, using)))


def book(pull: Pull, using: Adapter) -> None:
    """Book a pull and end it. Raises Permanent for amounts past 64 bits (nothing of those accounts is
    booked).
    """
    heard = comparing.gather(readings_of(pull, using))
    one = pull.connection
    names = dict(zip(heard, accounts.pseudonyms(one.venue, list(heard)), strict=True))
    counts: Counter[str] = Counter()
    work = [(names[uid], said) for uid, said in heard.items()]
    for start in range(0, len(work), AT_ONCE):
        with transaction.atomic():
            _book_some(pull, using, work[start : start + AT_ONCE], counts)
    silent = _silent(pull, {name for name, _ in work}) if using.tells_days else []
    for start in range(0, len(silent), AT_ONCE):
        with transaction.atomic():
            _unsay(pull, using, silent[start : start + AT_ONCE], counts)
    _finish(pull, using, counts, [said for _, said in work])


def booking_day(pull: Pull, using: Adapter) -> date:
    """The UTC day that growth of totals is booked on: that of the venue's figures, not of our reading
    them.
    """
    return max((pull.started_at - using.lag).date(), pull.connection.count_from)


def _book_some(pull: Pull, using: Adapter, work: list[tuple[str, Heard]], counts: Counter[str]) -> None:
    one = pull.connection
    names = [name for name, _ in work]
    known = {row.account: row for row in Invitee.objects.filter(connection=one, account__in=names)}
    # Only newcomers: whoever was erased since stays a pseudonym, though the venue goes on naming them.
    fresh = [said.account.uid for name, said in work if name not in known and not said.is_gone]
    accounts.remember(one.venue, fresh)
    days = Days(one, booking_day(pull, using), pull.since, pull.until)
    if using.tells_days:
        days.load(names, pull.since, pull.until)
    days.load([n for n, said in work if _needs_past(known.get(n), said)], days.day - PAST, days.day)
    days.load(names, days.day, days.day)
    told = telling.Told(one.venue, using.source, clock.now())
    made: list[Invitee] = []
    changed: list[Invitee] = []
    for name, said in work:
        row = known.get(name)
        if said.is_gone:
            if row is not None and not row.is_gone:
                row.is_gone, row.missing_since = True, row.missing_since or pull.started_at
                changed.append(row)
                counts["gone"] += 1
            continue
        is_new = row is None
        if row is None:
            row = Invitee(connection=one, account=name, first_day=days.day)
        _totals(row, said, days, counts, is_new=is_new)
        if using.tells_days:
            _days(name, said, days)
        _person(row, said.account, told, pull)
        told.moved(name, said.moved.values())
        row.seen_at, row.seen_in = pull.started_at, pull.pk
        row.missing_since, row.is_gone = None, False
        (made if is_new else changed).append(row)
        counts["new_accounts"] += is_new
    fixed = (one.pk, days.day)
    bulk.insert(
        Invitee,
        (*_INVITEE, "connection", "first_day", "account"),
        [(*_columns(row), *fixed, row.account) for row in made],
    )
    bulk.update_many(Invitee, "id", _INVITEE, [(row.pk, *_columns(row)) for row in changed])
    counts.update(days.write(told))
    counts["accounts"] += len(work)
    told.stage()


def _columns(row: Invitee) -> tuple[object, ...]:
    """The values of `_INVITEE`, JSON as text."""
    json_ = (json.dumps(row.totals), json.dumps(row.registered), json.dumps(row.checked))
    return (
        row.joined_at, json_[0], row.seen_at, row.seen_in, row.missing_since, row.is_gone, json_[1], json_[2],
    )  # fmt: skip


def _totals(row: Invitee, said: Heard, days: Days, counts: Counter[str], *, is_new: bool) -> None:
    """Book what the running totals of one account grew or shrank by."""
    if not said.totals:
        return
    joined = said.account.joined_at or row.joined_at
    joined_on = joined.date() if joined else None
    if is_new and (joined_on is None or joined_on < days.count_from):
        counts["baselines"] += 1  # what it did before we began to count is not ours to book
    else:
        grown = comparing.grown(
            None if is_new else row.totals, said.totals, joined_on, days.day,
            lambda asset, measure: days.booked_by_day(row.account, asset, measure, row.first_day),
        )  # fmt: skip
        for asset, measures in grown.items():
            missing = days.grow(row.account, asset, measures)
            counts["below_known"] += missing
            counts["first_looks"] += is_new and joined_on is not None and joined_on < days.day
            counts["at_least"] += any(one.trust != "exact" for one in measures.values())
    row.totals = comparing.remembered(row.totals, said.totals, days.day)


def _days(name: str, said: Heard, days: Days) -> None:
    """Put what a venue says of each day in the place of what stood."""
    for asset in set(said.days) | days.assets_told(name):
        try:
            days.told(name, asset, comparing.day_rows(said.days.get(asset, {})))
        except OverflowError as wrong:
            raise Permanent(
                Text("A day's sum is past 64 bits.", "单日合计超出 64 位整数范围。"), code="too_large"
            ) from wrong


def _person(row: Invitee, account: Account, told: telling.Told, pull: Pull) -> None:
    row.joined_at = account.joined_at or row.joined_at
    row.registered = told.registration(row.account, row.registered, account)
    row.checked = told.check(row.account, row.checked, account, pull.started_at)


def _silent(pull: Pull, heard: set[str]) -> list[str]:
    """Accounts with days in the window of this pull that it says nothing of any more."""
    found = DayRow.objects.filter(
        connection=pull.connection_id, kind="day", day__range=(pull.since, pull.until), is_reversed=False
    )
    return sorted(set(found.values_list("account", flat=True).distinct()) - heard)


def _unsay(pull: Pull, using: Adapter, names: list[str], counts: Counter[str]) -> None:
    one = pull.connection
    days = Days(one, booking_day(pull, using), pull.since, pull.until)
    days.load(names, pull.since, pull.until)
    told = telling.Told(one.venue, using.source, clock.now())
    for name in names:
        for asset in days.assets_told(name):
            days.told(name, asset, {})
    counts.update(days.write(told))
    told.stage()


def _needs_past(row: Invitee | None, said: Heard) -> bool:
    """Whether days before today matter: a total fell, or it is of a window that rolls."""
    if row is None:
        return False
    for one in said.totals:
        if one.window_days:
            return True
        before = row.totals.get(one.asset, {}).get("0", {})
        now = {name: getattr(one, name) for name in comparing.MEASURES}
        if any(value is not None and value < before.get(name, 0) for name, value in now.items()):
            return True
    return False


def _finish(pull: Pull, using: Adapter, counts: Counter[str], heard: Iterable[Heard]) -> None:
    """End the pull: who was not named, which days had no pull, and that all is well."""
    one = pull.connection
    notes = list(pull.notes) + _gaps(pull, using, heard) + _shortfalls(counts)
    with transaction.atomic():
        missing = Invitee.objects.filter(connection=one, is_gone=False).exclude(seen_in=pull.pk)
        counts["missing"] = missing.count()
        missing.filter(missing_since=None).update(missing_since=pull.started_at)
        now = clock.now()
        Pull.objects.filter(pk=pull.pk).update(
            state=Pull.State.DONE, finished_at=now, moved_at=now, counts=dict(counts), notes=notes
        )
        VenueConnection.objects.filter(pk=one.pk).update(
            pulled_at=pull.started_at, problem=None, problem_since=None
        )
        told = {name: counts[name] for name in ("accounts", "rows", "reversed")}
        audit.record("system:exchange", "venue.pulled", f"venue:{one.pk}", {"pull": pull.pk} | told)


def _gaps(pull: Pull, using: Adapter, heard: Iterable[Heard]) -> list[dict[str, str]]:
    """A note when running totals span more than a day: their growth is booked on the last one."""
    before = pull.connection.pulled_at
    if before is None or not any(_trades(one) for said in heard for one in said.totals):
        return []
    last, day = (before - using.lag).date(), booking_day(pull, using)
    if (day - last).days <= 1:
        return []
    said = Text(
        f"No pull between {last} and {day}: what was traded in between is booked on {day}.",
        f"{last} 至 {day} 之间没有拉取：期间的交易统一记在 {day}。",
    )
    return [{"code": "gap_days"} | said.to_json()]


def _shortfalls(counts: Counter[str]) -> list[dict[str, str]]:
    notes = []
    if counts["below_known"]:
        said = Text(
            f"Totals of {counts['below_known']} accounts fell by more than was ever booked for them; all of "
            "that was taken back.",
            f"{counts['below_known']} 个账户的累计值下降幅度超过已入账金额；已入账部分已全部冲回。",
        )
        notes.append({"code": "below_known"} | said.to_json())
    if counts["first_looks"]:
        said = Text(
            f"{counts['first_looks']} accounts were first seen days after they joined: what they did "
            "since then is booked on one day.",
            f"{counts['first_looks']} 个账户首次出现时已注册数日：其注册以来的交易统一记在同一天。",
        )
        notes.append({"code": "first_looks"} | said.to_json())
    if counts["at_least"]:
        said = Text(
            f"Of {counts['at_least']} accounts older than a year only a lower bound is known, until 30 days "
            "of theirs were seen here.",
            f"{counts['at_least']} 个注册超过一年的账户目前只能得到下限，积累满 30 天数据后恢复精确。",
        )
        notes.append({"code": "at_least"} | said.to_json())
    return notes


def _trades(one: Totals) -> bool:
    return one.volume is not None or one.fee is not None
