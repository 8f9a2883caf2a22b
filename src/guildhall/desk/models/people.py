"""State of the people who answer: what each takes, and whether they are there. Whose vendor somebody
works for is decided by `desk.scope`.
"""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from guildhall.core import clock
from guildhall.people.models import Staff

MOST_OPEN = 15


class AgentProfile(models.Model):
    """What one agent is given. `languages`, `categories`, `tiers` are lists of codes; empty: the language of
    their console, every category, every tier. `most_open`: tickets they own at once before they are full.

    `state` is the switch in the inbox; away and gone home hold until `state_until` (null: until turned back).
    `here_until`: they stay beyond their shift, or came in without one; until then they count as on duty.
    `takes`: whether they are ever given tickets.
    """

    class State(models.TextChoices):
        AVAILABLE = "available", _("taking tickets")
        AWAY = "away", _("on a break")
        OFF = "off", _("gone home")

    staff = models.OneToOneField(
        Staff, on_delete=models.CASCADE, primary_key=True, related_name="agent_profile"
    )
    languages = models.JSONField(default=list)
    categories = models.JSONField(default=list)
    tiers = models.JSONField(default=list)
    most_open = models.PositiveSmallIntegerField(default=MOST_OPEN)
    state = models.CharField(max_length=9, choices=State.choices, default=State.AVAILABLE)
    state_at = models.DateTimeField(default=clock.now)
    state_until = models.DateTimeField(null=True)
    here_until = models.DateTimeField(null=True)
    takes = models.BooleanField(default=True)
    given_at = models.DateTimeField(null=True)
    """When they were last given a ticket."""

    class Meta:
        verbose_name = _("agent")
        verbose_name_plural = _("agents")
        constraints = (models.CheckConstraint(condition=models.Q(most_open__gte=1), name="agent_takes_one"),)

    def __str__(self) -> str:
        return str(self.staff_id)

    def now(self, at: datetime) -> str:
        """The switch as it counts at a time."""
        if self.state_until is not None and self.state_until <= at:
            return self.State.AVAILABLE
        return self.state

    def stays(self, at: datetime) -> bool:
        """Whether they said that they are here, shift or not."""
        return self.here_until is not None and self.here_until > at
