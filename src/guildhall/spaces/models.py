"""State of the spaces room: families of groups, the entrances that lead into them, who came by which, and
what was counted.

Written by `actions` only. Codes, groups and customers themselves are rows of channels; what stands here is
what they are for.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from guildhall.channels.models import Space
from guildhall.channels.wecom.models import WecomCorp, WecomWay
from guildhall.core import clock
from guildhall.core.ids import IdField
from guildhall.people.models import Account


class Family(models.Model):
    """Groups of one region, theme and language, in `tiers` (names in order, first the outermost). A group of
    `limit` people counts as full, unless its place says otherwise.
    """

    id = IdField()
    name = models.CharField(max_length=120)
    region = models.CharField(max_length=6, blank=True)
    theme = models.CharField(max_length=40, blank=True)
    language = models.CharField(max_length=10, default="en")
    tiers = models.JSONField(default=list)
    limit = models.PositiveIntegerField(default=450)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField(default=clock.now)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("family of groups")
        verbose_name_plural = _("families of groups")
        indexes = (models.Index(fields=["region", "name"], name="family_region"),)

    def __str__(self) -> str:
        return self.name


class Place(models.Model):
    """A group's place in its family. Newcomers are led to the first in `position` that takes them and has
    room.

    `heads` as last counted, null before; `by_hand`: a person counted. `full_at`: since when it is full.
    """

    family = models.ForeignKey(Family, on_delete=models.PROTECT, related_name="places")
    space = models.OneToOneField(Space, on_delete=models.CASCADE, primary_key=True, related_name="place")
    tier = models.CharField(max_length=40, blank=True)
    position = models.PositiveIntegerField(default=0)
    limit = models.PositiveIntegerField(null=True)
    takes = models.BooleanField(default=True)
    heads = models.PositiveIntegerField(null=True)
    counted_at = models.DateTimeField(null=True)
    by_hand = models.BooleanField(default=False)
    full_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["family", "tier", "position"], name="place_order"),)

    def __str__(self) -> str:
        return str(self.space_id)


class Entrance(models.Model):
    """A way into a family: a code (活码) that adds a colleague or leads into a group, or one kept by hand.

    `words` ({en, zh}) greet who enters by a contact code; `leads_to` is the group entrance whose code goes
    with them where the region allows it. `tags`: platform ids of tags they get. `limit`: after so many it
    closes. `reasons`: why compliance holds it, [{rule, en, zh}].
    """

    class Kind(models.TextChoices):
        CONTACT = "contact", _("adds a colleague")
        GROUP = "group", _("leads into a group")
        BY_HAND = "by_hand", _("kept by hand")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        HELD = "held", _("held by compliance")
        FULL = "full", _("no room left")
        CLOSED = "closed", _("closed")

    id = IdField()
    family = models.ForeignKey(Family, on_delete=models.PROTECT, related_name="entrances")
    tier = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    name = models.CharField(max_length=80)
    source = models.CharField(max_length=120, blank=True)
    """Where it is shown: a page, a poster, a partner."""
    corp = models.ForeignKey(WecomCorp, on_delete=models.PROTECT, null=True, related_name="+")
    way = models.OneToOneField(WecomWay, on_delete=models.PROTECT, null=True, related_name="entrance")
    code = models.CharField(max_length=30, unique=True)
    """The `state` that comes back with everybody who enters by it."""
    users = models.JSONField(default=list)
    makes_groups = models.BooleanField(default=False)
    leads_to = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="+")
    words = models.JSONField(default=dict)
    tags = models.JSONField(default=list)
    shows = models.ForeignKey(Space, on_delete=models.SET_NULL, null=True, related_name="+")
    """The group whose code stands at an entrance kept by hand."""
    limit = models.PositiveIntegerField(null=True)
    entered = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=6, choices=State.choices, default=State.HELD)
    reasons = models.JSONField(default=list)
    problem = models.JSONField(default=dict)
    """{en, zh} while WeCom refuses something, else {}."""
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("entrance")
        verbose_name_plural = _("entrances")
        indexes = (models.Index(fields=["family", "state", "id"], name="entrance_family"),)

    def __str__(self) -> str:
        return self.name


class Entry(models.Model):
    """Somebody entered by an entrance. `space`: the group, or the talk with the colleague they added.

    `greeting` is what became of the welcome; `reasons` why it was held or went without its link.
    """

    class How(models.TextChoices):
        CONTACT = "contact", _("added a colleague")
        GROUP = "group", _("joined a group")

    class Greeting(models.TextChoices):
        NONE = "none", _("none")
        PLANNED = "planned", _("on its way")
        SENT = "sent", _("sent")
        PLAIN = "plain", _("sent without a link")
        HELD = "held", _("held by compliance")
        LATE = "late", _("too late")
        FAILED = "failed", _("refused")

    id = IdField()
    entrance = models.ForeignKey(Entrance, on_delete=models.CASCADE, related_name="entries", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    space = models.ForeignKey(Space, on_delete=models.SET_NULL, null=True, related_name="+")
    external_id = models.CharField(max_length=64)
    how = models.CharField(max_length=8, choices=How.choices)
    userid = models.CharField(max_length=64, blank=True)
    """The colleague they added, or who brought them in."""
    at = models.DateTimeField()
    greeting = models.CharField(max_length=8, choices=Greeting.choices, default=Greeting.NONE)
    reasons = models.JSONField(default=list)
    problem = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        constraints = (
            models.UniqueConstraint(fields=["entrance", "external_id", "space", "at"], name="entry_once"),
        )
        indexes = (models.Index(fields=["entrance", "at"], name="entry_at"),)

    def __str__(self) -> str:
        return self.id


class GroupGreeting(models.Model):
    """A family's welcome template (入群欢迎语), which WeCom shows to who joins a group that a colleague gave
    it to. `template_id` '' until WeCom has it.
    """

    family = models.ForeignKey(Family, on_delete=models.CASCADE, related_name="greetings")
    corp = models.ForeignKey(WecomCorp, on_delete=models.CASCADE, related_name="+")
    text = models.TextField()
    template_id = models.CharField(max_length=64, blank=True)
    problem = models.JSONField(default=dict)
    changed_by = models.CharField(max_length=60)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["family", "corp"], name="groupgreeting_once"),)

    def __str__(self) -> str:
        return self.text[:40]


class CustomerTag(models.Model):
    """A tag of the corporation's customers at WeCom, by its id there."""

    corp = models.ForeignKey(WecomCorp, on_delete=models.CASCADE, related_name="tags", db_index=False)
    external_id = models.CharField(max_length=64)
    name = models.CharField(max_length=90)
    group_id = models.CharField(max_length=64, blank=True)
    group_name = models.CharField(max_length=90, blank=True)
    gone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["corp", "external_id"], name="customertag_once"),)

    def __str__(self) -> str:
        return self.name


class GroupDay(models.Model):
    """One group on one day (UTC): `heads` at its end, who came and went, how they came ({scene: number}).

    Numbers a person entered are marked `by_hand`; null is not known.
    """

    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="group_days", db_index=False)
    day = models.DateField()
    heads = models.PositiveIntegerField(null=True)
    joined = models.PositiveIntegerField(null=True)
    left = models.PositiveIntegerField(null=True)
    scenes = models.JSONField(default=dict)
    by_hand = models.BooleanField(default=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["space", "day"], name="groupday_once"),)
        indexes = (models.Index(fields=["day"], name="groupday_day"),)

    def __str__(self) -> str:
        return f"{self.space_id} {self.day}"


class OwnerDay(models.Model):
    """What WeCom counts of all groups of one owner on one day: members, messages, active groups. It never
    tells what was said.
    """

    corp = models.ForeignKey(WecomCorp, on_delete=models.CASCADE, related_name="owner_days", db_index=False)
    userid = models.CharField(max_length=64)
    day = models.DateField()
    groups = models.PositiveIntegerField(default=0)
    members = models.PositiveIntegerField(default=0)
    joined = models.PositiveIntegerField(default=0)
    active_groups = models.PositiveIntegerField(default=0)
    active_members = models.PositiveIntegerField(default=0)
    messages = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["corp", "userid", "day"], name="ownerday_once"),)

    def __str__(self) -> str:
        return f"{self.userid} {self.day}"


OPEN_OR_FULL = Q(state__in=(Entrance.State.OPEN, Entrance.State.FULL))
