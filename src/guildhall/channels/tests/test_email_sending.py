"""Letters through a real SMTP server: taken once, refused for good, tried again, or nobody knows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest

from guildhall.channels.actions import plan
from guildhall.channels.email import contacts, mailboxes
from guildhall.channels.email.models import EmailContact, EmailLetter, Mailbox
from guildhall.channels.models import Enclosure, Message, Space
from guildhall.channels.port import Act, Button, Verb
from guildhall.channels.testing.contract.samples import cleared
from guildhall.channels.tests.email_scene import OUR_ADDRESS, a_mailbox
from guildhall.channels.tests.mail_servers import PASSWORD, Outbox, smtp_server
from guildhall.core import clock, secrets
from guildhall.core.errors import BadInput, Unsupported
from guildhall.core.models import AuditEntry
from guildhall.effects import actions as effects
from guildhall.effects.models import Effect
from guildhall.effects.testing import drain

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.filterwarnings("ignore:Requiring AUTH")]
WORDS = "Withdrawals are open\n\n各位好，提现已恢复。"


@pytest.fixture(scope="module")
def server() -> Iterator[Outbox]:
    with smtp_server() as outbox:
        yield outbox


@pytest.fixture
def out(server: Outbox) -> Outbox:
    server.taken.clear()
    server.answers.clear()
    server.after_data.clear()
    server.vanishes = 0
    return server


@pytest.fixture
def mailbox(out: Outbox) -> Mailbox:
    return a_mailbox(smtp=out.port)


def with_ann(mailbox: Mailbox, address: str = "ann@example.org") -> Space:
    from django.db import transaction

    with transaction.atomic():
        return contacts.correspondence(mailbox, address, "Ann")


def send(space: Space, text: str = WORDS, verb: Verb = Verb.SEND, **more: object) -> Effect:
    from django.db import transaction

    act = Act(verb, space.pk, text=text, **more)  # type: ignore[arg-type]
    with transaction.atomic():
        effects.enqueue(plan(act, clearance=cleared(text), actor="staff:1"))
    drain()
    return Effect.objects.order_by("-id")[0]


def test_a_letter_arrives_with_its_subject_and_is_kept_as_a_message(mailbox: Mailbox, out: Outbox) -> None:
    space = with_ann(mailbox)
    assert send(space).state == "done"
    (letter,) = out.letters
    assert (letter["Subject"], letter["To"]) == ("Withdrawals are open", "ann@example.org")
    assert "Guild support" in letter["From"]
    assert out.taken[0].mail_from == OUR_ADDRESS
    body = letter.get_payload(decode=True)
    assert isinstance(body, bytes)
    assert body.decode().startswith("各位好，提现已恢复。")
    message = Message.objects.get()
    assert (message.direction, message.external_id) == ("out", letter["Message-ID"].strip("<>"))
    assert EmailLetter.objects.get().is_ours


def test_files_and_links_go_with_the_words(mailbox: Mailbox, out: Outbox) -> None:
    body = b"\x89PNG" + b"x" * 500
    digest = hashlib.sha256(body).hexdigest()
    Enclosure.objects.create(
        id=digest, name="图表.png", mime="image/png", size=len(body), body=body, by="staff:1"
    )
    button = Button("Open", "https://guild.example")
    assert send(with_ann(mailbox), media=(digest,), buttons=(button,)).state == "done"
    (letter,) = out.letters
    words, file = list(letter.walk())[1:]
    said = words.get_payload(decode=True)
    assert isinstance(said, bytes)
    assert b"Open: https://guild.example" in said
    assert file.get_payload(decode=True) == body
    assert "png" in str(file["Content-Disposition"])


def test_an_answer_stays_in_its_thread(mailbox: Mailbox, out: Outbox) -> None:
    space = with_ann(mailbox)
    now = clock.now()
    heard = Message.objects.create(
        space=space, external_id="q1@example.org", text="?", sent_at=now, received_at=now
    )
    EmailLetter.objects.create(
        space=space,
        message_id="q1@example.org",
        thread="q0@example.org",
        subject="Re: fees",
        references=["q0@example.org"],
    )
    assert send(space, "0.1 %", Verb.REPLY, reply_to=heard.pk).state == "done"
    (letter,) = out.letters
    assert letter["Subject"] == "Re: fees"
    assert letter["In-Reply-To"] == "<q1@example.org>"
    assert letter["References"] == "<q0@example.org> <q1@example.org>"


def test_an_unknown_address_is_refused_once_and_not_written_to_again(mailbox: Mailbox, out: Outbox) -> None:
    out.answers["ann@example.org"] = "550 5.1.1 no such user"
    space = with_ann(mailbox)
    assert send(space).state == "dead"
    assert EmailContact.objects.get().problem["zh"] == "收件地址不存在。"
    with pytest.raises(Unsupported):
        send(space)
    contacts.write_again(space.pk, "staff:1")
    out.answers.clear()
    assert send(space).state == "done"


def test_a_server_that_asks_to_wait_is_tried_again(mailbox: Mailbox, out: Outbox) -> None:
    out.answers["ann@example.org"] = "451 4.7.1 greylisted"
    effect = send(with_ann(mailbox))
    assert (effect.state, effect.attempts) == ("queued", 1)
    assert (effect.due_at - clock.now()).total_seconds() > 200


def test_a_letter_whose_answer_never_came_is_left_to_a_person(mailbox: Mailbox, out: Outbox) -> None:
    out.vanishes = 1
    effect = send(with_ann(mailbox))
    assert effect.state == "uncertain"
    assert not Message.objects.exists()
    effects.resolve_uncertain(effect.pk, "staff:1", happened=False)
    drain()
    first, second = out.letters
    assert first["Message-ID"] == second["Message-ID"]


def test_a_letter_refused_as_a_whole_did_not_go(mailbox: Mailbox, out: Outbox) -> None:
    out.after_data = ["554 5.7.1 looks like spam"]
    effect = send(with_ann(mailbox))
    assert effect.state == "dead"
    assert "5.7.1" in effect.error or "do not take" in effect.error or "does not take" in effect.error
    assert not EmailContact.objects.get().problem


def test_a_wrong_password_is_told_and_never_shown(mailbox: Mailbox, out: Outbox) -> None:
    mailboxes.change_mailbox(mailbox, "staff:1", {"smtp": "wrong-password-x"})
    effect = send(with_ann(mailbox))
    assert effect.state == "queued"
    mailbox.refresh_from_db()
    assert mailbox.problem["why"] == "smtp_refused"
    told = str(mailbox.problem) + effect.error + str(list(AuditEntry.objects.values_list("data", flat=True)))
    assert "wrong-password-x" not in told
    (step,) = [one for one in mailboxes.check_mailbox(mailbox) if one.what == "smtp"]
    assert step.wrong is not None
    mailboxes.change_mailbox(mailbox, "staff:1", {"smtp": PASSWORD})
    mailbox.refresh_from_db()
    assert mailbox.problem == {}


def test_a_server_that_is_not_there_is_tried_again(out: Outbox) -> None:
    mailbox = a_mailbox(smtp=1)
    assert send(with_ann(mailbox)).state == "queued"


def test_a_paused_mailbox_sends_nothing_until_it_is_resumed(mailbox: Mailbox, out: Outbox) -> None:
    mailboxes.pause(mailbox, "staff:1")
    assert send(with_ann(mailbox)).state == "queued"
    assert out.taken == []


def test_a_button_that_calls_back_is_refused(mailbox: Mailbox) -> None:
    with pytest.raises(Unsupported):
        send(with_ann(mailbox), buttons=(Button("Yes", data="yes"),))


def test_what_is_removed_takes_its_passwords_along(mailbox: Mailbox) -> None:
    assert len([name for name in secrets.names() if name.endswith(mailbox.pk)]) == 2
    mailboxes.remove(mailbox, "staff:1")
    assert [name for name in secrets.names() if name.endswith(mailbox.pk)] == []


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("address", {"address": "nobody"}), ("imap_host", {"imap_host": ""}), ("imap_port", {"imap_port": 0}),
        ("smtp_security", {"smtp_host": "mail.example.org", "smtp_security": "plain"}),
    ],
)  # fmt: skip
def test_what_cannot_be_a_mailbox_is_refused_by_name(field: str, said: dict[str, object]) -> None:
    given = {"imap_host": "mail.example.org", "imap_user": "u"} | said
    address = str(given.pop("address", OUR_ADDRESS))
    with pytest.raises(BadInput) as caught:
        mailboxes.add_mailbox(address, "staff:1", {}, **given)
    assert caught.value.field == field
