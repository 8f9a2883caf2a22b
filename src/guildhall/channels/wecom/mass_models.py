"""State of mass sends: what was handed to WeCom for its staff to confirm, and what became of each
recipient.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from guildhall.core import clock
from guildhall.core.ids import IdField


class MassSend(models.Model):
    """A mass send (企业群发): WeCom hands it to members of staff, and nothing leaves until they confirm.

    `kind`: to single customers or to customer groups. `content`: the body given to WeCom, without names.
    """

    class Kind(models.TextChoices):
        CUSTOMERS = "single", _("to customers")
        GROUPS = "group", _("to customer groups")

    class State(models.TextChoices):
        PLANNED = "planned", _("not yet at WeCom")
        WAITING = "waiting", _("waits for staff to confirm")
        DONE = "done", _("everybody confirmed or it ran out")
        CANCELLED = "cancelled", _("called off")
        FAILED = "failed", _("refused by WeCom")

    id = IdField()
    corp = models.ForeignKey("channels.WecomCorp", on_delete=models.CASCADE, related_name="mass_sends")
    kind = models.CharField(max_length=6, choices=Kind.choices)
    msgid = models.CharField(max_length=64, blank=True, db_index=True)
    content = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    problem = models.JSONField(default=dict)
    effect_id = models.BigIntegerField(null=True, unique=True)
    cause = models.CharField(max_length=200, blank=True)
    """What asked for it, as the effect says; `effect_id` is null for one made otherwise."""
    created_by = models.CharField(max_length=60)
    created_at = models.DateTimeField(default=clock.now)
    checked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("mass send")
        verbose_name_plural = _("mass sends")
        indexes = (models.Index(fields=["state", "id"], name="masssend_state"),)

    def __str__(self) -> str:
        return self.id


class MassSendTarget(models.Model):
    """One customer or group of a mass send and what became of it. `target` is an external_userid or a chat
    id; `sender` the userid who is to confirm. Those sent or still waiting count against the allowance.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waits for staff to confirm")
        SENT = "sent", _("sent")
        NOT_FRIEND = "not_friend", _("no longer a customer")
        OVER = "over", _("allowance used up")
        FAILED = "failed", _("refused by WeCom")
        CANCELLED = "cancelled", _("called off")

    mass = models.ForeignKey(MassSend, on_delete=models.CASCADE, related_name="targets", db_index=False)
    target = models.CharField(max_length=64)
    sender = models.CharField(max_length=64, blank=True)
    space = models.ForeignKey("channels.Space", on_delete=models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    at = models.DateTimeField(default=clock.now)
    """When it was asked for; once sent, when it was sent."""

    class Meta:
        constraints = (models.UniqueConstraint(fields=["mass", "target"], name="masssendtarget_once"),)
        indexes = (models.Index(fields=["target", "at"], name="masssendtarget_counted"),)

    def __str__(self) -> str:
        return f"{self.mass_id}/{self.target}"


from guildhall.channels.wecom import assisted_models  # noqa: E402, F401 - Django looks for models here
