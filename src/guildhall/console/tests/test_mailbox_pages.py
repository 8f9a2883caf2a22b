"""Settings, Mailboxes: connected with an address and a password, checked, changed, and never showing a secret."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from guildhall.channels.email import contacts
from guildhall.channels.email.models import EmailContact, Mailbox, secret_name
from guildhall.channels.tests.email_scene import a_mailbox
from guildhall.channels.tests.mail_servers import PASSWORD, USER, Inbox, Outbox, imap_server, smtp_server
from guildhall.console.tests.house_doors import confirmed
from guildhall.core import secrets
from guildhall.people.roles import Role
from guildhall.people.testing import client_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.filterwarnings("ignore:Requiring AUTH")]


def url(name: str, *args: str) -> str:
    return reverse(f"console:{name}", args=args)


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Inbox, Outbox]]:
    with imap_server() as inbox, smtp_server() as outbox:
        yield inbox, outbox


def filled(servers: tuple[Inbox, Outbox], **more: str) -> dict[str, str]:
    inbox, outbox = servers
    said = {
        "address": "support@guild.example", "name": "Guild", "way": "imap", "password": PASSWORD, "user": USER,
        "imap_host": "127.0.0.1", "imap_port": str(inbox.port), "imap_security": "plain", "folder": "INBOX",
        "smtp_host": "127.0.0.1", "smtp_port": str(outbox.port), "smtp_security": "plain", "signs": "",
    }  # fmt: skip
    return said | more


def test_a_mailbox_is_connected_checked_and_sends_a_test(servers: tuple[Inbox, Outbox]) -> None:
    owner = client_for(Role.OWNER)
    assert "No mailbox yet" in owner.get(url("mailboxes")).content.decode()
    answer = owner.post(url("mailbox-new"), filled(servers), follow=True)
    page = answer.content.decode()
    assert "support@guild.example answers." in page
    assert PASSWORD not in page
    mailbox = Mailbox.objects.get()
    owner.post(url("mailbox-test", mailbox.pk), {"to": "boss@guild.example"})
    (letter,) = servers[1].letters
    assert letter["To"] == "boss@guild.example"
    assert "support@guild.example" in owner.get(url("mailboxes")).content.decode()


def test_a_wrong_password_is_said_at_once_and_on_today(servers: tuple[Inbox, Outbox]) -> None:
    owner = client_for(Role.OWNER)
    page = owner.post(
        url("mailbox-new"), filled(servers, password="wrong-one-x"), follow=True
    ).content.decode()
    assert "refuses the sign-in" in page
    assert "wrong-one-x" not in page
    mailbox = Mailbox.objects.get()
    assert f"/settings/mailboxes/{mailbox.pk}/" in owner.get(url("today")).content.decode()
    confirmed(Role.OWNER).post(url("mailbox-change", mailbox.pk), filled(servers))
    mailbox.refresh_from_db()
    assert mailbox.problem == {}


def test_of_a_known_provider_address_and_password_are_enough() -> None:
    from guildhall.console.mailboxes import MailboxForm

    fields = MailboxForm().fields
    given = {name: str(field.initial or "") for name, field in fields.items()}
    form = MailboxForm(given | {"address": "guild@qq.com", "password": "x"})
    assert form.is_valid(), form.errors
    said = form.said()
    assert (said["imap_host"], said["smtp_host"], said["imap_user"]) == (
        "imap.qq.com",
        "smtp.qq.com",
        "guild@qq.com",
    )


def test_an_address_that_bounced_is_listed_and_can_be_written_to_again() -> None:
    mailbox = a_mailbox()
    with transaction.atomic():
        space = contacts.correspondence(mailbox, "ann@example.org")
    EmailContact.objects.filter(pk=space.pk).update(
        problem={"why": "5.1.1", "en": "No such address.", "zh": "地址不存在。", "do_en": "", "do_zh": ""},
        problem_since=space.created_at,
    )
    owner = client_for(Role.OWNER)
    assert "No such address." in owner.get(url("mailbox", mailbox.pk)).content.decode()
    owner.post(url("mailbox-write-again", mailbox.pk, space.pk))
    assert EmailContact.objects.get().problem == {}


def test_the_webhooks_secret_is_shown_once() -> None:
    mailbox = a_mailbox(way="webhook")
    owner = confirmed(Role.OWNER)
    shown = owner.post(url("mailbox-secret", mailbox.pk)).content.decode()
    secret = secrets.get(secret_name(mailbox.pk, "hook"))
    assert secret in shown
    page = owner.get(url("mailbox", mailbox.pk)).content.decode()
    assert secret not in page
    assert f"/hooks/email/{mailbox.pk}" in page


def test_it_can_be_paused_resumed_and_removed_and_only_by_who_may() -> None:
    mailbox = a_mailbox()
    assert client_for(Role.MODERATOR).get(url("mailboxes")).status_code == 403
    manager = client_for(Role.MANAGER)
    assert manager.post(url("mailbox-pause", mailbox.pk)).status_code == 403
    owner: Client = confirmed(Role.OWNER)
    owner.post(url("mailbox-pause", mailbox.pk))
    assert Mailbox.objects.get().state == "paused"
    owner.post(url("mailbox-resume", mailbox.pk))
    assert Mailbox.objects.get().state == "active"
    owner.post(url("mailbox-remove", mailbox.pk))
    assert not Mailbox.objects.exists()
