"""Letters from a real IMAP server and from a provider's webhook: each recorded once, whatever happens."""

from __future__ import annotations

import base64
import io
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from django.db import connection, transaction

from guildhall.channels.email import contacts, mailboxes
from guildhall.channels.email.adapter import EmailAdapter
from guildhall.channels.email.hook import PREFIX, signature
from guildhall.channels.email.models import EmailContact, EmailLetter, Mailbox, secret_name
from guildhall.channels.models import Message, Quarantine, Space
from guildhall.channels.tests.email_scene import a_mailbox, bounce, letter, wrapped
from guildhall.channels.tests.mail_servers import Inbox, imap_server
from guildhall.core import clock, secrets
from guildhall.effects.models import Effect
from guildhall.intake import batcher, door, email_listening, pipeline
from guildhall.intake.door import Door
from guildhall.intake.email_listening import EmailListening
from guildhall.intake.gateway import Gateway
from guildhall.intake.pipeline import Raw, Status, ingest
from guildhall.people.actions import create_staff, erase_member, link_staff_account
from guildhall.people.models import Account

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def server() -> Iterator[Inbox]:
    with imap_server() as inbox:
        yield inbox


@pytest.fixture
def inbox(server: Inbox) -> Inbox:
    with server.signed_in() as imap:
        imap.select_folder("INBOX")
        found = imap.search()
        if found:
            imap.delete_messages(found)
            imap.expunge()
    return server


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Gateway]]:
    monkeypatch.setattr(email_listening, "WAIT_S", 0.1)
    running: list[tuple[Gateway, threading.Thread]] = []

    def start() -> Gateway:
        gateway = Gateway("gateway-test", [EmailListening()], look_s=0.02)
        thread = threading.Thread(target=gateway.run)
        thread.start()
        running.append((gateway, thread))
        return gateway

    yield start
    for gateway, thread in running:
        listeners = list(gateway.listeners.values())
        gateway.stop()
        thread.join(10)
        for listener in listeners:
            listener.join(10)


def until(holds: Callable[[], bool]) -> None:
    for _ in range(500):
        if holds():
            return
        time.sleep(0.02)
    raise AssertionError("it never came about")


def begun(mailbox: Mailbox) -> bool:
    mailbox.refresh_from_db()
    return mailbox.uid_validity != 0


def test_what_comes_after_the_mailbox_was_connected_is_recorded_and_the_folder_stays_as_it_is(
    inbox: Inbox, read: Callable[[], Gateway]
) -> None:
    inbox.deliver(letter("from before our time", message_id="old@x"))
    mailbox = a_mailbox(imap=inbox.port)
    read()
    until(lambda: begun(mailbox))
    inbox.deliver(letter("手续费怎么算？", message_id="a@x"), letter("two", message_id="b@x"))
    until(lambda: Message.objects.count() == 2)
    assert set(Message.objects.values_list("text", flat=True)) == {"手续费怎么算？", "two"}
    space = Space.objects.get()
    assert (space.kind, space.external_id) == ("private", f"ann@example.org/{mailbox.pk}")
    assert inbox.seen() == 0
    assert not Effect.objects.filter(kind="channels.act").exists()


def test_a_gateway_that_died_after_the_commit_records_nothing_twice_and_misses_nothing(
    inbox: Inbox, read: Callable[[], Gateway]
) -> None:
    mailbox = a_mailbox(imap=inbox.port)
    gateway = read()
    until(lambda: begun(mailbox))
    inbox.deliver(letter("one", message_id="a@x"))
    until(lambda: Message.objects.count() == 1)
    until(lambda: Mailbox.objects.get().last_uid > mailbox.last_uid)
    gateway.stop()
    # As if it had died between the commit and the note of how far it got.
    Mailbox.objects.update(last_uid=mailbox.last_uid, lease_owner="", lease_until=None)
    inbox.deliver(letter("two", message_id="b@x"))
    read()
    until(lambda: Message.objects.count() == 2)
    assert not Quarantine.objects.exists()


def test_letters_numbered_anew_are_known_by_their_ids(inbox: Inbox, read: Callable[[], Gateway]) -> None:
    mailbox = a_mailbox(imap=inbox.port)
    gateway = read()
    until(lambda: begun(mailbox))
    inbox.deliver(letter("one", message_id="a@x"))
    until(lambda: Message.objects.count() == 1)
    gateway.stop()
    Mailbox.objects.update(uid_validity=4711, last_uid=900_000, lease_owner="", lease_until=None)
    inbox.deliver(letter("two", message_id="b@x"))
    read()
    until(lambda: Message.objects.count() == 2)
    inbox.deliver(letter("three", message_id="c@x"))
    until(lambda: Message.objects.count() == 3)
    assert not Quarantine.objects.exists()


def test_another_folder_is_read_from_the_moment_it_is_chosen(
    inbox: Inbox, read: Callable[[], Gateway]
) -> None:
    with inbox.signed_in() as imap:
        if not imap.folder_exists("Support"):
            imap.create_folder("Support")
    mailbox = a_mailbox(imap=inbox.port)
    read()
    until(lambda: begun(mailbox))
    mailboxes.change_mailbox(mailbox, "staff:1", {}, folder="Support")
    until(lambda: begun(mailbox))
    inbox.deliver(letter("in the other folder", message_id="o@x"), folder="Support")
    until(lambda: Message.objects.count() == 1)


def test_a_refused_password_stops_the_reading_until_there_is_another(
    inbox: Inbox, read: Callable[[], Gateway]
) -> None:
    mailbox = a_mailbox(imap=inbox.port)
    secrets.put(secret_name(mailbox.pk, "imap"), "wrong")
    read()
    until(lambda: Mailbox.objects.get().state == "refused")
    assert Mailbox.objects.get().problem["why"] == "imap_refused"
    from guildhall.channels.tests.mail_servers import PASSWORD

    mailboxes.change_mailbox(mailbox, "staff:1", {"imap": PASSWORD})
    until(lambda: begun(mailbox))
    assert Mailbox.objects.get().problem == {}


def test_what_came_along_is_fetched_from_the_folder(inbox: Inbox) -> None:
    mailbox = a_mailbox(imap=inbox.port)
    file = b"From: a@example.org\r\nMessage-ID: <f@x>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
    file += b"Content-Type: text/plain\r\n\r\nlook\r\n--b\r\nContent-Type: image/png; name=x.png\r\n"
    file += b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(b"picture" * 30) + b"--b--\r\n"
    inbox.deliver(file)
    from guildhall.channels.email.folder import Folder

    folder = Folder(mailboxes.server(mailbox, "imap"), "INBOX")
    uid = folder.after(0, 10)[-1]
    folder.close()
    assert EmailAdapter().fetch(f"{folder.validity}:{uid}:2", mailbox.pk, 1000) == b"picture" * 30


# What is recorded, without a server


def take(*bodies: bytes) -> list[Status]:
    return [one.status for one in ingest([Raw("email", body, clock.now()) for body in bodies])]


def test_nothing_in_a_letter_is_a_command_even_when_it_says_it_comes_from_staff() -> None:
    staff = create_staff(email="boss@guild.example", name="Boss", roles=["owner"], by="system:test")
    take(wrapped(letter("hello", sender="boss@guild.example")))
    with transaction.atomic():
        link_staff_account(Account.objects.get().pk, staff.pk, by=staff)
    take(wrapped(letter("/ban @ann", sender="boss@guild.example", message_id="m2@x"), uid="7:102"))
    assert not Effect.objects.exists()


def test_a_bounce_is_matched_to_the_letter_and_closes_the_address_until_it_writes() -> None:
    mailbox = a_mailbox()
    with transaction.atomic():
        space = contacts.correspondence(mailbox, "ann@example.org")
    ours = "gh." + "ab" * 20 + "@guild.example"
    EmailLetter.objects.create(space=space, message_id=ours, is_ours=True)
    body = wrapped(bounce(ours), mailbox=mailbox.pk, uid="7:1")
    assert take(body, body) == [Status.RECORDED, Status.DUPLICATE]
    sent = EmailLetter.objects.get()
    assert sent.bounced_at is not None
    assert sent.bounce["status"] == "5.1.1"
    assert EmailContact.objects.get().problem["en"] == "There is no such address."
    assert not Message.objects.exists()
    take(wrapped(letter("I am here"), mailbox=mailbox.pk, uid="7:2"))
    assert EmailContact.objects.get().problem == {}


def test_whoever_is_erased_leaves_no_address_and_no_subject_behind() -> None:
    take(wrapped(letter("hello", Subject="My withdrawal")))
    account = Account.objects.get()
    erase_member(account.member_id, "system:test")
    space = Space.objects.get()
    assert "ann" not in space.external_id + space.name + space.slug
    assert not EmailContact.objects.exists()
    assert not EmailLetter.objects.exists()


def test_a_forged_bounce_of_a_letter_never_sent_changes_nothing() -> None:
    mailbox = a_mailbox()
    with transaction.atomic():
        contacts.correspondence(mailbox, "ann@example.org")
    take(wrapped(bounce("gh." + "cd" * 20 + "@guild.example"), mailbox=mailbox.pk))
    assert EmailContact.objects.get().problem == {}


# The webhook


class Asked:
    """Calls to the door."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        self.secret = secrets.get(secret_name(mailbox.pk, "hook")).encode()
        self.door = Door(lambda _environ, _start: [b""])

    def __call__(self, body: bytes, kind: str = "application/json", *, at: int = 0, signed: str = "") -> int:
        at = at or int(clock.now().timestamp())
        environ: dict[str, Any] = {
            "PATH_INFO": f"{PREFIX}{self.mailbox.pk}", "REQUEST_METHOD": "POST", "CONTENT_TYPE": kind,
            "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body),
            "HTTP_GUILDHALL_SIGNATURE": f"t={at},v1={signed or signature(self.secret, body, at)}",
        }  # fmt: skip
        said: list[str] = []
        self.door(environ, lambda line, headers: said.append(line))  # type: ignore[arg-type]
        return int(said[0].split()[0])


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Asked:
    def closing(batch: Any) -> Any:
        try:
            return pipeline.ingest(batch)
        finally:
            connection.close()

    monkeypatch.setattr(batcher, "ingest", closing)
    monkeypatch.setattr(batcher, "_of_process", None)
    assert door.PATIENCE_S
    return Asked(a_mailbox(way="webhook"))


def test_a_provider_may_bring_a_letter_whole_in_base64_or_taken_apart(ask: Asked) -> None:
    assert ask(letter("whole", message_id="a@x"), "message/rfc822") == 200
    raw = base64.b64encode(letter("packed", message_id="b@x")).decode()
    assert ask(orjson.dumps({"raw": raw})) == 200
    fields = {
        "from": "李四 <li@qq.com>", "subject": "回复：提现", "text": "收到了", "message_id": "<c@x>",
        "in_reply_to": "<b@x>", "references": ["<a@x>", "<b@x>"],
        "attachments": [{"name": "单据.png", "mime": "image/png", "content": "aGk="}],
    }  # fmt: skip
    assert ask(orjson.dumps(fields)) == 200
    assert list(Message.objects.order_by("id").values_list("text", flat=True)) == [
        "whole",
        "packed",
        "收到了",
    ]
    last = Message.objects.order_by("id").last()
    assert last is not None
    assert (last.reply_to, last.thread_id, last.media[0]["name"]) == ("b@x", "a@x", "单据.png")


def test_the_same_letter_again_is_one_message(ask: Asked) -> None:
    assert [ask(letter("once"), "message/rfc822") for _ in range(3)] == [200, 200, 200]
    assert [one.reason for one in Quarantine.objects.all()] == []
    assert Message.objects.count() == 1


def test_forged_stale_and_unreadable_calls_are_turned_away(ask: Asked) -> None:
    body, now = letter("x"), int(clock.now().timestamp())
    assert ask(body, "message/rfc822", signed="0" * 64) == 401
    assert ask(body, "message/rfc822", at=now - 400) == 401
    assert ask(body, "message/rfc822", at=now + 400) == 401
    assert ask(body, "message/rfc822", signed=signature(b"other", body, now), at=now) == 401
    assert ask(b"not json") == 400
    assert ask(b'{"subject": "nobody wrote this"}') == 400
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "odd",
    [
        {"to": "group:;x"},
        {"subject": '=?utf-8?q?"\x7f<', "to": '.@[x@b.c'},
        {"message_id": "=?utf-8?q?,"},
        {"references": ['<">group:;'], "return_path": "]%(a"},
    ],
)  # fmt: skip
def test_a_letter_with_headers_no_parser_likes_is_taken_without_them(ask: Asked, odd: dict[str, Any]) -> None:
    assert ask(orjson.dumps({"from": "Ann <ann@x.example>", "text": "hello", **odd})) == 200
    assert Message.objects.get().text.endswith("hello")
