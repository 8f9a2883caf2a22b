"""Entrances: opened, changed, closed, asked about again. Compliance is asked before any code is made, and
again every day: an invitation that may not be made any more takes its code with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from django.db import transaction
from django.db.models import F

from guildhall.channels.models import Space
from guildhall.channels.text import one_line
from guildhall.channels.wecom.models import WecomCorp, WecomStaff
from guildhall.compliance.acts import Act
from guildhall.compliance.gate import Gate
from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.core.ids import new_id
from guildhall.core.text import Text
from guildhall.effects import actions as effects
from guildhall.spaces.actions import codes, filling
from guildhall.spaces.greetings import MOST_BYTES, blocking
from guildhall.spaces.models import Entrance, Family, Place
from guildhall.work import actions as work

MOST_USERS = 100
ACTOR = "system:spaces"
Kind, State = Entrance.Kind, Entrance.State


def open_entrance(
    family_id: str, kind: str, name: str, *, by: str, corp_id: str = "", tier: str = "", source: str = "",
    users: Sequence[str] = (), words: Mapping[str, str] | None = None, leads_to: str = "",
    tags: Sequence[str] = (), limit: int | None = None, makes_groups: bool = False, shows: str = "",
) -> Entrance:  # fmt: skip
    """Open a way into a family and, where compliance allows the invitation, have its code made.

    Speaks with WeCom for some seconds. Raises BadInput naming the field, NotFound, Temporary (the entrance
    stands then, and its code is asked for again).
    """
    with transaction.atomic():
        family = Family.objects.select_for_update().filter(pk=family_id, archived_at=None).first()
        if family is None:
            raise NotFound(Text("There is no such family.", "不存在该群系列。"))
        entrance = Entrance(
            family=family, kind=_kind(kind), name=_named(name), source=one_line(source, 120), made_by=by,
            made_at=clock.now(), makes_groups=makes_groups and kind == Kind.GROUP, limit=_limit(limit),
            tier=_tier(family, tier), code=_code(family),
        )  # fmt: skip
        _serve(entrance, corp_id, users)
        _greet(entrance, words or {}, leads_to, tags)
        if entrance.kind == Kind.BY_HAND:
            entrance.shows = _shown(family, entrance.tier, shows)
        _ask(entrance, Gate())
        entrance.save()
        facts = {"family": family.pk, "kind": entrance.kind, "state": entrance.state}
        audit.record(by, "entrance.opened", f"entrance:{entrance.pk}", facts)
    _make_code(entrance, by)
    return entrance


def edit(
    entrance_id: str, *, by: str, name: str, source: str = "", users: Sequence[str] = (),
    words: Mapping[str, str] | None = None, leads_to: str = "", tags: Sequence[str] = (),
    limit: int | None = None,
) -> Entrance:  # fmt: skip
    """Change what an entrance says, who stands behind it and how many may enter. Raises as `open_entrance`;
    Refused when WeCom does not take the change.
    """
    with transaction.atomic():
        entrance = _locked(entrance_id)
        before = list(entrance.users), entrance.name
        entrance.name, entrance.source = _named(name), one_line(source, 120)
        entrance.limit = _limit(limit)
        _serve(entrance, entrance.corp_id or "", users)
        _greet(entrance, words or {}, leads_to, tags)
        entrance.save()
        audit.record(by, "entrance.changed", f"entrance:{entrance.pk}", {"limit": limit or 0})
    if (list(entrance.users), entrance.name) != before:
        codes.change(entrance, by=by)
    return entrance


def ask_again(entrance_id: str, *, by: str) -> Entrance:
    """Ask compliance once more about an entrance it holds, and make its code when the answer is yes. Raises
    NotFound, Conflict, Temporary.
    """
    with transaction.atomic():
        entrance = _locked(entrance_id)
        was = entrance.state
        _ask(entrance, Gate())
        entrance.save(update_fields=["state", "reasons"])
        if entrance.state != was:
            audit.record(by, "entrance.asked_again", f"entrance:{entrance.pk}", {"state": entrance.state})
    _make_code(entrance, by)
    return entrance


def close(entrance_id: str, *, by: str) -> None:
    """Close an entrance for good and take its code away. Who entered stays where they are. Raises
    NotFound.
    """
    with transaction.atomic():
        entrance = _locked(entrance_id)
        _shut(entrance, State.CLOSED, by)
        audit.record(by, "entrance.closed", f"entrance:{entrance.pk}", {"entered": entrance.entered})


def show(entrance_id: str, space_id: str, *, by: str) -> None:
    """Note which group's code stands at an entrance kept by hand. Inside the caller's transaction or its own.
    Raises NotFound, BadInput.
    """
    with transaction.atomic():
        entrance = _locked(entrance_id)
        entrance.shows = _shown(entrance.family, entrance.tier, space_id)
        entrance.save(update_fields=["shows"])
        audit.record(by, "entrance.led_on", f"entrance:{entrance.pk}", {"space": space_id})


def entered(entrance: Entrance, number: int) -> None:
    """Count who entered; an entrance that has let in as many as it may closes. Inside the caller's
    transaction.
    """
    Entrance.objects.filter(pk=entrance.pk).update(entered=F("entered") + number)
    entrance.refresh_from_db(fields=["entered", "state"])
    if entrance.limit is not None and entrance.entered >= entrance.limit and entrance.state != State.CLOSED:
        _shut(entrance, State.CLOSED, ACTOR)
        facts = {"entered": entrance.entered}
        audit.record(ACTOR, "entrance.closed", f"entrance:{entrance.pk}", facts)


def review() -> int:
    """Ask compliance about every open entrance again; how many are held from now on. One transaction each."""
    gate, held = Gate(), 0
    for pk in list(Entrance.objects.filter(state__in=(State.OPEN, State.FULL)).values_list("pk", flat=True)):
        with transaction.atomic():
            entrance = _locked(pk)
            if entrance.state not in (State.OPEN, State.FULL):
                continue
            was = entrance.state
            _ask(entrance, gate)
            if entrance.state != State.HELD:
                if entrance.state != was:
                    filling.follow(entrance, by=ACTOR)
                continue
            reasons = entrance.reasons
            _shut(entrance, State.HELD, ACTOR)
            Entrance.objects.filter(pk=pk).update(reasons=reasons)
            audit.record(ACTOR, "entrance.held", f"entrance:{pk}", {"rules": [r["rule"] for r in reasons]})
            held += 1
    return held


def invitation(entrance: Entrance) -> str:
    """What compliance is asked about: the words an entrance stands for."""
    said = [entrance.name, entrance.family.name, entrance.family.theme]
    return " · ".join(part for part in said if part)


def _ask(entrance: Entrance, gate: Gate) -> None:
    decision = gate.may(
        Act.LINK, entrance.family.region, invitation(entrance), language=entrance.family.language
    )
    if decision.allowed:
        entrance.reasons = []
        if entrance.state == State.HELD:
            entrance.state = State.OPEN
    else:
        entrance.state, entrance.reasons = State.HELD, list(blocking(decision))


def _make_code(entrance: Entrance, by: str) -> None:
    if entrance.state == State.HELD:
        return
    codes.make(entrance, by=by)
    with transaction.atomic():
        filling.follow(entrance, by=by)


def _shut(entrance: Entrance, state: str, by: str) -> None:
    """Take the code away and what was asked of people for it."""
    if entrance.way is not None and entrance.way.removed_at is None:
        effects.enqueue(codes.removal(entrance.way, f"entrance:{entrance.pk}"))
    entrance.state, entrance.way = state, None
    entrance.save(update_fields=["state", "way"])
    work.cancel_about(f"entrance:{entrance.pk}", by=by)


def _locked(entrance_id: str) -> Entrance:
    found = (
        Entrance.objects.select_for_update(of=("self",))
        .select_related("family", "way", "corp")
        .filter(pk=entrance_id)
        .first()
    )
    if found is None:
        raise NotFound(Text("There is no such entrance.", "不存在该入口。"))
    if found.state == State.CLOSED:
        raise Conflict(Text("This entrance is closed.", "该入口已关闭。"), code="closed")
    return found


def _kind(kind: str) -> str:
    if kind not in Kind.values:
        raise BadInput(Text("Choose what the entrance does.", "请选择入口类型。"), field="kind")
    return kind


def _named(name: str) -> str:
    said = one_line(name, 30)
    if not said:
        raise BadInput(Text("Give it a name.", "请填写名称。"), field="name")
    return said


def _limit(limit: int | None) -> int | None:
    if limit is not None and not 1 <= limit <= 1_000_000:
        raise BadInput(Text("Let in at least one person.", "人数上限至少为 1。"), field="limit")
    return limit


def _tier(family: Family, tier: str) -> str:
    if tier and tier not in family.tiers:
        raise BadInput(Text("The family has no such tier.", "该群系列没有此层级。"), field="tier")
    return tier


def _code(family: Family) -> str:
    """The state of a code: readable, at most 30 characters, never used before."""
    plain = re.sub(r"[^a-z0-9]+", "-", f"{family.region} {family.theme}".lower()).strip("-")[:17]
    return f"{plain or 'in'}-{new_id()[-10:].lower()}"


def _serve(entrance: Entrance, corp_id: str, users: Sequence[str]) -> None:
    """Which corporation makes the code, and which colleagues stand behind it."""
    if entrance.kind == Kind.BY_HAND:
        return
    corp = WecomCorp.objects.filter(pk=corp_id).first()
    if corp is None:
        raise BadInput(Text("Choose a corporation.", "请选择企业。"), field="corp")
    entrance.corp = corp
    if entrance.kind != Kind.CONTACT:
        return
    named = list(dict.fromkeys(users))
    known = set(
        WecomStaff.objects.filter(corp=corp, serves=True, userid__in=named).values_list("userid", flat=True)
    )
    if not named or len(named) > MOST_USERS or set(named) != known:
        raise BadInput(
            Text("Choose colleagues whom WeCom lets have customers.", "请选择已开通“客户联系”的成员。"),
            field="users",
        )
    entrance.users = named


def _greet(entrance: Entrance, words: Mapping[str, str], leads_to: str, tags: Sequence[str]) -> None:
    kept = {key: str(words.get(key, "")).strip() for key in ("en", "zh")}
    if any(len(text.encode()) > MOST_BYTES - 600 for text in kept.values()):
        raise BadInput(
            Text("A welcome takes about 1,100 Chinese characters.", "欢迎语过长（约 1,100 个汉字以内）。"),
            field="words",
        )
    entrance.words = {key: text for key, text in kept.items() if text}
    entrance.tags = list(dict.fromkeys(tags))[:20]
    entrance.leads_to = None
    if leads_to and entrance.kind == Kind.CONTACT:
        target = Entrance.objects.filter(
            pk=leads_to, kind=Kind.GROUP, family__region=entrance.family.region
        ).first()
        if target is None:
            raise BadInput(
                Text("Choose an entrance into a group of the same region.", "请选择同一地区、通往群的入口。"),
                field="leads_to",
            )
        entrance.leads_to = target


def _shown(family: Family, tier: str, space_id: str) -> Space | None:
    if not space_id:
        return None
    place = Place.objects.select_related("space").filter(pk=space_id, family=family, tier=tier).first()
    if place is None:
        raise BadInput(Text("Choose a group of this family.", "请选择该群系列中的群。"), field="shows")
    return place.space
