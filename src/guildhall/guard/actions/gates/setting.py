"""Setting a gate up, switching it on and off, and asking harder while a raid is on.

`harden` and `soften` are for whoever notices a raid: idempotent, they touch nothing a person set, and the
hardening ends by itself.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from guildhall.channels.models import Space
from guildhall.core import audit, clock
from guildhall.core.errors import NotFound, Unsupported
from guildhall.core.text import Text
from guildhall.guard import freshness, gates_in_force
from guildhall.guard.actions.gates import means
from guildhall.guard.gates.settings import Settings, parse, to_json
from guildhall.guard.models import Gate

RAID = "system:guard"


def set_gate(space_id: str, settings: Settings, *, is_on: bool, by: str) -> Gate:
    """Keep how a gate asks, and whether it does. Who is inside already is not asked. Raises NotFound,
    Unsupported (this kind of space has no gate), BadInput.
    """
    with transaction.atomic():
        space = _space(space_id)
        ways = means.ways_of(space)
        if not ways:
            raise Unsupported(
                Text("Nobody joins this kind of space.", "该类群组没有入群流程。"),
                Text("Set a gate on a group instead.", "请在群组上设置入群验证。"),
            )
        gate, _ = Gate.objects.select_for_update().get_or_create(space=space)
        before, was_on = gate.settings, gate.is_on
        gate.settings = to_json(parse(to_json(settings)))
        gate.is_on = is_on
        gate.changed_at, gate.changed_by = clock.now(), by[:60]
        if is_on and not was_on:
            gate.opened_at = gate.changed_at
        gate.save()
        freshness.touch(gates_in_force.STAMP)
        changed = sorted(name for name, value in gate.settings.items() if before.get(name) != value)
        audit.record(by, "gate.set", f"space:{space_id}", {"on": is_on, "was_on": was_on, "changed": changed})
        return gate


def harden(space_id: str, until: datetime, by: str = RAID, *, only_open: bool = False) -> bool:
    """Have a gate ask, and ask harder, until a time; whether it does now. A space without a gate gets one
    with the usual settings, which closes by itself. A later `until` prolongs. only_open: none that is off.
    """
    with transaction.atomic():
        space = Space.objects.filter(pk=space_id).first()
        if only_open and not Gate.objects.filter(pk=space_id, is_on=True).exists():
            return False
        if space is None or not any(means.can(space, way) for way in means.ways_of(space)):
            return False
        gate, _ = Gate.objects.select_for_update().get_or_create(space=space)
        if gate.hard_until is not None and gate.hard_until >= until:
            return True
        now = clock.now()
        if not gate.is_on and (gate.hard_until is None or gate.hard_until <= now):
            gate.opened_at = now
        gate.hard_until, gate.hard_by = until, by[:60]
        gate.save(update_fields=["hard_until", "hard_by", "opened_at"])
        freshness.touch(gates_in_force.STAMP)
        audit.record(by, "gate.hardened", f"space:{space_id}", {"until": until.isoformat()})
        return True


def soften(space_id: str, by: str = RAID) -> bool:
    """End the hardening now; whether there was one. Who was asked meanwhile still has to answer."""
    with transaction.atomic():
        gate = Gate.objects.select_for_update().filter(pk=space_id, hard_until__gt=clock.now()).first()
        if gate is None:
            return False
        gate.hard_until, gate.hard_by = None, ""
        gate.save(update_fields=["hard_until", "hard_by"])
        freshness.touch(gates_in_force.STAMP)
        audit.record(by, "gate.softened", f"space:{space_id}")
        return True


def _space(space_id: str) -> Space:
    space = Space.objects.filter(pk=space_id).first()
    if space is None:
        raise NotFound(Text("There is no such space.", "不存在该群组。"))
    return space
