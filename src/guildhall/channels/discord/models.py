"""State that only Discord has: our bots and their gateway sessions, what each may do in a server, invites,
talks, and what a button or a command waits for.

Tokens are not here: `core.secrets` keeps them under `secret_name(bot_id)`. Discord's ids are 63-bit numbers;
those of bots are kept as numbers, all others as text, as the port has them.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from guildhall.core import clock
from guildhall.core.ids import IdField


def secret_name(bot_id: int) -> str:
    """Under which name `core.secrets` keeps a bot's token."""
    return f"discord.token.{bot_id}"


class DiscordBot(models.Model):
    """One of our bots. `problem` is {why, en, zh, do_en, do_zh} while something is wrong with it, else {}."""

    class State(models.TextChoices):
        ACTIVE = "active", _("at work")
        PAUSED = "paused", _("paused")
        REVOKED = "revoked", _("token revoked")

    id = IdField()
    bot_id = models.BigIntegerField(unique=True)
    """Discord's id of the bot as a user; inbound names it as the receiver."""
    application_id = models.BigIntegerField()
    username = models.CharField(max_length=64)
    name = models.CharField(max_length=128)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    facts = models.JSONField(default=dict)
    """What Discord said last of the application: `flags` (which privileged intents it may ask for), `public`
    (whether anybody may add it), `shards` (how many Discord recommends)."""
    commands = models.CharField(max_length=64, blank=True)
    """SHA-256 of the commands registered last, '' when none are."""
    shard_count = models.PositiveSmallIntegerField(default=1)
    problem = models.JSONField(default=dict)
    problem_since = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=60)
    created_at = models.DateTimeField(default=clock.now)
    checked_at = models.DateTimeField(null=True)
    last_event_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("Discord bot")
        verbose_name_plural = _("Discord bots")

    def __str__(self) -> str:
        return f"@{self.username}"


class DiscordShard(models.Model):
    """One gateway connection of a bot. `session`, `resume_url` and `seq` stand for what was *committed*: from
    there Discord repeats. `gap_since`: events from then on may be missing and have to be fetched by REST.

    `lease_owner` is the gateway process that holds the connection until `lease_until`.
    """

    bot = models.ForeignKey(DiscordBot, on_delete=models.CASCADE, related_name="shards", db_index=False)
    number = models.PositiveSmallIntegerField()
    session = models.CharField(max_length=190, blank=True)
    resume_url = models.CharField(max_length=255, blank=True)
    seq = models.BigIntegerField(null=True)
    gap_since = models.DateTimeField(null=True)
    connected_at = models.DateTimeField(null=True)
    lease_owner = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["bot", "number"], name="discordshard_once"),)

    def __str__(self) -> str:
        return f"{self.bot_id}/{self.number}"


class DiscordServer(models.Model):
    """What only Discord has of a server. `status`: `inside`, `away` (an outage at Discord) or `out`.

    `permissions` are the bot's own in the server as a bit set, before any channel's overwrites; `roles` is
    {role id: {name, position, permissions, managed}}, `channels` {channel id: {name, type, parent,
    overwrites, slow}} with overwrites as Discord tells them. `locked` is {channel id: overwrites of @everyone
    as they stood} while the server is locked, else {}.
    """

    space = models.OneToOneField(
        "channels.Space", on_delete=models.CASCADE, primary_key=True, related_name="discord"
    )
    status = models.CharField(max_length=10, blank=True)
    owner = models.CharField(max_length=40, blank=True)
    permissions = models.BigIntegerField(default=0)
    bot_roles = models.JSONField(default=list)
    top_position = models.PositiveIntegerField(default=0)
    """Where the bot's highest role stands; it acts only upon those below."""
    roles = models.JSONField(default=dict)
    channels = models.JSONField(default=dict)
    locked = models.JSONField(default=dict)
    verification_level = models.PositiveSmallIntegerField(default=0)
    features = models.JSONField(default=list)
    preferred_locale = models.CharField(max_length=10, blank=True)
    member_count = models.PositiveIntegerField(default=0)
    system_channel = models.CharField(max_length=40, blank=True)
    rules_channel = models.CharField(max_length=40, blank=True)
    updates_channel = models.CharField(max_length=40, blank=True)
    problem = models.JSONField(default=dict)
    problem_since = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.space_id)


class DiscordInvite(models.Model):
    """An invite of a server as known last; joins are told apart by what became of its `uses`.

    `by` is who of us made it (an actor) or '' for one made in Discord by `inviter`; `max_uses` 0: no limit.
    """

    class State(models.TextChoices):
        OPEN = "open", _("open")
        USED = "used", _("used up")
        EXPIRED = "expired", _("expired")
        REVOKED = "revoked", _("revoked")

    space = models.ForeignKey(
        "channels.Space", on_delete=models.CASCADE, related_name="discord_invites", db_index=False
    )
    code = models.CharField(max_length=100)
    name = models.CharField(max_length=120, blank=True)
    """What we call it, such as a campaign; `SpaceMember.invite` carries it of those who came by it."""
    channel = models.CharField(max_length=40, blank=True)
    inviter = models.CharField(max_length=40, blank=True)
    by = models.CharField(max_length=60, blank=True)
    uses = models.PositiveIntegerField(default=0)
    max_uses = models.PositiveIntegerField(default=0)
    temporary = models.BooleanField(default=False)
    expires_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    created_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["space", "code"], name="discordinvite_once"),)
        indexes = (models.Index(fields=["space", "state"], name="discordinvite_state"),)

    def __str__(self) -> str:
        return self.code


class DiscordTalk(models.Model):
    """The channel of one person's private talk with a bot. `closed_at`: they take no messages from it."""

    bot = models.ForeignKey(DiscordBot, on_delete=models.CASCADE, related_name="talks", db_index=False)
    user = models.CharField(max_length=40)
    channel = models.CharField(max_length=40, blank=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["bot", "user"], name="discordtalk_once"),)

    def __str__(self) -> str:
        return f"{self.user}/{self.bot_id}"


class DiscordInteraction(models.Model):
    """A press or command that Discord wants answered: within three seconds the first time, then for fifteen
    minutes. `token` lets anybody answer in our name for that long and is forgotten afterwards.

    `kind` is Discord's type: 2 command, 3 component, 5 form. `acknowledged_at`: the first answer was given.
    """

    id = models.CharField(max_length=40, primary_key=True)
    application_id = models.BigIntegerField()
    token = models.TextField()
    kind = models.PositiveSmallIntegerField()
    locale = models.CharField(max_length=10, blank=True)
    at = models.DateTimeField(default=clock.now)
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["at"], name="discordinteraction_at"),)

    def __str__(self) -> str:
        return self.id


class DiscordButton(models.Model):
    """What a button stands for when that is too long for Discord's 100 characters; that carries its key."""

    key = models.CharField(max_length=16, primary_key=True)
    data = models.TextField()
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = (models.Index(fields=["created_at"], name="discordbutton_at"),)

    def __str__(self) -> str:
        return self.key
