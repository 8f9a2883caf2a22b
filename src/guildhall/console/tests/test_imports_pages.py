"""Settings, Import: a file goes straight to disk, is shown before it does anything, and the page tells how it
goes.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from guildhall.channels.models import Space, SpaceMember
from guildhall.channels.tests.rows import a_space
from guildhall.console.tests.house_doors import confirmed
from guildhall.effects.testing import drain
from guildhall.intake.importing import files
from guildhall.intake.models import Import
from guildhall.people.roles import Role
from guildhall.people.testing import client_for

pytestmark = pytest.mark.django_db
BANS = b"user_id,reason\n1001,scam\n1002,=HYPERLINK(1)\n=cmd,x\n"


def url(name: str, *args: Any) -> str:
    return reverse(f"console:{name}", args=args)


def upload(
    client: Client, space: Space, data: bytes = BANS, kind: str = "bans", name: str = "bans.csv"
) -> Any:
    field = "spaces" if kind == "bans" else "space"
    return client.post(url("import-upload", kind), {field: space.pk, "file": SimpleUploadedFile(name, data)})


def test_a_ban_list_from_upload_to_undo() -> None:
    client, space = confirmed(Role.OWNER), a_space()
    answer = upload(client, space)
    assert answer.status_code == 303
    one = Import.objects.get()
    page = client.get(answer["Location"])
    assert "every 2s" in page.content.decode()
    drain()
    page = client.get(answer["Location"]).content.decode()
    assert "Ban 2 people" in page
    assert "every 2s" not in page
    bad = b"".join(client.get(url("import-bad-rows", one.pk)).streaming_content).decode()  # type: ignore[attr-defined]
    assert "'=cmd,x" in bad
    assert client.post(url("import-confirm", one.pk)).status_code == 303
    drain()
    assert SpaceMember.objects.filter(state="banned").count() == 2
    page = client.get(url("import", one.pk)).content.decode()
    assert "Undo this import" in page
    client.post(url("import-undo", one.pk))
    drain()
    assert not SpaceMember.objects.filter(state="banned").exists()
    client.post(url("import-file-remove", one.pk))
    assert not files.file_of(one.pk).exists()
    assert "bans.csv" in client.get(url("imports")).content.decode()


def test_only_whoever_may_change_settings_uploads_and_others_leave_nothing_on_disk() -> None:
    space = a_space()
    for role in (Role.MANAGER, Role.COMPLIANCE_OFFICER, Role.MODERATOR):
        client = client_for(role)
        assert upload(client, space).status_code == 403
        assert client.get(url("imports")).status_code == (403 if role is Role.MODERATOR else 200)
    assert not Import.objects.exists()
    assert not list(files.folder().glob("*.part"))


def test_carrying_out_asks_for_the_password_again() -> None:
    client = client_for(Role.OWNER)
    upload(client, a_space())
    drain()
    one = Import.objects.get()
    client.post(url("import-confirm", one.pk))
    one.refresh_from_db()
    assert one.state == "preview"


def test_a_form_without_its_token_is_refused() -> None:
    client = client_for(Role.OWNER)
    client.handler.enforce_csrf_checks = True
    assert upload(client, a_space()).status_code == 403
    assert not Import.objects.exists()
    assert not list(files.folder().glob("*.part"))


@pytest.mark.parametrize("data", [b"PK\x03\x04zip", b"x" * 200])
def test_a_file_too_large_or_packed_is_refused_on_the_page(
    data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LARGEST_LIST", 100)
    answer = upload(confirmed(Role.OWNER), a_space(), data)
    assert answer.status_code == 422
    assert "archive" in answer.content.decode() or "larger" in answer.content.decode()
    assert not list(files.folder().glob("*.part"))


def test_a_chat_history_is_chosen_and_rules_are_shown_as_a_draft() -> None:
    client, space = confirmed(Role.OWNER), a_space()
    history = b'{"name":"L","type":"private_group","id":5,"messages":[{"id":1,"type":"message","date_unixtime":"1640995200","from":"A","from_id":"user1","text":"hello"}]}'
    upload(client, space, history, "history", "result.json")
    upload(client, space, b"evil.example.com\nfree coins\n", "rules", "list.txt")
    drain()
    rules, chat = Import.objects.order_by("-id")
    page = client.get(url("import", chat.pk)).content.decode()
    assert "Import the messages" in page
    assert "cannot refer to them" in page
    client.post(url("import-confirm", chat.pk), {"chat": chat.result["chats"][0]["start"]})
    page = client.get(url("import", rules.pk)).content.decode()
    assert "evil.example.com" in page
    assert "free coins" in page
    client.post(url("import-confirm", rules.pk), {"rules_text": "yes"})
    drain()
    chat.refresh_from_db()
    assert (chat.state, chat.counts["stored"]) == ("done", 1)
    assert "propose it" in client.get(url("import", rules.pk)).content.decode()
