"""Categories and macros: what each form does, and who may do it."""

from __future__ import annotations

import pytest
from django.urls import reverse

from guildhall.core.text import Text
from guildhall.desk.actions import macros as actions
from guildhall.desk.models import Category, Macro
from guildhall.people.roles import Role
from guildhall.people.testing import client_for

pytestmark = pytest.mark.django_db


def url(name, *args):
    return reverse(f"console:{name}", args=args)


def fields(*lines):
    out = {"fields-TOTAL_FORMS": len(lines), "fields-INITIAL_FORMS": 0}
    for number, line in enumerate(lines):
        for key, value in {"kind": "text", **line}.items():
            out[f"fields-{number}-{key}"] = value
    return out


BASE = {"slug": "staking", "name_en": "Staking", "name_zh": "质押", "priority": "high", "order": 15}


def test_a_category_is_written_with_what_has_to_be_known():
    client = client_for(Role.MANAGER)
    line = {"key": "lost", "label_en": "Lost?", "label_zh": "损失？", "kind": "choice", "required": "on",
            "choices": "yes | Yes | 是\nno | No | 否"}  # fmt: skip
    assert client.post(url("category-new"), BASE | fields(line, {"key": ""})).status_code == 303
    made = Category.objects.get(pk="staking")
    assert [one["key"] for one in made.fields[0]["choices"]] == ["yes", "no"]
    assert "Staking" in client.get(url("desk-setup")).content.decode()
    assert client.post(url("category", "staking"), BASE | {"name_en": "Earn"} | fields()).status_code == 303
    made.refresh_from_db()
    assert (made.called.en, made.fields) == ("Earn", [])


def test_what_is_wrong_stands_on_the_page_and_nothing_is_saved():
    client = client_for(Role.MANAGER)
    taken = client.post(url("category-new"), BASE | {"slug": "deposit"} | fields())
    assert (taken.status_code, "taken" in taken.content.decode()) == (422, True)
    half = {"key": "lost", "label_en": "Lost?", "kind": "choice", "choices": "yes"}
    assert client.post(url("category-new"), BASE | fields(half)).status_code == 422
    assert not Category.objects.filter(pk="staking").exists()


def test_a_category_put_away_can_be_brought_back():
    client = client_for(Role.MANAGER)
    client.post(url("category-archive", "fee"))
    assert "Fee" not in client.get(url("desk-setup")).content.decode()
    assert "Fee" in client.get(url("desk-setup") + "?show=archived").content.decode()
    client.post(url("category-archive", "fee"))
    assert Category.objects.get(pk="fee").archived_at is None


def test_an_agent_keeps_macros_of_their_own_and_uses_those_of_the_house():
    client, other = client_for(Role.SUPPORT_AGENT), client_for(Role.SUPPORT_AGENT)
    house = actions.save_macro("", name=Text("Hello", "您好"), text=Text("Hi {member}", ""), by="system:test")
    client.post(url("macro-new"), {"name_en": "Mine", "text_en": "On it.", "house": "on"})
    mine = Macro.objects.get(owner=client.staff)
    shown = client.get(url("macros")).content.decode()
    assert "Hello" in shown
    assert "Mine" in shown
    assert "Mine" not in other.get(url("macros")).content.decode()
    assert client.get(url("macro", mine.pk)).status_code == 200
    assert client.get(url("macro", house.pk)).status_code == 403
    assert other.get(url("macro", mine.pk)).status_code == 404
    assert client.get(url("desk-setup")).status_code == 403


def test_a_macro_that_asks_for_a_secret_is_not_saved():
    client = client_for(Role.MANAGER)
    answer = client.post(url("macro-new"), {"name_en": "Bad", "text_zh": "请提供您的助记词", "house": "on"})
    assert answer.status_code == 422
    assert not Macro.objects.exists()
    unknown = client.post(url("macro-new"), {"name_en": "Bad", "text_en": "Hi {membr}"})
    assert "{membr}" in unknown.content.decode()
