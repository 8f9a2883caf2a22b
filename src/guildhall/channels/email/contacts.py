"""The other side of each correspondence: its letters by Message-ID, and whether mail still reaches it.

An address that bounced for good, or was refused as unknown, is not written to again until it writes to us or
somebody here says so: servers that see us try dead addresses stop taking our letters at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from guildhall.channels.email import PLATFORM
from guildhall.channels.email.composing import Draft, subject_and_body
from guildhall.channels.email.decoding import address_of
from guildhall.channels.email.errors import Refused, reason_of
from guildhall.channels.email.models import EmailContact, EmailLetter, Mailbox
from guildhall.channels.email.reading import LONGEST_ADDRESS, space_of
from guildhall.channels.models import Space
from guildhall.channels.port import Inbound, Kind, SpaceRef
from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, NotFound
from guildhall.core.text import Text

ACTOR = "system:email"
_DO = Text(
    "Reach them another way. “Write to them again” on the mailbox's page tries once more.",
    "请通过其他方式联系。在邮箱页面点击“恢复写信”可再次尝试。",
)
_SOFT_MOST = 5
"""Reports of letters that are late, one after the other, before an address counts as dead."""


def follow(heard: Sequence[tuple[Inbound, Space]]) -> None:
    """Keep what only e-mail has of these. Inside the caller's transaction."""
    for inbound, space in heard:
        bounce = inbound.raw.get("bounce")
        if isinstance(bounce, dict):
            _note_bounce(space, inbound, bounce)
        elif inbound.kind is Kind.MESSAGE:
            _keep_heard(space, inbound)


def keep_sent(space_id: str, draft: Draft) -> None:
    """A letter of ours is on its way. Inside the caller's transaction; twice is the same as once."""
    subject, _ = subject_and_body(draft.text, draft.subject, draft.mailbox_name)
    EmailLetter.objects.get_or_create(
        space_id=space_id,
        message_id=draft.message_id,
        defaults={
            "thread": draft.references[0] if draft.references else draft.message_id,
            "subject": subject[:255],
            "references": list(draft.references),
            "is_ours": True,
            "at": draft.at,
        },
    )


def problem_of(space_id: str) -> tuple[Text, Text] | None:
    """(why mail does not reach them, what to do), None when nothing is known to be wrong."""
    told: Any = EmailContact.objects.filter(pk=space_id).values_list("problem", flat=True).first()
    if not told:
        return None
    return Text(told["en"], told["zh"]), Text(told["do_en"], told["do_zh"])


def note_refusal(space_id: str, address: str, refused: Refused) -> None:
    """Their server says that there is no such address."""
    with transaction.atomic():
        contact, _ = EmailContact.objects.get_or_create(space_id=space_id, defaults={"address": address})
        _close(contact, refused.reason, refused.enhanced)


def write_again(space_id: str, by: str) -> None:
    """Somebody wants an address that bounced to be tried again. Raises NotFound."""
    with transaction.atomic():
        contact = EmailContact.objects.select_for_update().filter(pk=space_id).first()
        if contact is None:
            raise NotFound(Text("There is no such correspondence.", "不存在该邮件往来。"))
        if contact.problem:
            _open(contact)
            audit.record(by, "email.address_opened", f"space:{space_id}")


def correspondence(mailbox: Mailbox, address: str, name: str = "") -> Space:
    """The space in which a mailbox of ours writes with an address, made when it is not there. Joins the
    caller's transaction. Raises BadInput.
    """
    from guildhall.channels.actions.finding import SpaceSeen, ensure_spaces  # it stands above the adapters

    to = address_of(address)
    if not to or len(to) > LONGEST_ADDRESS:
        raise BadInput(Text("This is not an e-mail address.", "这不是有效的邮箱地址。"), field="address")
    ref = SpaceRef(space_of(to, mailbox.pk), name or to, "private")
    space = ensure_spaces([SpaceSeen(PLATFORM, ref, mailbox.pk)]).spaces[PLATFORM, ref.external_id]
    EmailContact.objects.get_or_create(space=space, defaults={"address": to})
    return space


def _keep_heard(space: Space, inbound: Inbound) -> None:
    contact, _ = EmailContact.objects.get_or_create(
        space=space, defaults={"address": inbound.sender.external_id[:LONGEST_ADDRESS]}
    )
    authentic = inbound.raw.get("authentic")
    if contact.problem and not inbound.is_automatic and authentic is not False:
        _open(contact)  # who writes to us can be written to
    if contact.is_authentic is not authentic:
        contact.is_authentic = authentic
        contact.save(update_fields=["is_authentic"])
    EmailLetter.objects.get_or_create(
        space=space,
        message_id=inbound.message_id,
        defaults={
            "thread": inbound.thread_id,
            "subject": str(inbound.raw.get("subject", ""))[:255],
            "references": list(inbound.raw.get("references", ())),
            "is_automatic": inbound.is_automatic,
            "at": inbound.sent_at,
        },
    )


def _note_bounce(space: Space, inbound: Inbound, bounce: dict[str, Any]) -> None:
    """Only a letter that we sent in this very correspondence can have bounced."""
    letter = EmailLetter.objects.filter(space=space, message_id=inbound.message_id, is_ours=True).first()
    if letter is None:
        return
    for_good = bool(bounce.get("is_for_good"))
    status, said = str(bounce.get("status", "")), str(bounce.get("said", ""))
    if letter.bounced_at is None or (for_good and not letter.bounce.get("for_good")):
        letter.bounced_at = letter.bounced_at or clock.now()
        letter.bounce = {"status": status, "said": said, "for_good": for_good}
        letter.save(update_fields=["bounced_at", "bounce"])
        audit.record(ACTOR, "email.bounced", f"space:{space.pk}", {"status": status, "for_good": for_good})
    contact, _ = EmailContact.objects.get_or_create(
        space=space, defaults={"address": space.external_id.rpartition("/")[0]}
    )
    contact.bounces += 1
    if (for_good and status[:4] in ("", "5.1.", "5.2.", "5.4.")) or contact.bounces >= _SOFT_MOST:
        _close(contact, reason_of(status, said), status)
    else:
        contact.save(update_fields=["bounces"])


def _close(contact: EmailContact, reason: Text, status: str) -> None:
    if not contact.problem:
        audit.record(ACTOR, "email.address_closed", f"space:{contact.pk}", {"status": status})
    contact.problem = {
        "why": status or "bounced",
        "en": reason.en,
        "zh": reason.zh,
        "do_en": _DO.en,
        "do_zh": _DO.zh,
    }
    contact.problem_since = contact.problem_since or clock.now()
    contact.save()


def _open(contact: EmailContact) -> None:
    contact.problem, contact.problem_since, contact.bounces = {}, None, 0
    contact.save(update_fields=["problem", "problem_since", "bounces"])
