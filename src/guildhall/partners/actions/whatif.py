"""A what-if is asked for, worked out as an effect, and kept with its answer."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, GuildhallError, NotFound, Permanent
from guildhall.core.ids import is_id
from guildhall.core.settings import settings
from guildhall.core.text import Text
from guildhall.effects import actions as effects
from guildhall.effects.types import NewEffect
from guildhall.partners import deals as deal_rules
from guildhall.partners import whatif
from guildhall.partners.kinds import WHAT_IF
from guildhall.partners.models import Partner, WhatIf
from guildhall.partners.settlement import answering, pins, trying
from guildhall.partners.settlement.inforce import InForce, pinned
from guildhall.partners.whatif import Asked

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_EVERY = 200_000


def start_what_if(asked: Mapping[str, Any], *, by: str, name: str = "") -> WhatIf:
    """Try changed deals on what really happened. What `asked` holds: `whatif.parse_asked`.

    Raises BadInput naming the field, NotFound for a partner.
    """
    wanted = whatif.parse_asked(asked)
    for month in wanted.months:
        if not _MONTH.fullmatch(month):
            raise BadInput(
                Text(f"{month!r} is not a month such as 2026-10.", f"{month!r} 不是形如 2026-10 的月份。"),
                field="months",
            )
    _changes(wanted, pins.deals_now(), wanted.months or ("2000-01",))
    with transaction.atomic():
        one = WhatIf.objects.create(name=name.strip()[:120], asked=wanted.to_json(), started_by=by)
        audit.record(by, "whatif.started", f"whatif:{one.pk}", {"partners": len(wanted.changes)})
        effects.enqueue(
            NewEffect(WHAT_IF, {"whatif": one.pk}, unique_key=f"{WHAT_IF}:{one.pk}", cause=f"whatif:{one.pk}")
        )
    return one


def perform(whatif_id: str) -> None:
    """Work a what-if out. Raises Permanent with the reason when it cannot be; it then says so."""
    one = WhatIf.objects.filter(pk=whatif_id).first() if is_id(whatif_id) else None
    if one is None or one.state in (WhatIf.State.FINISHED, WhatIf.State.FAILED):
        return
    try:
        one.result = answer(one, whatif.parse_asked(one.asked))
        one.state = WhatIf.State.FINISHED
    except GuildhallError as error:
        one.state, one.error = WhatIf.State.FAILED, error.text.to_json()
        raise Permanent(error.text) from error
    finally:
        shutil.rmtree(workplace(one), ignore_errors=True)
        if one.state in (WhatIf.State.FINISHED, WhatIf.State.FAILED):
            one.ended_at, one.done = clock.now(), one.total
            one.save()


def answer(one: WhatIf, asked: Asked) -> dict[str, Any]:
    """The answer as JSON; see `answering.answer`."""
    versions = pinned()
    months = asked.months or tuple(InForce(versions).survey())
    if not months:
        raise BadInput(Text("There are no trades to try it on.", "没有可供测算的成交。"), field="months")
    deals = pins.deals_now()
    changes = _changes(asked, deals, months)
    changed = trying.changed(deals, changes)
    past = trying.history(versions, months, pins.bindings_now(), tuple(changes), tried=[deals, changed])
    one.versions, one.state, one.total = versions, WhatIf.State.RUNNING, past.trades.rows * 2
    one.save()
    folder = workplace(one)
    folder.mkdir(parents=True, exist_ok=True)
    before = trying.attempt(past, deals, directory=folder, progress=_Progress(one, 0))
    after = trying.attempt(past, changed, directory=folder, progress=_Progress(one, past.trades.rows))
    return answering.answer(asked, months, before, after)


def workplace(one: WhatIf) -> Path:
    """Where a what-if keeps its files while it is worked out."""
    return settings.data_dir / "partners" / "whatif" / one.pk


def _changes(asked: Asked, deals: list[dict[str, Any]], months: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Partner → whole terms: what is asked laid over what is in force when the first month begins."""
    first = datetime.fromisoformat(f"{months[0]}-01").replace(tzinfo=UTC)
    wanted = asked.changes
    if whatif.ALL in wanted:
        wanted = {deal["partner"]: wanted[whatif.ALL] for deal in deals}
    known = set(
        Partner.objects.filter(pk__in=[who for who in wanted if is_id(who)]).values_list("pk", flat=True)
    )
    found = {}
    for who, terms in wanted.items():
        if who not in known:
            raise NotFound(Text("There is no such partner.", "没有此合作伙伴。"))
        standing = [deal for deal in deals if deal["partner"] == who]
        under = _in_force(standing, first)
        laid = {**under, "valid_from": deal_rules.written(first), "valid_to": None, **terms}
        found[who] = deal_rules.checked(
            laid, who, max((int(deal["version"]) for deal in standing), default=0) + 1
        )
    return found


def _in_force(standing: list[dict[str, Any]], at: datetime) -> dict[str, Any]:
    """The terms that held at a time; those that came next when none did."""
    wanted = deal_rules.written(at) or ""
    ordered = sorted(standing, key=lambda deal: str(deal["valid_from"]))
    before = [deal for deal in ordered if str(deal["valid_from"]) <= wanted]
    return dict(before[-1] if before else ordered[0]) if ordered else {}


class _Progress:
    """Writes down how far a what-if is."""

    def __init__(self, one: WhatIf, base: int) -> None:
        self._one, self._base, self._next = one, base, _EVERY

    def __call__(self, done: int) -> None:
        if done >= self._next:
            self._next = done + _EVERY
            WhatIf.objects.filter(pk=self._one.pk).update(done=self._base + done)
