"""The words of this room as plain data: how pressing a page is, by what means a pager reaches somebody,
where a page and a notice stand.

Pure but for the words shown on screens.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Severity(models.TextChoices):
    """How pressing it is. Quiet hours hold back everything below critical."""

    INFO = "info", _("worth knowing")
    WARNING = "warning", _("needs somebody today")
    CRITICAL = "critical", _("needs somebody now")


RANK = {Severity.INFO: 0, Severity.WARNING: 1, Severity.CRITICAL: 2}


class Means(models.TextChoices):
    """By what somebody is reached."""

    EMAIL = "email", _("Mail")
    TELEGRAM = "telegram", "Telegram"
    NTFY = "ntfy", _("Push (ntfy)")
    PUSHOVER = "pushover", _("Push (Pushover)")
    WEBHOOK = "webhook", _("Webhook (PagerDuty Events v2)")


class PageState(models.TextChoices):
    OPEN = "open", _("not taken")
    ACKNOWLEDGED = "acknowledged", _("taken")
    RESOLVED = "resolved", _("it is over")


class NoticeState(models.TextChoices):
    PLANNED = "planned", _("being sent")
    HELD = "held", _("quiet hours")
    SENT = "sent", _("sent")
    FAILED = "failed", _("not delivered")
    SKIPPED = "skipped", _("not needed")


class What(models.TextChoices):
    """What a notice tells of its page."""

    RAISED = "raised", _("needs somebody")
    TAKEN = "taken", _("somebody is on it")
    OVER = "over", _("it is over")
