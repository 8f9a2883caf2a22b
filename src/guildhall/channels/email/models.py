"""State that only e-mail has: our mailboxes, letters by their Message-ID, and whom mail no longer reaches.

Passwords and signing secrets are not here: `core.secrets` keeps them under `secret_name(...)`.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from guildhall.core import clock
from guildhall.core.ids import IdField

LETTER_ID_LENGTH = 190


def secret_name(mailbox_id: str, what: str) -> str:
    """Under which name `core.secrets` keeps a secret of a mailbox; `what` is imap, smtp or hook."""
    return f"email.{what}.{mailbox_id}"


class Mailbox(models.Model):
    """One of our own addresses. `problem` is {why, en, zh, do_en, do_zh} while something is wrong, else {}.

    `uid_validity` and `last_uid` say up to where the folder was recorded; 0 and 0: never read. `signs` is the
    name the receiving server signs its `Authentication-Results` with, or '' when there is none to believe.
    `lease_owner` is the gateway process that reads it until `lease_until`.
    """

    class State(models.TextChoices):
        ACTIVE = "active", _("at work")
        PAUSED = "paused", _("paused")
        REFUSED = "refused", _("sign-in refused")

    class Way(models.TextChoices):
        IMAP = "imap", _("we read the folder (IMAP)")
        WEBHOOK = "webhook", _("a provider calls us (webhook)")

    class Security(models.TextChoices):
        TLS = "tls", _("TLS from the start")
        STARTTLS = "starttls", _("STARTTLS")
        PLAIN = "plain", _("none (this machine only)")

    id = IdField()
    address = models.CharField(max_length=120, unique=True)
    name = models.CharField(max_length=80, blank=True)
    """What letters from it say beside the address."""
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    way = models.CharField(max_length=10, choices=Way.choices, default=Way.IMAP)
    imap_host = models.CharField(max_length=120, blank=True)
    imap_port = models.PositiveIntegerField(default=993)
    imap_security = models.CharField(max_length=10, choices=Security.choices, default=Security.TLS)
    imap_user = models.CharField(max_length=120, blank=True)
    folder = models.CharField(max_length=120, default="INBOX")
    smtp_host = models.CharField(max_length=120, blank=True)
    smtp_port = models.PositiveIntegerField(default=465)
    smtp_security = models.CharField(max_length=10, choices=Security.choices, default=Security.TLS)
    smtp_user = models.CharField(max_length=120, blank=True)
    signs = models.CharField(max_length=120, blank=True)
    uid_validity = models.BigIntegerField(default=0)
    last_uid = models.BigIntegerField(default=0)
    problem = models.JSONField(default=dict)
    problem_since = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=60)
    created_at = models.DateTimeField(default=clock.now)
    checked_at = models.DateTimeField(null=True)
    last_heard_at = models.DateTimeField(null=True)
    lease_owner = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("mailbox")
        verbose_name_plural = _("mailboxes")

    def __str__(self) -> str:
        return self.address


class EmailLetter(models.Model):
    """A letter by its Message-ID, so that answers find their thread and bounces find what bounced.

    `message_id` and `thread` are without angle brackets; `references` lists the thread's ids, oldest first.
    """

    space = models.ForeignKey(
        "channels.Space", on_delete=models.CASCADE, related_name="letters", db_index=False
    )
    message_id = models.CharField(max_length=LETTER_ID_LENGTH)
    thread = models.CharField(max_length=LETTER_ID_LENGTH, blank=True)
    subject = models.CharField(max_length=255, blank=True)
    references = models.JSONField(default=list)
    is_ours = models.BooleanField(default=False)
    is_automatic = models.BooleanField(default=False)
    at = models.DateTimeField(default=clock.now)
    bounced_at = models.DateTimeField(null=True)
    bounce = models.JSONField(default=dict)
    """{status, said, for_good} of the report that it did not arrive."""

    class Meta:
        constraints = (models.UniqueConstraint(fields=["space", "message_id"], name="emailletter_once"),)
        indexes = (models.Index(fields=["space", "thread", "id"], name="emailletter_thread"),)

    def __str__(self) -> str:
        return self.message_id


class EmailContact(models.Model):
    """What we know of the way to one correspondent. `problem` as of a mailbox: why mail does not reach them.

    `is_authentic`: the last letter was signed for by its own domain (SPF, DKIM or DMARC), None when nobody
    looked.
    """

    space = models.OneToOneField(
        "channels.Space", on_delete=models.CASCADE, primary_key=True, related_name="email"
    )
    address = models.CharField(max_length=163)
    is_authentic = models.BooleanField(null=True)
    problem = models.JSONField(default=dict)
    problem_since = models.DateTimeField(null=True)
    bounces = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = (models.Index(fields=["address"], name="emailcontact_address"),)

    def __str__(self) -> str:
        return self.address
