"""What the demo's staff does about the guard: decides about campaigns and look-alikes, sets a gate up, writes
policies, looks at training rows again. Each is the same action as behind the buttons of the house.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from importlib.resources import files

from guildhall.core import approvals, clock
from guildhall.core.errors import Conflict, NotFound
from guildhall.core.models import Proposal
from guildhall.core.text import Text
from guildhall.demo import script
from guildhall.demo.cast import EN, PREFIX, ZH
from guildhall.demo.events import Event, Truth
from guildhall.guard import actions as guard
from guildhall.guard.actions import gates, teaching
from guildhall.guard.actions.gates.asking import PERSON, challenge_of
from guildhall.guard.gates.settings import Kind, Settings
from guildhall.guard.models import CampaignMessage, GateAttempt, ReachCheck, Suspect, TrainingRow

POLICY = "demo-lounge"
_SECOND_LOOKS = 48
_TRIED_OVER = timedelta(days=6)
GATE = Settings(
    challenge=Kind.MIXED, tries=3, minutes=10, person_hours=48, attempts_a_day=5, trial_messages=5,
    trial_hours=48,
)  # fmt: skip


class Deeds:
    """Carries deeds out. `ids`: our ids of spaces by slug; `staff`: keys of the demo's staff by name.

    `finish` has what was ordered done; a policy's check has to be through before its outcome can be read.
    """

    def __init__(
        self, ids: Mapping[str, str], staff: Mapping[str, int], truths: Mapping[str, Truth],
        account_of: Callable[[str], str], finish: Callable[[], object],
    ) -> None:  # fmt: skip
        self._ids, self._staff, self._truths = ids, staff, truths
        self._account_of, self._finish = account_of, finish

    def do(self, event: Event) -> None:
        """One deed. What it is about may not be there: then nothing is done."""
        by = self._by(event.who.removeprefix(f"{PREFIX}staff-"))
        deeds: Mapping[str, Callable[[Event, str], object]] = {
            "campaign-confirm": self._confirm,
            "campaign-clear": self._clear,
            "gate": self._gate,
            "let-in": self._let_in,
            "suspect-confirm": self._suspect,
            "policy": self._policy,
            "policy-draft": self._draft,
            "policy-refused": self._refused,
            "second-looks": self._looks,
        }
        try:
            deeds[event.text](event, by)
        except (Conflict, NotFound):
            return  # somebody was quicker, or there is nothing of the kind

    def answer(self, event: Event) -> None:
        """A newcomer answers the question before them: right, wrong, or by asking for a person."""
        attempt = GateAttempt.objects.filter(
            space=self._ids[event.space], account=self._account_of(event.who),
            state=GateAttempt.State.WAITING,
        ).first()  # fmt: skip
        if attempt is None:
            return
        right = challenge_of(attempt).right
        what = {"right": str(right), "wrong": str(0 if right else 1), "person": PERSON}[event.text]
        gates.press(f"{attempt.pk}:{attempt.round}:{what}", attempt.account_id)

    def _by(self, key: str) -> str:
        return f"staff:{self._staff[key]}"

    def _campaign_of(self, event: Event) -> str:
        link = CampaignMessage.objects.filter(message__external_id=event.key).first()
        if link is None:
            raise NotFound(Text("There is no such campaign.", "不存在该群发活动。"))
        return link.campaign_id

    def _confirm(self, event: Event, by: str) -> None:
        guard.confirm_campaign(self._campaign_of(event), by, measure="ban", note=event.name)

    def _clear(self, event: Event, by: str) -> None:
        guard.clear_campaign(self._campaign_of(event), by, event.name)

    def _gate(self, event: Event, by: str) -> None:
        gates.set_gate(self._ids[event.space], GATE, is_on=True, by=by)

    def _let_in(self, event: Event, by: str) -> None:
        waiting = GateAttempt.objects.filter(
            account=self._account_of(event.key), state=GateAttempt.State.WAITING
        ).first()
        if waiting is not None:
            gates.let_in(waiting.pk, by)

    def _suspect(self, event: Event, by: str) -> None:
        found = Suspect.objects.filter(account=self._account_of(event.key), state=Suspect.State.OPEN).first()
        if found is not None:
            guard.confirm_suspect(found.pk, by)

    def _policy(self, event: Event, by: str) -> None:
        """A policy of the demo's own: written by one, approved by another, given to two spaces."""
        name = script.guard()["policy"]["name"]
        version = guard.save_draft(POLICY, source("lounge"), by, note=event.name, name=name)
        self._approved(guard.propose_policy(version.pk, by))
        for slug in (EN, ZH):
            self._approved(guard.assign_policy(self._ids[slug], POLICY, by))

    def _draft(self, event: Event, by: str) -> None:
        version = guard.save_draft(POLICY, source("draft"), by, note=event.name)
        guard.start_shadow(version.pk, by, since=clock.now() - _TRIED_OVER)
        self._finish()

    def _refused(self, event: Event, by: str) -> None:
        version = guard.save_draft(POLICY, source("refused"), by, note=event.name)
        held = guard.propose_policy(version.pk, by)
        self._finish()
        check = ReachCheck.objects.filter(pk=held.check_id, state=ReachCheck.State.REFUSED).first()
        if check is not None:
            guard.propose_override(check.pk, by, script.guard()["policy"]["reason"])

    def _looks(self, event: Event, by: str) -> None:
        """Rows that were worth a second look get one, but for the last ones: somebody new shall have some."""
        asking = TrainingRow.objects.filter(asks__gt=0, case__isnull=False).select_related("case__message")
        for row in list(asking.order_by("-asks", "id")[:_SECOND_LOOKS]):
            key = row.case.message.external_id if row.case is not None else ""
            is_scam = self._truths.get(key, Truth.TALK) is Truth.SCAM
            teaching.look(row.pk, teaching.SCAM if is_scam else teaching.FINE, by)

    def _approved(self, proposed: guard.Proposed) -> None:
        """Somebody else reads what was proposed and approves it."""
        self._finish()
        if proposed.in_force or not proposed.proposal_id:
            return
        proposal = Proposal.objects.get(pk=proposed.proposal_id)
        approvals.approve(proposal.pk, self._by("owner"), proposal.content_hash)


def source(name: str) -> str:
    """The YAML of one of the demo's policies."""
    return files("guildhall.demo.script").joinpath(f"policy_{name}.yaml").read_text(encoding="utf-8")
