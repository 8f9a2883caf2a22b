"""What the guard keeps of the demo without hanging on one of its spaces, taken away: fingerprints, campaigns,
the demo's policy, models that learned from nobody else, counts over the whole house.

Each part may be done twice, and may be the last before the sweep is killed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from guildhall.core.models import Proposal
from guildhall.demo.deeds import POLICY
from guildhall.effects.models import Effect
from guildhall.guard import freshness, known_campaigns
from guildhall.guard.actions import figures, learning, measuring
from guildhall.guard.models import (
    Arrival,
    Campaign,
    CampaignMessage,
    Conduct,
    Fingerprint,
    GateAttempt,
    MeasuredKind,
    ModelVersion,
    Pause,
    Policy,
    PolicyVersion,
    Raid,
    ReachCheck,
    RuleDay,
    ShadowRun,
    SpacePolicy,
    TrainingRow,
)

ACTOR = "system:demo"
_CHUNK = 400


def forget_orders(spaces: Sequence[str]) -> None:
    """Jobs that were queued for gates, raids, trials and checks of the demo. Before their rows go."""
    causes = [f"gate:{pk}" for pk in _keys(GateAttempt.objects.filter(space__in=spaces))]
    causes += [f"raid:{pk}" for pk in _keys(Raid.objects.filter(space__in=spaces))]
    causes += [f"shadow:{pk}" for pk in _keys(ShadowRun.objects.filter(version__policy__slug=POLICY))]
    causes += [f"check:{pk}" for pk in _keys(ReachCheck.objects.filter(policy__slug=POLICY))]
    for start in range(0, len(causes), _CHUNK):
        Effect.objects.filter(cause__in=causes[start : start + _CHUNK]).delete()


def forget_traces(spaces: Sequence[str]) -> None:
    """Rows that name a space by its id alone."""
    for model in (Fingerprint, Conduct, Arrival):
        rows = model._default_manager.filter(space_id__in=spaces)
        while keys := list(rows.values_list("pk", flat=True)[: 5 * _CHUNK]):
            model._default_manager.filter(pk__in=keys).delete()
    for space in spaces:
        Pause.objects.filter(key__contains=space).delete()


def forget_campaigns(spaces: Sequence[str]) -> None:
    """Campaigns nothing is left of; what others have in other spaces is counted anew. After the messages."""
    gone = set(spaces)
    with transaction.atomic():
        for one in Campaign.objects.select_for_update().order_by("pk"):
            if not gone.intersection(one.in_spaces):
                continue
            left = CampaignMessage.objects.filter(campaign=one)
            if not left.exists():
                one.delete()
                continue
            one.in_spaces = sorted(set(left.values_list("space_id", flat=True)))
            one.spaces, one.messages = len(one.in_spaces), left.count()
            one.accounts = left.values("account_id").distinct().count()
            one.save(update_fields=["in_spaces", "spaces", "messages", "accounts"])
        known_campaigns.touch()


def forget_policy() -> None:
    """The demo's own policy with its drafts, trials, checks and proposals, unless a real space chose it."""
    policy = Policy.objects.filter(slug=POLICY).first()
    if policy is None or SpacePolicy.objects.filter(policy=policy).exists():
        return
    with transaction.atomic():
        Proposal.objects.filter(subject=f"policy:{POLICY}").delete()
        PolicyVersion.objects.filter(policy=policy).delete()
        policy.delete()
        freshness.touch("policies")


def forget_models() -> None:
    """Models that were trained for the demo; all of them when nothing else was ever taught here. The one that
    comes with the house judges then.
    """
    taught = TrainingRow.objects.exists()
    with transaction.atomic():
        ours = ModelVersion.objects.filter(made_by=ACTOR) if taught else ModelVersion.objects.all()
        if ours.filter(state=ModelVersion.State.LIVE).exists():
            learning.put_in_force(None, ACTOR)
        numbers = [f"model:{number}" for number in ours.values_list("number", flat=True)]
        Proposal.objects.filter(subject__in=numbers).delete()
        ours.delete()


def count_again() -> None:
    """Figures by rule and measured precision, from the cases that are left."""
    for day in RuleDay.objects.values_list("day", flat=True).distinct().order_by("day"):
        figures.count_day(day)
    if MeasuredKind.objects.exists():
        measuring.measure()


def forget_proposals(spaces: Sequence[str]) -> None:
    """Decided or not, what was proposed about the demo's spaces."""
    Proposal.objects.filter(subject__in=[f"space:{pk}" for pk in spaces]).delete()


def _keys(rows: QuerySet[Any]) -> list[str]:
    return list(rows.values_list("pk", flat=True))
