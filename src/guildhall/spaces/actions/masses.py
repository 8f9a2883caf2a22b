"""Mass sends (企业群发) as work of people: one for each owner of a family's groups, after compliance said yes
for the family's region; and a task for everybody who has to confirm one in their phone.

WeCom lets no program write into a customer group: nothing leaves before a colleague confirms it there.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db import transaction

from guildhall.channels.wecom import mass
from guildhall.channels.wecom.models import MassSend, MassSendTarget, WecomCorp, WecomGroup, WecomStaff
from guildhall.compliance.acts import Act
from guildhall.compliance.gate import Gate
from guildhall.core import approvals, audit
from guildhall.core.clearance import content_hash
from guildhall.core.errors import BadInput, NotAllowed, NotFound
from guildhall.core.models import Proposal
from guildhall.core.settings import settings
from guildhall.core.text import Text
from guildhall.effects import actions as effects
from guildhall.effects.types import Claimed, Done, Mode, NewEffect
from guildhall.spaces.models import Family
from guildhall.work import actions as work
from guildhall.work.asking import Proofs
from guildhall.work.models import Task

GIVE, WATCH = "spaces.mass_give", "spaces.mass_tasks"
CONFIRM = "mass_confirm"
APPROVAL = "spaces.mass_send"
GROWTH = 2
"""By how much a family may have grown between proposal and approval."""
ACTOR = "system:spaces"


def set_allowance(corp: WecomCorp, allowance: str, by: str) -> None:
    """Note how many mass sends a customer may get, as the corporation set it at WeCom. Raises BadInput."""
    if allowance not in WecomCorp.Allowance.values:
        raise BadInput(Text("Choose one of the three.", "请选择其中一项。"), field="allowance")
    with transaction.atomic():
        if WecomCorp.objects.filter(pk=corp.pk).exclude(allowance=allowance).update(allowance=allowance):
            audit.record(by, "wecom.allowance_set", f"wecom_corp:{corp.pk}", {"allowance": allowance})


def send_to_groups(
    family_id: str, text: str, act: str, *, by: str, tier: str = "", is_approved: bool = False
) -> list[MassSend]:
    """Have the owners of a family's customer groups send a text there; one mass send for each owner.

    `act`: what the text does (compliance.acts). To more groups than one person may speak to alone it is only
    proposed, and nothing is made before somebody else approves it. Raises NotFound, BadInput, NotAllowed with
    every reason.
    """
    with transaction.atomic():
        family = Family.objects.filter(pk=family_id, archived_at=None).first()
        if family is None:
            raise NotFound(Text("There is no such family.", "不存在该群系列。"))
        said = text.strip()
        if not said:
            raise BadInput(Text("Write what is to be said.", "请填写内容。"), field="text")
        decision = Gate().may(Act(act), family.region, said, language=family.language)
        clearance = decision.require()
        groups = WecomGroup.objects.filter(
            space__place__family=family, dismissed_at=None, space__archived_at=None
        ).exclude(owner="")
        if tier:
            groups = groups.filter(space__place__tier=tier)
        by_owner: dict[tuple[str, str], list[WecomGroup]] = defaultdict(list)
        for group in groups.select_related("corp", "space"):
            by_owner[group.corp_id, group.owner].append(group)
        if not by_owner:
            raise BadInput(
                Text("No customer group of this family is known.", "该群系列中没有客户群。"), field="text"
            )
        count = sum(map(len, by_owner.values()))
        if count > settings.broadcast_four_eyes and not is_approved:
            asked = {
                "family": family.pk, "name": family.name, "text": said, "act": act, "tier": tier,
                "groups": count,
            }  # fmt: skip
            approvals.propose(APPROVAL, f"family:{family.pk}", asked, by)
            audit.record(by, "family.mass_proposed", f"family:{family.pk}", {"groups": count})
            return []
        made = [
            mass.to_groups(
                those[0].corp, those, mass.content_of(decision.text), by=by, cause=f"family:{family.pk}"
            )
            for _, those in sorted(by_owner.items())
        ]
        cleared = {"hash": clearance.content_hash, "rules": list(clearance.rules)}
        effects.enqueue_many(
            NewEffect(
                GIVE,
                {"mass": one.pk, "cleared": cleared},
                mode=Mode.ONCE,
                priority=50,
                cause=f"mass_send:{one.pk}",
            )
            for one in made
        )
        audit.record(by, "family.mass_sent", f"family:{family.pk}", {"sends": len(made)})
    return made


def carry_out(proposal: Proposal) -> None:
    """Somebody else approved a mass send. Raises BadInput when it would reach far more groups by now."""
    said = proposal.payload
    made = send_to_groups(
        str(said["family"]), str(said["text"]), str(said["act"]), by=proposal.proposed_by,
        tier=str(said["tier"]), is_approved=True,
    )  # fmt: skip
    now = MassSendTarget.objects.filter(mass__in=made).count()
    if now > GROWTH * int(said["groups"]):
        raise BadInput(
            Text(
                f"It would reach {now} groups by now; {said['groups']} were proposed. Propose it again.",
                f"现将发往 {now} 个群，而提交审批时为 {said['groups']} 个。请重新提交。",
            )
        )


def describe(said: dict[str, Any]) -> Text:
    """A proposed mass send in one sentence."""
    name, groups = said.get("name", ""), said.get("groups", 0)
    return Text(
        f"Mass send to {groups} customer groups of “{name}”", f"向“{name}”的 {groups} 个客户群发送群发消息"
    )


def perform_giving(effect: Claimed) -> Done | None:
    """Hand a mass send to WeCom. Raises Temporary, Refused, Uncertain, NotAllowed for words not cleared."""
    found = MassSend.objects.select_related("corp").filter(pk=effect.payload["mass"]).first()
    if found is None:
        return None
    if content_hash(str(found.content.get("text", ""))) != effect.payload["cleared"]["hash"]:
        raise NotAllowed(Text("These words were not cleared.", "该内容未经合规放行。"), code="no_clearance")
    given = mass.give(found)
    return Done({"msgid": given.msgid}, lambda: _ask_staff(given))


def perform_watch(effect: Claimed) -> Done:
    """Ask those who must confirm, and stop asking once it is over."""
    asked = 0
    for found in MassSend.objects.filter(state=MassSend.State.WAITING).select_related("corp"):
        with transaction.atomic():
            asked += _ask(found)
    subjects = set(Task.objects.filter(kind=CONFIRM, state=Task.State.OPEN).values_list("subject", flat=True))
    over = MassSend.objects.filter(pk__in=[subject.partition(":")[2] for subject in subjects]).exclude(
        state=MassSend.State.WAITING
    )
    for pk in over.values_list("pk", flat=True):
        with transaction.atomic():
            work.cancel_about(f"mass_send:{pk}", by=ACTOR)
    return Done({"asked": asked})


def _ask_staff(found: MassSend) -> None:
    _ask(found)


def _ask(found: MassSend) -> int:
    """One task for each colleague whose word is missing. Inside the caller's transaction."""
    waiting = MassSendTarget.objects.filter(mass=found, state=MassSendTarget.State.WAITING)
    senders = sorted(set(waiting.exclude(sender="").values_list("sender", flat=True)))
    people = {one.userid: one for one in WecomStaff.objects.filter(corp=found.corp, userid__in=senders)}
    for userid in senders:
        person = people.get(userid)
        name = str(person) if person is not None else userid
        number = waiting.filter(sender=userid).count()
        work.open_task(
            work.NewTask(
                CONFIRM,
                Text(f"{name}: confirm the mass send in WeCom", f"{name}：在企业微信中确认群发"),
                notes=Text(
                    f"In WeCom on your phone: notification of 客户联系, look at the words, press send. It "
                    f"goes to {number} of your groups or customers. Nothing leaves before you do.",
                    f"请打开手机企业微信的“客户联系”通知，核对内容后点击发送，"
                    f"将发往您的 {number} 个群或客户。确认之前不会发出任何内容。",
                ),
                paste=str(found.content.get("text", "")),
                subject=f"mass_send:{found.pk}",
                staff_id=person.staff_id if person is not None else None,
                role="" if person is not None and person.staff_id else "manager",
                proofs=Proofs.NONE,
                dedupe_key=f"mass_confirm:{found.pk}:{userid}",
                data={"mass": found.pk, "userid": userid},
            ),
            by=ACTOR,
        )
    return len(senders)
