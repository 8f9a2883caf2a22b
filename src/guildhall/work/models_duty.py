"""State of duty: patterns, the shifts they become, who takes whose place, swaps, leave, what must be covered,
and the keys of calendar feeds.

Times of shifts are instants (UTC); `zone` is the zone they were meant in. Who really stands in a shift is
never copied: it is reckoned from the shift, its covers and the leave of its people (`duty.pieces`), so that
a shift that moves takes its covers along. Rows are written by `duty.actions` only.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from guildhall.core import clock
from guildhall.core.ids import IdField
from guildhall.people.models import Staff, Team


class DutyKind(models.TextChoices):
    """What somebody is there for: working, or reachable when nobody works or nobody answers."""

    SHIFT = "shift", _("shift")
    ON_CALL = "on_call", _("on call")


class Pattern(models.Model):
    """Shifts that come again. `slots` as `duty.patterns.Slot` reads them, `people` as `duty.patterns.Line`.

    `anchor` is the local date of day 0 of the first cycle of `cycle` days; `until` the last local date.
    `layer`: 1 is tried first when somebody on call is paged. `languages` empty: those of each person.
    """

    class Shape(models.TextChoices):
        WEEKLY = "weekly", _("every week")
        ON_OFF = "on_off", _("days on, days off")
        ROTATION = "rotation", _("in turns")

    id = IdField()
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="duty_patterns")
    name = models.CharField(max_length=80)
    shape = models.CharField(max_length=8, choices=Shape.choices)
    kind = models.CharField(max_length=8, choices=DutyKind.choices, default=DutyKind.SHIFT)
    layer = models.PositiveSmallIntegerField(default=1)
    zone = models.CharField(max_length=60, default="UTC")
    anchor = models.DateField()
    until = models.DateField(null=True)
    cycle = models.PositiveSmallIntegerField()
    slots = models.JSONField(default=list)
    people = models.JSONField(default=list)
    languages = models.JSONField(default=list)
    archived_at = models.DateTimeField(null=True)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField(default=clock.now)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("duty pattern")
        verbose_name_plural = _("duty patterns")

    def __str__(self) -> str:
        return self.name


class Shift(models.Model):
    """One duty of one person, or of nobody yet (`staff` null), half open: [starts_at, ends_at).

    `key` is what its source calls it (`pattern:…`, `roster:…`), so that writing it again changes the same
    row; `edited`: somebody changed it by hand, so the source leaves it alone. `revision` grows with all that
    changes who is there when (calendars read it as SEQUENCE).
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        CANCELLED = "cancelled", _("cancelled")

    id = IdField()
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="shifts", db_index=False)
    staff = models.ForeignKey(
        Staff, on_delete=models.SET_NULL, null=True, related_name="shifts", db_index=False
    )
    kind = models.CharField(max_length=8, choices=DutyKind.choices, default=DutyKind.SHIFT)
    layer = models.PositiveSmallIntegerField(default=1)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    zone = models.CharField(max_length=60, default="UTC")
    languages = models.JSONField(default=list)
    pattern = models.ForeignKey(Pattern, on_delete=models.SET_NULL, null=True, related_name="shifts")
    key = models.CharField(max_length=160, null=True, unique=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.PLANNED)
    edited = models.BooleanField(default=False)
    note = models.CharField(max_length=200, blank=True)
    revision = models.PositiveIntegerField(default=0)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField(default=clock.now)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("shift")
        verbose_name_plural = _("shifts")
        constraints = (
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="shift_not_empty"),
        )
        indexes = (
            models.Index(fields=["starts_at", "id"], name="shift_starts"),
            models.Index(fields=["team", "starts_at"], name="shift_team"),
            models.Index(fields=["staff", "starts_at"], name="shift_staff"),
        )

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M}Z"


class Cover(models.Model):
    """Somebody takes a shift, or a part of it, from whoever has it. The later one wins where two meet.

    `staff` null: nobody has that part. `starts_at`, `ends_at` null: from its beginning, to its end, wherever
    these move. `removed_at`: taken back.
    """

    id = IdField()
    shift = models.ForeignKey(Shift, on_delete=models.CASCADE, related_name="covers")
    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, related_name="covers")
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    swap = models.ForeignKey("Swap", on_delete=models.SET_NULL, null=True, related_name="covers")
    why = models.CharField(max_length=200, blank=True)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField(default=clock.now)
    removed_at = models.DateTimeField(null=True)
    removed_by = models.CharField(max_length=60, blank=True)

    class Meta:
        verbose_name = _("cover of a shift")
        verbose_name_plural = _("covers of shifts")
        indexes = (models.Index(fields=["staff", "shift"], name="cover_staff"),)

    def __str__(self) -> str:
        return self.id


class Swap(models.Model):
    """A shift that somebody wants another person to take, perhaps for one of theirs in return.

    `asker` gives `shift`; `to` (null: whoever will) takes it and gives `in_return`, if any. A shift nobody
    has is asked for the other way round: `asker` and `to` are the same person then. asked → accepted (by the
    one who takes it) → approved (by a planner); or declined, refused, withdrawn, over (it began undecided).
    """

    class State(models.TextChoices):
        ASKED = "asked", _("waits for a colleague")
        ACCEPTED = "accepted", _("waits for a planner")
        APPROVED = "approved", _("approved")
        DECLINED = "declined", _("declined")
        REFUSED = "refused", _("turned down")
        WITHDRAWN = "withdrawn", _("withdrawn")
        OVER = "over", _("not decided in time")

    id = IdField()
    shift = models.ForeignKey(Shift, on_delete=models.CASCADE, related_name="swaps")
    in_return = models.ForeignKey(Shift, on_delete=models.CASCADE, null=True, related_name="+")
    asker = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="swaps_asked")
    to = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, related_name="swaps_offered")
    state = models.CharField(max_length=9, choices=State.choices, default=State.ASKED)
    note = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    """Why it was declined or refused, or approved in spite of a warning."""
    asked_at = models.DateTimeField(default=clock.now)
    accepted_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=60, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("swap")
        verbose_name_plural = _("swaps")
        constraints = (
            models.UniqueConstraint(
                fields=["shift", "asker"], name="swap_open_once", condition=Q(state__in=("asked", "accepted"))
            ),
        )
        indexes = (models.Index(fields=["state", "id"], name="swap_state"),)

    def __str__(self) -> str:
        return self.id


class Leave(models.Model):
    """Time off of one person, half open, as instants; `zone` is what its dates were meant in."""

    class Kind(models.TextChoices):
        HOLIDAY = "holiday", _("holiday")
        SICK = "sick", _("sick")
        OTHER = "other", _("other")

    class State(models.TextChoices):
        ASKED = "asked", _("waits for a planner")
        APPROVED = "approved", _("approved")
        REFUSED = "refused", _("turned down")
        WITHDRAWN = "withdrawn", _("withdrawn")

    id = IdField()
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="leaves", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.HOLIDAY)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    zone = models.CharField(max_length=60, default="UTC")
    state = models.CharField(max_length=9, choices=State.choices, default=State.ASKED)
    note = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    asked_by = models.CharField(max_length=60)
    asked_at = models.DateTimeField(default=clock.now)
    decided_by = models.CharField(max_length=60, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("leave")
        verbose_name_plural = _("leaves")
        constraints = (
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="leave_not_empty"),
        )
        indexes = (
            models.Index(fields=["staff", "ends_at"], name="leave_staff"),
            models.Index(fields=["state", "ends_at"], name="leave_state"),
        )

    def __str__(self) -> str:
        return self.id


class Need(models.Model):
    """How many must be on duty: at least `least` of a team who speak `language` ('' any), on these weekdays
    (Monday 0) from minute `opens` to minute `closes` of the wall clock of `zone` (over midnight up to 2880).
    """

    id = IdField()
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="duty_needs")
    kind = models.CharField(max_length=8, choices=DutyKind.choices, default=DutyKind.SHIFT)
    language = models.CharField(max_length=10, blank=True)
    weekdays = models.JSONField(default=list)
    opens = models.PositiveSmallIntegerField(default=0)
    closes = models.PositiveSmallIntegerField(default=1440)
    zone = models.CharField(max_length=60, default="UTC")
    least = models.PositiveSmallIntegerField(default=1)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("need for people on duty")
        verbose_name_plural = _("needs for people on duty")

    def __str__(self) -> str:
        return self.id


class FeedKey(models.Model):
    """The key of one calendar feed, of a person (`team` null) or of a team. Only its hash is kept."""

    id = IdField()
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="duty_feeds")
    """Whose it is: the feed shows what this person may see, and ends with their account."""
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, related_name="duty_feeds")
    key_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=clock.now)
    last_read_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")

    def __str__(self) -> str:
        return self.id
