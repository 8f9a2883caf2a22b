"""State of our Telegram bots: who they are, how updates reach us, what they may do in each chat.

Tokens are not here: `core.secrets` keeps them under `secret_name(bot_id)`.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from guildhall.core import clock
from guildhall.core.ids import IdField


def secret_name(bot_id: int) -> str:
    """Under which name `core.secrets` keeps a bot's token."""
    return f"telegram.token.{bot_id}"


def hook_secret_name(bot_id: int) -> str:
    """Under which name `core.secrets` keeps what Telegram must send along with each webhook call."""
    return f"telegram.hook.{bot_id}"


class TelegramBot(models.Model):
    """One of our bots. `problem` is {en, zh, do_en, do_zh} while something is wrong with it, else {}.

    `lease_owner` is the gateway process that polls it until `lease_until`; Telegram allows one.
    """

    class State(models.TextChoices):
        ACTIVE = "active", _("at work")
        PAUSED = "paused", _("paused")
        REVOKED = "revoked", _("token revoked")

    class Way(models.TextChoices):
        POLLING = "polling", _("we ask Telegram")
        WEBHOOK = "webhook", _("Telegram calls us")

    id = IdField()
    bot_id = models.BigIntegerField(unique=True)
    username = models.CharField(max_length=64)
    name = models.CharField(max_length=128)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    way = models.CharField(max_length=10, choices=Way.choices, default=Way.POLLING)
    facts = models.JSONField(default=dict)
    """What getMe answered last: `can_read_all_group_messages` is False while privacy mode is on."""
    problem = models.JSONField(default=dict)
    problem_since = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=60)
    created_at = models.DateTimeField(default=clock.now)
    checked_at = models.DateTimeField(null=True)
    last_update_at = models.DateTimeField(null=True)
    lease_owner = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("Telegram bot")
        verbose_name_plural = _("Telegram bots")

    def __str__(self) -> str:
        return f"@{self.username}"


class TelegramChat(models.Model):
    """What only Telegram has of a space. `status`: what our bot is there (creator, administrator, member,
    restricted, left, kicked); `rights`: each `can_...` of an administrator, as told last.

    `problem` as of a bot: what is wrong here and what to do about it.
    """

    space = models.OneToOneField(
        "channels.Space", on_delete=models.CASCADE, primary_key=True, related_name="telegram"
    )
    username = models.CharField(max_length=64, blank=True)
    is_forum = models.BooleanField(default=False)
    linked_chat = models.CharField(max_length=40, blank=True)
    """Platform id of the channel a discussion group belongs to, or of the group of a channel."""
    status = models.CharField(max_length=16, blank=True)
    rights = models.JSONField(default=dict)
    slow_mode_s = models.PositiveIntegerField(default=0)
    problem = models.JSONField(default=dict)
    problem_since = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.space_id)


class TelegramButton(models.Model):
    """What a button stands for when that is too long for Telegram's 64 bytes; it carries the signed key."""

    key = models.CharField(max_length=16, primary_key=True)
    data = models.TextField()
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = (models.Index(fields=["created_at"], name="telegrambutton_at"),)

    def __str__(self) -> str:
        return self.key
