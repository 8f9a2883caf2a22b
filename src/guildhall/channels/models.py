"""State of channels: spaces, messages with their versions, who is in which space, what could not be
understood.

Constraints hold what makes every writer idempotent: one message per platform id in a space, one membership
per account. Rows are written by `actions` only; the hot path fills them with raw batches, so every column
is given a value there.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from guildhall.channels.port import MemberState
from guildhall.core import clock
from guildhall.core.ids import IdField
from guildhall.people.models import Account

EXTERNAL_ID_LENGTH = 190
"""Longest platform id we keep; adapters refuse longer ones as bad input."""


class Space(models.Model):
    """A group, channel or room where members talk, on one platform.

    `region` is the legal region of its audience (ISO 3166, such as SG or AE-DU) or '' when unknown;
    `settings` holds what one platform or room needs (web chat: `welcome`, `allowed_origins`, `text_limit`,
    `is_open`).
    """

    id = IdField()
    platform = models.CharField(max_length=30)
    external_id = models.CharField(max_length=EXTERNAL_ID_LENGTH)
    slug = models.SlugField(max_length=80, unique=True)
    kind = models.CharField(max_length=12, blank=True)
    """As in `SpaceRef.kind`; `private` is one person's talk with one of our bots."""
    receiver = models.CharField(max_length=40, blank=True)
    """Which of our own accounts on the platform serves it (a bot's id), where there can be several."""
    name = models.CharField(max_length=255)
    language = models.CharField(max_length=10, default="en")
    region = models.CharField(max_length=6, blank=True)
    tier = models.CharField(max_length=40, blank=True)
    theme = models.CharField(max_length=40, blank=True)
    settings = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("chat space")
        verbose_name_plural = _("chat spaces")
        constraints = (models.UniqueConstraint(fields=["platform", "external_id"], name="space_identity"),)
        indexes = (
            models.Index(fields=["name", "id"], name="space_name"),
            models.Index(fields=["platform", "receiver"], name="space_receiver"),
        )

    def __str__(self) -> str:
        return self.name


class Message(models.Model):
    """One message as it stands now. `visible` is what members see; a removed one keeps its text for review
    and appeal.

    `external_id` and `reply_to` are the platform's ids; offsets in `entities` and `links` are code points
    of `text`. `text_hash` is 16 hex digits of the canonical text, or '' when it is too short to mean
    anything.
    """

    class Direction(models.TextChoices):
        IN = "in", _("received")
        OUT = "out", _("sent by us")

    id = IdField()
    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="messages", db_index=False)
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="messages", null=True, db_index=False
    )
    direction = models.CharField(max_length=3, choices=Direction.choices, default=Direction.IN)
    external_id = models.CharField(max_length=EXTERNAL_ID_LENGTH)
    version = models.PositiveIntegerField(default=1)
    text = models.TextField(blank=True)
    entities = models.JSONField(default=list)
    links = models.JSONField(default=list)
    media = models.JSONField(default=list)
    reply_to = models.CharField(max_length=EXTERNAL_ID_LENGTH, blank=True)
    thread_id = models.CharField(max_length=EXTERNAL_ID_LENGTH, blank=True)
    forwarded_from = models.CharField(max_length=255, blank=True)
    sent_at = models.DateTimeField()
    received_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True)
    visible = models.BooleanField(default=True)
    removed_at = models.DateTimeField(null=True)
    removed_by = models.CharField(max_length=60, blank=True)
    text_hash = models.CharField(max_length=16, blank=True)
    extra = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    """What few messages have: album, quote, via_bot, on_behalf_of, signature, automatic."""
    indexed = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("chat message")
        verbose_name_plural = _("chat messages")
        constraints = (models.UniqueConstraint(fields=["space", "external_id"], name="message_identity"),)
        indexes = (
            models.Index(fields=["space", "id"], name="message_space"),
            models.Index(fields=["account", "id"], name="message_account"),
            models.Index(fields=["text_hash", "received_at", "account", "space"], name="message_copies"),
            models.Index(fields=["id"], name="message_unindexed", condition=Q(indexed=False)),
            models.Index(fields=["id"], name="message_removed", condition=Q(removed_at__isnull=False)),
        )

    def __str__(self) -> str:
        return self.id


class MessageVersion(models.Model):
    """What a message said before an edit. The present wording stands in the message itself."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="versions", db_index=False)
    version = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    edited_at = models.DateTimeField(null=True)
    """When this wording came to stand (null for the first one)."""

    class Meta:
        constraints = (models.UniqueConstraint(fields=["message", "version"], name="messageversion_once"),)

    def __str__(self) -> str:
        return f"{self.message_id} v{self.version}"


class SpaceMember(models.Model):
    """One account in one space: its standing there, and what guard needs to know of its past.

    `until` ends a restriction or ban by itself; `state_at` is when the platform last said what the state is
    (null when it never did); `message_count` counts recorded messages, not deliveries.
    """

    STATES = tuple((state.value, state.value) for state in MemberState)

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="members", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="memberships")
    state = models.CharField(max_length=12, choices=STATES, default=MemberState.MEMBER.value)
    until = models.DateTimeField(null=True)
    state_at = models.DateTimeField(null=True)
    may_restrict = models.BooleanField(default=True, db_default=True)
    """Of an administrator: whether the platform lets them mute and ban others here."""
    joined_at = models.DateTimeField(null=True)
    invite = models.CharField(max_length=190, blank=True, db_default="")
    """Name of the invite link they last came by, else the link itself; '' when the platform did not tell."""
    left_at = models.DateTimeField(null=True)
    first_message_at = models.DateTimeField(null=True)
    last_message_at = models.DateTimeField(null=True)
    message_count = models.PositiveIntegerField(default=0)
    strikes = models.PositiveIntegerField(default=0)
    last_strike_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["space", "account"], name="spacemember_once"),)
        indexes = (
            models.Index(
                fields=["space", "state"],
                name="spacemember_special",
                condition=~Q(state=MemberState.MEMBER.value),
            ),
        )

    def __str__(self) -> str:
        return f"{self.space_id}/{self.account_id}"


class JoinRequest(models.Model):
    """Somebody waits, or waited, to be let into a space. The platform keeps one open request a person."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        APPROVED = "approved", _("let in")
        DECLINED = "declined", _("turned away")

    id = IdField()
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="join_requests", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="join_requests")
    invite = models.CharField(max_length=190, blank=True)
    about = models.TextField(blank=True)
    """What they say of themselves (Telegram: the bio)."""
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    decided_by = models.CharField(max_length=60, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["space", "account", "asked_at"], name="joinrequest_once"),
        )
        indexes = (models.Index(fields=["state", "space", "id"], name="joinrequest_state"),)

    def __str__(self) -> str:
        return self.id


class Reaction(models.Model):
    """How one account reacts to one message now; `reactions` are emoji or the platform's ids of one. The row
    of account null holds what the platform only counts: a list of [reaction, number].
    """

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="reactions")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, null=True, related_name="reactions")
    reactions = models.JSONField(default=list)
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["message", "account"], name="reaction_once", condition=Q(account__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["message"], name="reaction_counts_once", condition=Q(account__isnull=True)
            ),
        )

    def __str__(self) -> str:
        return f"{self.message_id}/{self.account_id}"


class Poll(models.Model):
    """A poll as it stood when last heard of: `options` is a list of [text, votes]."""

    platform = models.CharField(max_length=30)
    external_id = models.CharField(max_length=EXTERNAL_ID_LENGTH)
    message = models.ForeignKey(Message, on_delete=models.SET_NULL, null=True, related_name="polls")
    question = models.TextField(blank=True)
    options = models.JSONField(default=list)
    is_closed = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["platform", "external_id"], name="poll_identity"),)

    def __str__(self) -> str:
        return f"{self.platform}/{self.external_id}"


class Topic(models.Model):
    """A part of a space: a topic, a Discord channel, a thread or forum post; messages name it by `thread_id`.

    `kind` is the platform's word (`text`, `news`, `forum`, `thread`, `voice`), '' where it has one; `parent`
    the platform id of the topic it hangs under, or ''. `language` is that of its talk where it differs from
    the space's; `announces`: what is said to the whole space in that language is said here.
    """

    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="topics", db_index=False)
    external_id = models.CharField(max_length=EXTERNAL_ID_LENGTH)
    name = models.CharField(max_length=255, blank=True)
    is_closed = models.BooleanField(default=False)
    kind = models.CharField(max_length=12, blank=True, db_default="")
    parent = models.CharField(max_length=EXTERNAL_ID_LENGTH, blank=True, db_default="")
    language = models.CharField(max_length=10, blank=True, db_default="")
    announces = models.BooleanField(default=False, db_default=False)
    gone_at = models.DateTimeField(null=True)
    last_message = models.CharField(max_length=EXTERNAL_ID_LENGTH, blank=True, db_default="")
    """Where a platform has to be asked for what was missed: the id up to which everything is recorded."""

    class Meta:
        constraints = (models.UniqueConstraint(fields=["space", "external_id"], name="topic_identity"),)

    def __str__(self) -> str:
        return self.name or self.external_id


class Delivery(models.Model):
    """A delivery that was recorded (`platform:receiver:id`), so that a platform may send it again. Kept for
    days, longer than any platform repeats itself.
    """

    key = models.CharField(max_length=EXTERNAL_ID_LENGTH, primary_key=True)
    at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["at"], name="delivery_at"),)

    def __str__(self) -> str:
        return self.key


class Quarantine(models.Model):
    """Input that could not be understood, kept whole with the reason (`{en, zh}`) until a person decides.

    `digest` is the SHA-256 of platform and bytes: the same bad delivery twice is one row.
    """

    class State(models.TextChoices):
        NEW = "new", _("waiting")
        RELEASED = "released", _("sent through again")
        DISCARDED = "discarded", _("discarded")

    id = IdField()
    platform = models.CharField(max_length=30)
    digest = models.CharField(max_length=64, unique=True)
    raw = models.BinaryField()
    reason = models.JSONField(default=dict)
    at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.NEW)
    decided_by = models.CharField(max_length=60, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("quarantined input")
        verbose_name_plural = _("quarantined input")
        indexes = (models.Index(fields=["state", "id"], name="quarantine_state"),)

    def __str__(self) -> str:
        return self.id


class SearchDoc(models.Model):
    """The search terms of one message. Its integer key is that of the full-text index and grows in order of
    arrival.
    """

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="search")
    version = models.PositiveIntegerField()
    terms = models.TextField()

    def __str__(self) -> str:
        return str(self.message_id)


class Enclosure(models.Model):
    """A file to send, by the SHA-256 of its bytes: one picture to 10,000 chats is one row.

    `kept` are the platforms' own ids of it once uploaded there ({`telegram:<bot>`: file id}), so that it
    travels once; `size` in bytes.
    """

    id = models.CharField(primary_key=True, max_length=64)
    name = models.CharField(max_length=120)
    mime = models.CharField(max_length=80)
    size = models.PositiveIntegerField()
    body = models.BinaryField()
    kept = models.JSONField(default=dict)
    by = models.CharField(max_length=60)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("file to send")
        verbose_name_plural = _("files to send")

    def __str__(self) -> str:
        return self.name


from guildhall.channels.discord.models import (  # noqa: E402, F401 - Django looks for models here
    DiscordBot,
    DiscordButton,
    DiscordInteraction,
    DiscordInvite,
    DiscordServer,
    DiscordShard,
    DiscordTalk,
)
from guildhall.channels.email import models as email_models  # noqa: E402, F401
from guildhall.channels.telegram.models import TelegramBot, TelegramButton, TelegramChat  # noqa: E402, F401 - Django looks for models here
from guildhall.channels.wecom import models as wecom_models  # noqa: E402, F401
