"""E-mail as the port sees it: letters come in, letters go out, and hardly anything else can be done.

What a refusal tells of an address or a mailbox is noted where Settings and the correspondence show it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from django.db import transaction

from guildhall.channels.capabilities import declare
from guildhall.channels.email import PLATFORM, contacts, mailboxes, reading
from guildhall.channels.email.cannot import CANNOT
from guildhall.channels.email.composing import Draft, File, compose, message_id
from guildhall.channels.email.decoding import address_of
from guildhall.channels.email.envelope import house_mark
from guildhall.channels.email.errors import Refused, SignInRefused
from guildhall.channels.email.models import EmailLetter, Mailbox
from guildhall.channels.email.posting import post
from guildhall.channels.models import Enclosure
from guildhall.channels.port import (
    Act,
    Capability,
    Inbound,
    Limits,
    Platform,
    Profile,
    Receipt,
    Refs,
    Verb,
)
from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, Permanent, Temporary, Unsupported
from guildhall.core.settings import settings
from guildhall.core.text import Text
from guildhall.effects.types import Mode

BOX_BUCKET, TO_BUCKET = "email:box:", "email:to:"
MOST_BYTES = 15 << 20
_PAUSED_S = 60.0
_TEST = Text(
    "A test letter of {house}\n\nEverything works: this letter can be deleted.",
    "{house} 的测试邮件\n\n一切正常，可以删除此邮件。",
)
_NO_CALLBACK = Text("A letter has no buttons that call back.", "邮件中没有可回调的按钮。")
_USE_LINK = Text("Give the button a link.", "请为按钮设置链接。")


class EmailAdapter:
    """E-mail. A letter is sent once; nothing that was sent can be changed."""

    platform: Platform = PLATFORM
    name = Text("E-mail", "电子邮件")
    capabilities: Mapping[Verb, Capability] = declare(set(Verb) - set(CANNOT), CANNOT)
    limits = Limits(text=50_000, buttons=10, media=10)
    shows_at_once = True

    def mode(self, verb: Verb) -> Mode:
        return Mode.ONCE

    def buckets(self, act: Act, refs: Refs) -> tuple[str, ...]:
        """Providers count letters by mailbox; nobody is written to faster than they could read."""
        return f"{BOX_BUCKET}{_ends(refs)[1]}"[:100], f"{TO_BUCKET}{act.space_id}"

    def parse(self, raw: bytes) -> Inbound:
        return reading.parse(raw)

    def check(self, act: Act, refs: Refs) -> None:
        if any(button.data and not button.url for button in act.buttons):
            raise Unsupported(_NO_CALLBACK, _USE_LINK)
        wrong = contacts.problem_of(act.space_id)
        if wrong is not None:
            raise Unsupported(*wrong)

    def perform(self, act: Act, refs: Refs) -> Receipt:
        try:
            self.check(act, refs)
        except Unsupported as refused:
            raise Permanent(refused.text) from refused
        to, mailbox_id = _ends(refs)
        mailbox = _mailbox(mailbox_id)
        draft = _draft(act, refs, mailbox, to)
        letter = compose(draft)
        try:
            post(mailboxes.server(mailbox, mailboxes.SMTP), mailbox.address, to, letter)
        except SignInRefused as refused:
            mailboxes.note_refused(mailbox.pk, mailboxes.SMTP, refused)
            raise
        except Refused as refused:
            if refused.is_address:
                contacts.note_refusal(act.space_id, to, refused)
            raise
        mailboxes.note_fine(mailbox.pk, mailboxes.SMTP)
        return Receipt(draft.message_id, record=partial(contacts.keep_sent, act.space_id, draft))

    def fetch(self, ref: str, receiver: str, most: int) -> bytes:
        from guildhall.channels.email import fetching  # loads the IMAP library

        return fetching.fetch(_at_work(receiver), ref, most)

    def profile(self, account_external_id: str, receiver: str) -> Profile:
        return Profile()


def send_test(mailbox: Mailbox, to: str, by: str, language: str = "en") -> None:
    """Send one letter at once, about nothing but itself, so that it needs no clearance.

    Raises BadInput, Temporary, Uncertain, Permanent.
    """
    address = address_of(to)
    if not address:
        raise BadInput(Text("This is not an e-mail address.", "这不是有效的邮箱地址。"), field="to")
    now = clock.now()
    key = message_id(mailboxes.id_key(), 0, now.isoformat(), address, mailbox.address)
    words = _TEST.format(house=settings.name).for_language(language)
    draft = Draft(key, house_mark(), mailbox.address, mailbox.name, address, words, now)
    post(mailboxes.server(_mailbox(mailbox.pk), mailboxes.SMTP), mailbox.address, address, compose(draft))
    with transaction.atomic():
        audit.record(by, "email.test_sent", f"mailbox:{mailbox.pk}")


def _ends(refs: Refs) -> tuple[str, str]:
    """The correspondent's address and our mailbox."""
    to, _, mailbox = refs.space_external_id.rpartition("/")
    return to, refs.receiver or mailbox


def _at_work(mailbox_id: str) -> Mailbox:
    """A mailbox that may be used now. Raises Permanent, Temporary."""
    mailbox = Mailbox.objects.filter(pk=mailbox_id).first()
    if mailbox is None:
        raise Permanent(Text("The mailbox was removed.", "该邮箱已移除。"))
    if mailbox.state == Mailbox.State.PAUSED:
        raise Temporary(
            Text(f"{mailbox.address} is paused.", f"{mailbox.address} 已暂停。"), retry_after=_PAUSED_S
        )
    return mailbox


def _mailbox(mailbox_id: str) -> Mailbox:
    """A mailbox that sends. Raises Permanent, Temporary."""
    mailbox = _at_work(mailbox_id)
    if not mailbox.smtp_host:
        raise Permanent(
            Text(
                f"{mailbox.address} has no SMTP server, so it only receives.",
                f"{mailbox.address} 未配置 SMTP 服务器，只能收信。",
            )
        )
    return mailbox


def _draft(act: Act, refs: Refs, mailbox: Mailbox, to: str) -> Draft:
    subject, references = "", list[str]()
    if act.verb is Verb.REPLY or refs.thread_external_id:
        subject, references = _thread(act.space_id, refs)
    return Draft(
        message_id=message_id(
            mailboxes.id_key(),
            refs.effect_id or clock.now().microsecond,
            act.space_id,
            act.text,
            mailbox.address,
        ),
        house=house_mark(),
        mailbox=mailbox.address,
        mailbox_name=mailbox.name,
        to=to,
        text=act.text,
        at=clock.now(),
        subject=subject,
        references=references,
        buttons=act.buttons,
        files=_files(act),
    )


def _thread(space_id: str, refs: Refs) -> tuple[str, list[str]]:
    """Subject and ids of the letter that is answered, else of the latest in its thread."""
    letters = EmailLetter.objects.filter(space_id=space_id)
    letter = (
        letters.filter(message_id=refs.reply_to_external_id).first() if refs.reply_to_external_id else None
    )
    if letter is None and refs.thread_external_id:
        letter = letters.filter(thread=refs.thread_external_id).order_by("-id").first()
    if letter is None:
        return "", [refs.reply_to_external_id] if refs.reply_to_external_id else []
    return letter.subject or "…", [*letter.references, letter.message_id]


def _files(act: Act) -> list[File]:
    found = Enclosure.objects.in_bulk(list(act.media))
    missing = [one for one in act.media if one not in found]
    if missing:
        raise Permanent(Text("A file to be enclosed is gone.", "要附上的文件已不存在。"))
    files = [File(found[one].name, found[one].mime, bytes(found[one].body)) for one in act.media]
    if sum(len(file.body) for file in files) > MOST_BYTES:
        raise Permanent(
            Text(
                f"Files of more than {MOST_BYTES >> 20} MB are too much for a letter.",
                f"附件总大小超过 {MOST_BYTES >> 20} MB，无法通过邮件发送。",
            )
        )
    return files
