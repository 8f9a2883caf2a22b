"""SLA policies written, put in force and put away. What is in force is never changed: a new version takes its
place, and the clocks of open tickets go on under it from then on with what elapsed (CLK-7).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max

from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.core.ids import is_id
from guildhall.core.text import Text
from guildhall.desk import policies
from guildhall.desk.clocking import look_again
from guildhall.desk.models import PolicyVersion, SlaPolicy
from guildhall.desk.policies import Match
from guildhall.desk.shipped_policy import NAME
from guildhall.desk.shipped_policy import content as shipped_content
from guildhall.guard import freshness

State = PolicyVersion.State
LAST = 30_000
"""The order of the policy that comes with the house: after all others."""
_CHANGED = Text(
    "Somebody changed it after you read it. Look again before you save.",
    "您阅读之后内容已被修改，请核对后再保存。",
)


def install_shipped(by: str) -> bool:
    """Put the policy that comes with the house in force where there never was one; says whether it did."""
    with transaction.atomic():
        if SlaPolicy.objects.exists():
            return False
        draft = create(NAME, {}, shipped_content(), by=by, order=LAST)
        put_in_force(draft.pk, by=by)
    return True


def create(
    name: Text, match: Mapping[str, Any], content: Mapping[str, Any], *, by: str, order: int | None = None
) -> PolicyVersion:
    """A new policy, first among those that are not for every ticket, with a draft. Raises BadInput."""
    with transaction.atomic():
        policy = SlaPolicy(name=_named(name), match=Match.from_json(match).to_json(), created_by=by)
        policy.order = _first() if order is None else order
        policy.save()
        audit.record(by, "sla.created", f"sla:{policy.pk}", {"order": policy.order})
        return save_draft(policy.pk, content, by=by)


def change(policy_id: str, *, name: Text, match: Mapping[str, Any], by: str) -> SlaPolicy:
    """Call a policy something else, or let it hold for other tickets: at once. Raises NotFound, BadInput."""
    with transaction.atomic():
        policy = _locked(policy_id)
        fits = Match.from_json(match).to_json()
        moved = fits != policy.match
        policy.name, policy.match, policy.changed_at = _named(name), fits, clock.now()
        policy.save()
        audit.record(by, "sla.changed", f"sla:{policy.pk}", {"match": fits})
        if moved:
            _turned(policy.pk)
    return policy


def move(policy_id: str, *, up: bool, by: str) -> None:
    """Let a policy be asked before (or after) its neighbour. Raises NotFound."""
    with transaction.atomic():
        policy = _locked(policy_id)
        row = list(SlaPolicy.objects.select_for_update().filter(archived_at=None).order_by("order", "id"))
        here = next(number for number, one in enumerate(row) if one.pk == policy.pk)
        there = here - 1 if up else here + 1
        if not 0 <= there < len(row):
            return
        row[here], row[there] = row[there], row[here]
        for number, one in enumerate(row):
            one.order = (number + 1) * 10
        SlaPolicy.objects.bulk_update(row, ["order"])
        audit.record(by, "sla.moved", f"sla:{policy.pk}", {"place": there + 1})
        _turned(policy.pk)


def archive(policy_id: str, *, by: str, back: bool = False) -> SlaPolicy:
    """Put a policy away, or take it back as it was. Raises NotFound."""
    with transaction.atomic():
        policy = _locked(policy_id)
        if (policy.archived_at is None) == back:
            return policy
        policy.archived_at = None if back else clock.now()
        policy.save(update_fields=["archived_at"])
        audit.record(by, "sla.restored" if back else "sla.archived", f"sla:{policy.pk}")
        _turned(policy.pk)
    return policy


def save_draft(
    policy_id: str,
    content: Mapping[str, Any],
    *,
    by: str,
    note: str = "",
    number: int | None = None,
    read: int | None = None,
) -> PolicyVersion:
    """Write a new version (`number` None) or change a draft. `read`: the `edits` of the draft as it was read.

    Raises NotFound, BadInput naming the field, Conflict when it is no draft or was changed meanwhile.
    """
    said = policies.checked(dict(content))
    with transaction.atomic():
        policy = _locked(policy_id)
        if number is None:
            last = policy.versions.aggregate(last=Max("version"))["last"] or 0
            one = PolicyVersion(policy=policy, version=last + 1, created_by=by)
        else:
            one = _draft(number)
            if read is not None and read != one.edits:
                raise Conflict(_CHANGED, code="changed")
            one.edits += 1
        one.content, one.note = said, note[:1000]
        one.save()
        audit.record(by, "sla.written", f"sla:{policy.pk}", {"version": one.version, "edits": one.edits})
    return one


def discard(number: int, *, by: str) -> PolicyVersion:
    """Put a draft away. Raises NotFound, Conflict when it is no draft."""
    with transaction.atomic():
        one = _draft(number)
        one.state = State.DISCARDED
        one.save(update_fields=["state"])
        audit.record(by, "sla.discarded", f"sla:{one.policy_id}", {"version": one.version})
    return one


def put_in_force(number: int, *, by: str) -> PolicyVersion:
    """Let a draft hold from now on; the version before it is superseded. Raises NotFound, Conflict."""
    with transaction.atomic():
        one = _draft(number)
        now = clock.now()
        before = PolicyVersion.objects.filter(policy=one.policy_id, state=State.IN_FORCE).first()
        if before is not None:
            before.state, before.superseded_at = State.SUPERSEDED, now
            before.save(update_fields=["state", "superseded_at"])
        one.state, one.in_force_at, one.in_force_by = State.IN_FORCE, now, by
        one.save(update_fields=["state", "in_force_at", "in_force_by"])
        said = {"version": one.version, "before": before.version if before else 0}
        audit.record(by, "sla.in_force", f"sla:{one.policy_id}", said)
        _turned(one.policy_id)
    return one


def _turned(policy_id: str) -> None:
    """What holds has changed: processes read it anew, and a worker brings open tickets along."""
    freshness.touch(policies.STAMP)
    look_again.soon(f"sla:{policy_id}")


def _first() -> int:
    """A place before every other policy."""
    least = SlaPolicy.objects.filter(archived_at=None).order_by("order").first()
    if least is None:
        return 100
    if least.order == 0:
        for one in SlaPolicy.objects.all():
            one.order = min(one.order + 10, LAST)
            one.save(update_fields=["order"])
        return 5
    return max(0, min(least.order - 10, 100))


def _named(name: Text) -> dict[str, str]:
    said = Text(name.en.strip()[:80], name.zh.strip()[:80])
    if not said.en or not said.zh:
        raise BadInput(Text("Name it in both languages.", "请填写中英文名称。"), field="name")
    return said.to_json()


def _locked(policy_id: str) -> SlaPolicy:
    one = SlaPolicy.objects.select_for_update().filter(pk=policy_id).first() if is_id(policy_id) else None
    if one is None:
        raise NotFound(Text("There is no such SLA policy.", "没有该 SLA 策略。"))
    return one


def _draft(number: int) -> PolicyVersion:
    found = PolicyVersion.objects.select_related("policy").filter(pk=number).first()
    if found is None:
        raise NotFound(Text("There is no such version.", "没有该版本。"))
    _locked(found.policy_id)
    found.refresh_from_db()
    if found.state != State.DRAFT:
        raise Conflict(
            Text("It was decided already; write a new version.", "该版本已有结论，请另写新版本。"),
            code="decided",
        )
    return found
