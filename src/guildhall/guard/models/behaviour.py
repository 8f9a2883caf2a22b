"""State of the guard's behaviour: fingerprints of texts, campaigns and what belongs to them, how members
conduct themselves, arrivals, raids with what was done about them, floods of reactions and invites.

Fingerprints, conduct and arrivals are written with every batch, name their rows by id alone and are thrown
away after some days; campaigns, raids and surges stay.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from guildhall.channels.models import Message, Space
from guildhall.core import clock
from guildhall.core.ids import LENGTH, IdField
from guildhall.people.models import Account

_ACTOR_LENGTH = 60


class Fingerprint(models.Model):
    """What a recent text looks like (`guard.fingerprints`). Null bands: there are enough like it, so nobody
    has to find this one. `is_suspect`: from a newcomer, or with a link or contact. `campaign_id` is ''
    mostly.
    """

    id = models.BigAutoField(primary_key=True)
    message_id = models.CharField(max_length=LENGTH)
    account_id = models.CharField(max_length=LENGTH)
    space_id = models.CharField(max_length=LENGTH)
    at = models.DateTimeField()
    values = models.CharField(max_length=64)
    band0 = models.IntegerField(null=True)
    band1 = models.IntegerField(null=True)
    band2 = models.IntegerField(null=True)
    band3 = models.IntegerField(null=True)
    band4 = models.IntegerField(null=True)
    band5 = models.IntegerField(null=True)
    is_suspect = models.BooleanField(default=False)
    campaign_id = models.CharField(max_length=LENGTH, blank=True)

    class Meta:
        indexes = (
            *(
                models.Index(
                    fields=[f"band{n}"],
                    name=f"fingerprint_band{n}",
                    condition=Q(**{f"band{n}__isnull": False}),
                )
                for n in range(6)
            ),
            models.Index(fields=["campaign_id"], name="fingerprint_of", condition=~Q(campaign_id="")),
        )

    def __str__(self) -> str:
        return self.message_id


class Campaign(models.Model):
    """Nearly the same text from several accounts. `shapes`: fingerprints of its wordings, by which later ones
    are known; counts are those of the messages linked to it. A cleared one's text is remembered as fine.
    """

    class State(models.TextChoices):
        SUSPECTED = "suspected", _("suspected")
        CONFIRMED = "confirmed", _("confirmed")
        CLEARED = "cleared", _("cleared as fine")

    id = IdField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.SUSPECTED)
    sample = models.ForeignKey(Message, on_delete=models.SET_NULL, null=True, related_name="+")
    shapes = models.JSONField(default=list)
    accounts = models.PositiveIntegerField(default=0)
    spaces = models.PositiveIntegerField(default=0)
    in_spaces = models.JSONField(default=list)
    messages = models.PositiveIntegerField(default=0)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    found_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=_ACTOR_LENGTH, blank=True)
    note = models.TextField(blank=True)
    measure = models.CharField(max_length=10, blank=True)
    """What is done about senders beside removing their messages: '', restrict or ban."""
    sweeping = models.CharField(max_length=10, blank=True)
    """What a job still does to its messages: '', remove or restore."""

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        indexes = (models.Index(fields=["state", "-last_seen"], name="campaign_state"),)

    def __str__(self) -> str:
        return self.id


class CampaignMessage(models.Model):
    """A message of a campaign. `case`: the one that confirming the campaign decided. `removed`: that
    removed the message too; `was_open`: the case waited for a person before, and waits again when that is
    undone.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="links", db_index=False)
    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="campaign_link")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField()
    case = models.OneToOneField(
        "guard.Case", on_delete=models.SET_NULL, null=True, related_name="campaign_link"
    )
    removed = models.BooleanField(default=False)
    was_open = models.BooleanField(default=False)

    class Meta:
        indexes = (
            models.Index(fields=["campaign", "account", "space"], name="campaignmessage_who"),
            models.Index(fields=["campaign", "id"], name="campaignmessage_order"),
        )

    def __str__(self) -> str:
        return f"{self.campaign_id}: {self.message_id}"


class Conduct(models.Model):
    """How an account conducts itself in a space, where there is anything to say: heat and when it was taken,
    messages with links, reactions given and people added since the window began.
    """

    space_id = models.CharField(max_length=LENGTH)
    account_id = models.CharField(max_length=LENGTH)
    heat = models.PositiveSmallIntegerField(default=0)
    heat_at = models.DateTimeField()
    links_seen = models.PositiveIntegerField(default=0)
    reacted = models.PositiveIntegerField(default=0)
    reacted_since = models.DateTimeField(null=True)
    invited = models.PositiveIntegerField(default=0)
    invited_since = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["space_id", "account_id"], name="conduct_once"),)
        indexes = (models.Index(fields=["heat_at"], name="conduct_at"),)

    def __str__(self) -> str:
        return f"{self.space_id}/{self.account_id}"


class Arrival(models.Model):
    """Somebody came into a space: what a raid is told by. `born`: when the account was made, as far as its id
    tells; `shape` is the pattern of its name.
    """

    id = models.BigAutoField(primary_key=True)
    space_id = models.CharField(max_length=LENGTH)
    account_id = models.CharField(max_length=LENGTH)
    at = models.DateTimeField()
    born = models.DateTimeField(null=True)
    shape = models.CharField(max_length=60, blank=True)
    is_request = models.BooleanField(default=False)
    """Asked to be let in, and waits."""

    class Meta:
        constraints = (models.UniqueConstraint(fields=["space_id", "account_id", "at"], name="arrival_once"),)
        indexes = (
            models.Index(fields=["space_id", "at"], name="arrival_space"),
            models.Index(fields=["at"], name="arrival_at"),
        )

    def __str__(self) -> str:
        return f"{self.space_id}/{self.account_id}"


class Raid(models.Model):
    """A space that is, or was, raided. `evidence`: [{kind, n, of, share, sample}]; `since` is from when on
    people who came count as newcomers of the raid. `quiet_minutes` after `last_seen`, and not before
    `until`, it ends.
    """

    class State(models.TextChoices):
        SUSPECTED = "suspected", _("suspected")
        ON = "on", _("going on")
        OVER = "over", _("over")

    id = IdField()
    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="raids", db_index=False)
    state = models.CharField(max_length=10, choices=State.choices)
    since = models.DateTimeField()
    began_at = models.DateTimeField()
    last_seen = models.DateTimeField()
    until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    declared_by = models.CharField(max_length=_ACTOR_LENGTH)
    ended_by = models.CharField(max_length=_ACTOR_LENGTH, blank=True)
    evidence = models.JSONField(default=list)
    joins = models.PositiveIntegerField(default=0)
    quiet_minutes = models.PositiveIntegerField(default=10)
    note = models.TextField(blank=True)

    class Meta:
        verbose_name = _("raid")
        verbose_name_plural = _("raids")
        constraints = (
            models.UniqueConstraint(fields=["space"], condition=~Q(state="over"), name="raid_one_open"),
        )
        indexes = (
            models.Index(fields=["state", "-id"], name="raid_state"),
            models.Index(fields=["space", "-began_at"], name="raid_space"),
        )

    def __str__(self) -> str:
        return self.id


class RaidStep(models.Model):
    """One thing done because of a raid. `manual_step` {en, zh}: what a person does where the platform lacks
    it.
    """

    class Kind(models.TextChoices):
        DOORS = "doors", _("doors held")
        NEWCOMERS = "newcomers", _("newcomers read only")
        SLOW = "slow", _("slow mode")
        LOCK = "lock", _("space locked")

    class State(models.TextChoices):
        DONE = "done", _("in force")
        MANUAL = "manual", _("by hand")
        UNDONE = "undone", _("taken back")

    id = IdField()
    raid = models.ForeignKey(Raid, on_delete=models.CASCADE, related_name="steps")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=8, choices=State.choices)
    manual_step = models.JSONField(default=dict)
    at = models.DateTimeField()
    by = models.CharField(max_length=_ACTOR_LENGTH)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=_ACTOR_LENGTH, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["raid", "kind"], name="raidstep_once"),)

    def __str__(self) -> str:
        return f"{self.raid_id}: {self.kind}"


class RaidNewcomer(models.Model):
    """Somebody who came with a raid; `held`: read only until the raid is over or they are let go."""

    raid = models.ForeignKey(Raid, on_delete=models.CASCADE, related_name="newcomers", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(default=clock.now)
    held = models.BooleanField(default=False)
    released_at = models.DateTimeField(null=True)
    released_by = models.CharField(max_length=_ACTOR_LENGTH, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["raid", "account"], name="raidnewcomer_once"),)

    def __str__(self) -> str:
        return f"{self.raid_id}: {self.account_id}"


class Surge(models.Model):
    """Many reactions given or people added by one account in a short time; `rule` FLOOD-4 or FLOOD-5.
    `measure` is the restriction it was answered with, if any.
    """

    class State(models.TextChoices):
        OPEN = "open", _("open")
        UPHELD = "upheld", _("upheld")
        UNDONE = "undone", _("undone")

    id = IdField()
    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    rule = models.CharField(max_length=10)
    count = models.PositiveIntegerField()
    seconds = models.PositiveIntegerField()
    at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    measure = models.ForeignKey("guard.HandMeasure", on_delete=models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=_ACTOR_LENGTH, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=["state", "-id"], name="surge_state"),
            models.Index(fields=["account", "space", "rule", "at"], name="surge_whom"),
        )

    def __str__(self) -> str:
        return f"{self.rule} {self.account_id}"
