"""Tells the staff's own chat that somebody at a gate waits for a person: a line with a link and two buttons.

Seldom enough for a storm to stay readable; who is held back is counted in the next line and stands on the
page all the same. Whether a presser may decide is asked when they press.
"""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse

from guildhall.channels import actions as channels
from guildhall.channels import registry
from guildhall.channels.models import Space
from guildhall.channels.port import Act, Button, Verb
from guildhall.core.settings import settings
from guildhall.guard import notices, pauses
from guildhall.guard.actions.gates import asking, means
from guildhall.guard.alerts import EVERY_S, REPORTS_TO
from guildhall.guard.gates import words
from guildhall.guard.models import GateAttempt


def call_staff(attempt: GateAttempt, space: Space) -> bool:
    """Queue the line in the caller's transaction; whether one was."""
    target = Space.objects.filter(pk=space.settings.get(REPORTS_TO, ""), archived_at__isnull=True).first()
    if target is None or not registry.capability(target.platform, Verb.SEND).supported:
        return False
    if not pauses.take(f"gate-alert:{target.pk}", EVERY_S):
        return False
    waiting = GateAttempt.objects.filter(
        space=space, state=GateAttempt.State.WAITING, stage=GateAttempt.Stage.PERSON
    ).count()
    said = words.CALL if attempt.why == "asked" else words.CALL_UNREACHABLE
    line = words.named(said, space.name, n=max(1, waiting)).for_language(target.language)
    text = f"{line}\n{link_to(space)}"
    clearance = notices.clear(target.region, text, target.language)
    if clearance is None:
        return False
    buttons: tuple[Button, ...] = ()
    if means.has_buttons(target):
        buttons = tuple(
            Button(label.for_language(target.language), data=f"{asking.DATA}{attempt.pk}:0:{what}")
            for label, what in ((words.LET_IN, asking.LET_IN), (words.TURN_AWAY, asking.TURN_AWAY))
        )
    act = Act(Verb.SEND, target.pk, text=text, buttons=buttons)
    key = f"gate-call:{attempt.pk}:{attempt.deadline:%Y%m%d%H%M%S}"
    channels.request_many(
        [channels.Wanted(act, clearance, key, f"gate:{attempt.pk}")], actor=asking.ACTOR, reason="gate"
    )
    return True


def link_to(space: Space) -> str:
    """Where staff decides."""
    try:
        return settings.public_url + reverse("console:space-gate", args=[space.slug])
    except NoReverseMatch:
        return settings.public_url
