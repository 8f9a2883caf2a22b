"""A pull: everything a venue tells is asked for piece by piece, each answer kept as it came, and only when
all of it is there is anything booked.

A pull works in short turns, each one effect; whatever is cut short goes on from the list of what is still to
be asked. Network never inside a transaction.
"""

from __future__ import annotations

import gzip
import hashlib
import time
from datetime import timedelta
from typing import Any

from django.db import transaction

from guildhall.core import audit, clock
from guildhall.core.errors import Conflict, GuildhallError, Permanent, Temporary
from guildhall.core.log import get_logger
from guildhall.core.text import Text
from guildhall.effects import actions as effects
from guildhall.effects.types import NewEffect
from guildhall.exchange import accounts
from guildhall.exchange.models import VenueAccount
from guildhall.exchange.venues import booking, connections
from guildhall.exchange.venues.adapters import adapter
from guildhall.exchange.venues.calling import Answered, Caller, KeyRefused, NotOurs
from guildhall.exchange.venues.models import Invitee, Pull, Snapshot, VenueConnection
from guildhall.exchange.venues.readings import ChangedShape, Page
from guildhall.exchange.venues.wire import Adapter, Ask, Window

KIND = "exchange.pull"
TURN_S = 20.0
MOST_ANSWERS = 50_000
MOST_BAD = 100
MOST_SECOND_LOOKS = 300
STALE = timedelta(hours=6)
KEEP = timedelta(days=90)
log = get_logger(__name__)


def begin(connection_id: str, by: str) -> Pull:
    """Start a pull; its first turn is queued with it. Raises NotFound, Conflict when one is under way or the
    connection is not at work.
    """
    with transaction.atomic():
        one = connections.locked(connection_id)
        if one.state != VenueConnection.State.ACTIVE:
            raise Conflict(Text("This connection is not at work.", "该连接未启用。"))
        if Pull.objects.filter(connection=one, state__in=("reading", "booking")).exists():
            raise Conflict(Text("A pull is under way already.", "已有一次拉取正在进行。"))
        now = clock.now()
        using = adapter(one.platform)
        again = (one.pulled_at.date() if one.pulled_at else one.count_from) - timedelta(days=using.restates)
        window = Window(min(max(again, one.count_from), now.date()), now.date(), now)
        made = Pull.objects.create(
            connection=one, started_at=now, moved_at=now, since=window.since, until=window.until,
            queue=[ask.to_json() for ask in using.first(window)], asked_by=by,
        )  # fmt: skip
        VenueConnection.objects.filter(pk=one.pk).update(begun_at=now)
        audit.record(by, "venue.pull_begun", f"venue:{one.pk}", {"pull": made.pk})
        _queue_turn(made)
    return made


def begin_due() -> int:
    """Start a pull of every connection whose time has come; gives up those that stand still. How many."""
    now = clock.now()
    for stuck in Pull.objects.filter(state__in=("reading", "booking"), moved_at__lt=now - STALE):
        fail(stuck.pk, Permanent(Text("It stood still for hours.", "已停滞数小时。")))
    begun = 0
    for one in VenueConnection.objects.filter(state=VenueConnection.State.ACTIVE).order_by("pk"):
        if one.begun_at is not None and now < one.begun_at + timedelta(minutes=one.every_min):
            continue
        try:
            begin(one.pk, "system:exchange")
            begun += 1
        except Conflict as busy:
            log.info("pull.not_begun", venue=one.venue, why=str(busy))
    return begun


def turn(pull_id: str, number: int) -> bool:
    """Ask on for a while, then queue the next turn; book when all is there. Whether the pull is over.

    Raises Temporary when the venue should be asked again later; every other trouble ends the pull.
    """
    pull = Pull.objects.select_related("connection").filter(pk=pull_id, turn=number).first()
    if pull is None or pull.state not in (Pull.State.READING, Pull.State.BOOKING):
        return True
    if pull.connection.state != VenueConnection.State.ACTIVE:
        fail(pull.pk, Permanent(Text("The connection was paused.", "连接已暂停。")))
        return True
    using = adapter(pull.connection.platform)
    try:
        if pull.state == Pull.State.READING and not _read_on(pull, using):
            with transaction.atomic():
                if Pull.objects.filter(pk=pull.pk, turn=number).update(turn=number + 1):
                    pull.turn = number + 1
                    _queue_turn(pull)
            return False
        booking.book(pull, using)
    except Temporary as later:
        _trouble(pull.connection, later, "temporary")
        raise
    except KeyRefused as refused:
        fail(pull.pk, refused, refused=True)
    except ChangedShape:
        fail(pull.pk, _changed(using))
    except Permanent as wrong:
        fail(pull.pk, wrong)
    return True


def fail(pull_id: str, wrong: GuildhallError, *, refused: bool = False) -> None:
    """End a pull without booking anything; the evidence stays."""
    with transaction.atomic():
        pull = Pull.objects.select_for_update().get(pk=pull_id)
        now = clock.now()
        said = {"code": wrong.code} | wrong.text.to_json()
        Pull.objects.filter(pk=pull_id).update(
            state=Pull.State.FAILED, problem=said, finished_at=now, queue=[]
        )
        if refused:
            VenueConnection.objects.filter(pk=pull.connection_id).update(state=VenueConnection.State.REFUSED)
            audit.record("system:exchange", "venue.refused", f"venue:{pull.connection_id}")
        audit.record("system:exchange", "venue.pull_failed", f"venue:{pull.connection_id}", {"pull": pull_id})
    _trouble(pull.connection, wrong, wrong.code)


def forget_bodies() -> int:
    """Drop the bodies of answers whose time is over; their hashes stay. Returns how many."""
    old = Snapshot.objects.filter(at__lt=clock.now() - KEEP, packed__isnull=False)
    return old.update(packed=None)


def _read_on(pull: Pull, using: Adapter) -> bool:
    """Ask until the queue is empty or the turn is over; whether all is there."""
    until = time.monotonic() + TURN_S
    with Caller(pull.connection, using, connections.credentials_of(pull.connection)) as caller:
        while True:
            if not pull.queue and (pull.is_second_look or not _look_again(pull, using)):
                Pull.objects.filter(pk=pull.pk).update(state=Pull.State.BOOKING)
                pull.state = Pull.State.BOOKING
                return True
            ask = Ask.from_json(pull.queue[0])
            try:
                answered = caller.ask(ask)
            except NotOurs:
                _keep(
                    pull, ask, Answered(0, b"", {"gone": ask.value("uid")}, pull.connection.skew_ms), Page()
                )
            else:
                _keep(pull, ask, answered, using.read(ask, answered.said))
            if time.monotonic() > until:
                return False


def _keep(pull: Pull, ask: Ask, answered: Answered, page: Page) -> None:
    """One answer and what it makes of the pull, in one transaction."""
    digest = hashlib.sha256(answered.body).hexdigest()
    more = list(page.next)
    if more and page.rows and _is_repeated(pull, ask, digest):
        more = []  # the venue gives its last page again instead of an empty one
    if page.bad and len(page.bad) * 2 > page.rows:
        raise ChangedShape
    queue = [one.to_json() for one in more] + pull.queue[1:]
    if pull.answers >= MOST_ANSWERS:
        raise Permanent(Text("There is no end to its pages.", "分页没有尽头。"))
    named = [
        {"snapshot": pull.answers + 1, "row": one.row, "field": one.field} | one.why.to_json()
        for one in page.bad
    ]
    given: dict[str, Any] = {
        "queue": queue,
        "answers": pull.answers + 1,
        "rows": pull.rows + page.rows,
        "moved_at": clock.now(),
        "bad": (pull.bad + named)[:MOST_BAD],
        "bad_count": pull.bad_count + len(page.bad),
        "notes": pull.notes + [
            {"code": note.code} | note.text.to_json()
            for note in page.notes
            if {"code": note.code} | note.text.to_json() not in pull.notes
        ],
    }  # fmt: skip
    with transaction.atomic():
        Snapshot.objects.create(
            pull=pull, number=pull.answers + 1, ask=ask.to_json(), at=clock.now(), status=answered.status,
            sha256=digest, size=len(answered.body), packed=gzip.compress(answered.body, 6, mtime=0),
        )  # fmt: skip
        Pull.objects.filter(pk=pull.pk).update(**given)
        if answered.skew_ms != pull.connection.skew_ms:
            VenueConnection.objects.filter(pk=pull.connection_id).update(skew_ms=answered.skew_ms)
    for name, value in given.items():
        setattr(pull, name, value)
    pull.connection.skew_ms = answered.skew_ms


def _is_repeated(pull: Pull, ask: Ask, digest: str) -> bool:
    before = Snapshot.objects.filter(pull=pull, number=pull.answers).first()
    return before is not None and before.sha256 == digest and before.ask["step"] == ask.step


def _look_again(pull: Pull, using: Adapter) -> bool:
    """Queue a question about each account that was known and is not in the list now; whether there are
    any.
    """
    Pull.objects.filter(pk=pull.pk).update(is_second_look=True)
    pull.is_second_look = True
    if using.detail("0") is None:
        return False
    known = set(
        Invitee.objects.filter(connection=pull.connection_id, is_gone=False).values_list("account", flat=True)
    )
    if not known:
        return False
    uids = booking.uids_in(pull, using)
    missing = sorted(known.difference(accounts.pseudonyms(pull.connection.venue, uids)))[:MOST_SECOND_LOOKS]
    found = (
        VenueAccount.objects.filter(pseudonym__in=missing).order_by("pseudonym").values_list("uid", flat=True)
    )
    asks = [using.detail(uid) for uid in found]
    pull.queue = [ask.to_json() for ask in asks if ask is not None]
    Pull.objects.filter(pk=pull.pk).update(queue=pull.queue)
    return bool(pull.queue)


def _queue_turn(pull: Pull) -> None:
    effects.enqueue(
        NewEffect(
            KIND,
            {"pull": pull.pk, "turn": pull.turn},
            order_key=f"venue:{pull.connection_id}",
            unique_key=f"{KIND}:{pull.pk}:{pull.turn}",
            cause=f"venue:{pull.connection_id}",
        )
    )


def _trouble(one: VenueConnection, wrong: GuildhallError, code: str) -> None:
    """Say on the connection what is wrong, keeping when it began."""
    said = {"code": code} | wrong.text.to_json()
    since = one.problem_since if one.problem else clock.now()
    VenueConnection.objects.filter(pk=one.pk).update(problem=said, problem_since=since or clock.now())


def _changed(using: Adapter) -> Permanent:
    return Permanent(
        Text(
            f"{using.label.en} answers in another shape than it used to; nothing was booked. The answers are "
            "kept, and after an update of this house they can be read.",
            f"{using.label.zh} 的返回格式已改变，未入账任何数据。原始返回已保存，升级本系统后可重新读取。",
        ),
        code="changed_shape",
    )
