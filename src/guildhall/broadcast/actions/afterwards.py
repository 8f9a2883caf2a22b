"""What can still be done once it has been said: taken back, or said in other words, where the platform lets
us.

Taking back needs one person, because it only makes less of it; other words for many need a second, as the
first words did. Where a platform cannot, the place is named with what a person does there by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson
from django.db import transaction

from guildhall.broadcast.actions import proposing
from guildhall.broadcast.actions.sending import locked_run
from guildhall.broadcast.actions.writing import Written
from guildhall.broadcast.content import Content, parse_content
from guildhall.broadcast.models import Correction, Delivery, Run
from guildhall.broadcast.ruling import Key, Ruling, rule
from guildhall.channels import actions as channels
from guildhall.channels import registry, waiting
from guildhall.channels.actions.acting import refs_of
from guildhall.channels.port import Act, Verb
from guildhall.compliance.gate import Gate
from guildhall.core import approvals, audit, bulk, clock
from guildhall.core.errors import BadInput, Conflict, GuildhallError, NotFound
from guildhall.core.ids import new_id
from guildhall.core.models import Proposal
from guildhall.core.text import Text
from guildhall.effects.models import Effect
from guildhall.effects.types import State as EffectState

CORRECTION = "broadcast.correct"
After, State = Delivery.After, Delivery.State
_CHUNK = 200
_COLUMNS = ("afterwards", "after_effect", "why")


def take_back(run_id: str, by: str) -> int:
    """Remove it wherever it was said and can be removed, and let nobody post or confirm it any more; returns
    how many removals were asked for. Raises NotFound, Conflict while it still goes out.
    """
    run = _quiet(run_id)
    standing = _standing(run).exclude(afterwards__in=(After.REMOVED, After.REMOVING))
    asked = 0
    with transaction.atomic():
        audit.record(by, "broadcast.taken_back", f"broadcast:{run.broadcast_id}", {"run": run.id})
    by_hand = Delivery.objects.filter(run=run, state=State.WAITING).values_list("effect_id", flat=True)
    waiting.call_back([effect for effect in by_hand if effect is not None], by, f"broadcast:{run.id}")
    for group in _groups(standing):
        wanted = [(one, Act(Verb.DELETE, one.space_id, message_id=one.message_id)) for one in group]
        asked += _ask(run, [(one, channels.Wanted(act)) for one, act in wanted], After.REMOVING, by)
    return asked


def correct(run_id: str, texts: dict[str, str], by: str) -> Correction:
    """Say it in other words where it was said; above the size that needs four eyes somebody else approves
    first. Raises NotFound, Conflict, BadInput.
    """
    run = _quiet(run_id)
    content = _corrected(run, texts)
    standing = _standing(run).count()
    if not standing:
        raise BadInput(Text("It stands nowhere.", "目前没有仍可见的消息。"))
    written = Written.of(run.version)
    with transaction.atomic():
        one = Correction.objects.create(run=run, content=content.to_json(), by=by, at=clock.now())
        said = {"run": run.id, "correction": one.id}
        audit.record(by, "broadcast.correction_written", f"broadcast:{run.broadcast_id}", said)
        if proposing.needs_eyes(written.audience, standing):
            shown = {
                **said, "broadcast": run.broadcast_id, "name": run.broadcast.name, "act": written.act.value,
                "content": content.to_json(), "before": run.version.content, "places": standing,
            }  # fmt: skip
            one.proposal = approvals.propose(CORRECTION, f"broadcast:{run.broadcast_id}", shown, by).id
            one.save(update_fields=["proposal"])
            return one
    carry_correction(one.id, by)
    one.refresh_from_db()
    return one


def carry_out(proposal: Proposal) -> None:
    """Somebody else approved the other words."""
    carry_correction(str(proposal.payload["correction"]), proposal.proposed_by)


def carry_correction(correction_id: str, by: str) -> int:
    """Have the messages edited; returns how many were asked for."""
    one = Correction.objects.select_related("run__version", "run__broadcast").get(pk=correction_id)
    run, content = one.run, parse_content(one.content)
    act = Written.of(run.version).act
    rulings: dict[Key, Ruling] = {}
    gate, asked = Gate(), 0
    for group in _groups(_standing(run).exclude(afterwards__in=(After.REMOVED, After.REMOVING))):
        wanted: list[tuple[Delivery, channels.Wanted]] = []
        for delivery in group:
            stored = delivery.rendering
            key = stored.platform, stored.language, stored.region
            if key not in rulings:
                rulings[key] = rule(content, act, key, gate)
            ruling = rulings[key]
            if ruling.held:
                _cannot(delivery, ruling.why)
                continue
            edit = Act(
                Verb.EDIT, delivery.space_id, message_id=delivery.message_id, text=ruling.text,
                buttons=ruling.buttons,
            )  # fmt: skip
            wanted.append((delivery, channels.Wanted(edit, ruling.clearance)))
        asked += _ask(run, wanted, After.CORRECTING, by, tail=one.id)
    with transaction.atomic():
        Correction.objects.filter(pk=one.pk).update(carried_out_at=clock.now())
        said = {"run": run.id, "correction": one.id, "count": asked}
        audit.record(by, "broadcast.corrected", f"broadcast:{run.broadcast_id}", said)
    return asked


def describe_correction(said: dict[str, Any]) -> Text:
    """A proposed correction in one sentence."""
    name, places = said.get("name", ""), said.get("places", 0)
    return Text(f"Change what “{name}” says in {places} places", f"修改已发至 {places} 处的“{name}”内容")


def collect_afterwards(run_id: str) -> int:
    """Note what became of removals and corrections; returns how many changed."""
    rows = list(
        Delivery.objects.filter(run=run_id, afterwards__in=(After.REMOVING, After.CORRECTING)).values_list(
            "id", "after_effect", "afterwards"
        )
    )
    states = {
        pk: (state, error)
        for pk, state, error in Effect.objects.filter(
            pk__in=[effect for _, effect, _ in rows if effect]
        ).values_list("id", "state", "error")
    }
    changed = []
    for pk, effect, after in rows:
        state, error = states.get(effect or 0, ("", ""))
        done = After.REMOVED if after == After.REMOVING else After.CORRECTED
        if state == EffectState.DONE.value:
            changed.append((pk, done, effect, "{}"))
        elif state in (EffectState.DEAD.value, EffectState.CANCELLED.value):
            changed.append((pk, After.CANNOT, effect, orjson.dumps({"en": error, "zh": error}).decode()))
    if changed:
        with transaction.atomic():
            bulk.update_many(Delivery, "id", _COLUMNS, changed)
    return len(changed)


def _corrected(run: Run, texts: dict[str, str]) -> Content:
    before = parse_content(run.version.content)
    found = parse_content({**before.to_json(), "texts": texts})
    if set(found.languages) != set(before.languages):
        raise BadInput(
            Text("Correct every language that was written.", "请修改每一种已发送的语言。"), field="texts"
        )
    return replace(found, files=())


def _quiet(run_id: str) -> Run:
    run = Run.objects.select_related("version", "broadcast").filter(pk=run_id).first()
    if run is None:
        raise NotFound(Text("There is no such sending.", "不存在该次发送。"))
    if run.state not in (Run.State.FINISHED, Run.State.STOPPED, Run.State.PAUSED):
        raise Conflict(Text("Pause or stop it first.", "请先暂停或停止发送。"), code="still_going")
    return run


def _standing(run: Run) -> Any:
    return (
        Delivery.objects.filter(run=run, state=State.SENT)
        .exclude(message_id="")
        .select_related("space", "rendering")
        .order_by("id")
    )


def _groups(rows: Any) -> Sequence[list[Delivery]]:
    found = list(rows)
    return [found[start : start + _CHUNK] for start in range(0, len(found), _CHUNK)]


def _ask(
    run: Run, wanted: Sequence[tuple[Delivery, channels.Wanted]], doing: str, by: str, tail: str = ""
) -> int:
    """Ask for each that its platform can do here and now; the others are marked with why not."""
    able: list[tuple[Delivery, channels.Wanted]] = []
    fresh = new_id()
    for one, asked in wanted:
        try:
            adapter = registry.require(one.space.platform, asked.act.verb)
            adapter.check(asked.act, refs_of(asked.act, one.space))
        except GuildhallError as error:
            _cannot(one, error.text)
            continue
        able.append((one, replace(asked, unique_key=f"broadcast:{one.id}:{tail or fresh}")))
    if not able:
        return 0
    with transaction.atomic():
        locked_run(run.id)
        channels.request_many([asked for _, asked in able], actor=by, reason=f"broadcast:{run.id}")
        keys = {asked.unique_key: one.id for one, asked in able}
        effects = Effect.objects.filter(unique_key__in=list(keys)).values_list("unique_key", "id")
        rows = [(keys[key], doing, effect, "{}") for key, effect in effects]
        bulk.update_many(Delivery, "id", _COLUMNS, rows)
    return len(able)


def _cannot(one: Delivery, why: Text | None) -> None:
    Delivery.objects.filter(pk=one.pk).update(afterwards=After.CANNOT, why=why.to_json() if why else {})
