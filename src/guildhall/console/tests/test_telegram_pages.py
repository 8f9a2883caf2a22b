"""Settings, Telegram: bots and groups as they stand, what is wrong first, and what each form does and refuses. What
Telegram itself answers is the business of `channels.telegram`; here it is played.
"""

from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse

from guildhall.channels.models import JoinRequest, Space, SpaceMember, Topic
from guildhall.channels.telegram import bots
from guildhall.channels.telegram.models import TelegramBot, TelegramChat
from guildhall.console.tests.house_doors import confirmed, said
from guildhall.core import clock
from guildhall.core.errors import BadInput, Temporary
from guildhall.core.text import Text
from guildhall.effects.models import Effect
from guildhall.guard import actions as guard
from guildhall.guard import policies
from guildhall.people.models import Account, Member
from guildhall.people.roles import Role
from guildhall.people.testing import client_for

pytestmark = pytest.mark.django_db
TOKEN = "7000000001:AAHfiqksKZ8WmR2zSjiQ7_v4TMAKdiHm9T0"
RIGHTS = ("can_delete_messages", "can_restrict_members", "can_invite_users")


def url(name, *args):
    return reverse(f"console:{name}", args=args)


def a_bot(**more):
    fields = {
        "bot_id": 7_000_000_001, "username": "guild_bot", "name": "Guild", "created_by": "staff:1",
        "facts": {"can_read_all_group_messages": True}, "lease_until": clock.now() + timedelta(minutes=1),
    }  # fmt: skip
    return TelegramBot.objects.create(**{**fields, **more})


def a_group(name="Perps", status="administrator", held=RIGHTS, **more):
    fields = {"kind": "supergroup", "receiver": "7000000001", "language": "en", **more}
    number = f"-100{Space.objects.count()}"
    space = Space.objects.create(
        platform="telegram", external_id=number, slug=f"telegram{number}", name=name, **fields
    )
    TelegramChat.objects.create(space=space, status=status, rights=dict.fromkeys(held, True))
    return space


def someone(name):
    member = Member.objects.create(display_name=name)
    return Account.objects.create(member=member, platform="telegram", external_id=name, display_name=name)


def test_a_house_without_a_bot_is_told_how_to_get_one():
    page = client_for(Role.OWNER).get(url("telegram")).content.decode()
    assert "/newbot" in page
    assert 'name="token"' in page
    assert 'name="token"' not in client_for(Role.MANAGER).get(url("telegram")).content.decode()
    assert client_for(Role.MODERATOR).get(url("telegram")).status_code == 403


def test_a_token_is_found_in_what_botfather_said_and_never_shown(monkeypatch):
    given = []

    def add(token, by):
        given.append(token)
        return a_bot()

    monkeypatch.setattr(bots, "add_bot", add)
    client = client_for(Role.OWNER)
    pasted = f"Done! Use this token to access the HTTP API:\n{TOKEN}\nKeep your token secure."
    answer = client.post(url("telegram-new"), {"token": pasted}, follow=True)
    assert given == [TOKEN]
    assert "@guild_bot is connected." in said(answer)
    assert TOKEN not in answer.content.decode()


@pytest.mark.parametrize(
    "bad", ["", "hello", "123:abc", "AAHfiqksKZ8WmR2zSjiQ7_v4TMAKdiHm9T0", "7000000001:"]
)
def test_what_is_no_token_is_refused_before_anybody_is_asked(monkeypatch, bad):
    monkeypatch.setattr(bots, "add_bot", lambda *_: pytest.fail("nobody is asked"))
    assert client_for(Role.OWNER).post(url("telegram-new"), {"token": bad}).status_code == 422


@pytest.mark.parametrize(
    "trouble",
    [
        BadInput(Text("Telegram does not know it.", "未知。"), field="token"),
        Temporary(Text("Not reached.", "不通。")),
    ],
)
def test_what_telegram_says_against_a_token_stands_on_the_page(monkeypatch, trouble):
    def refuse(token, by):
        raise trouble

    monkeypatch.setattr(bots, "add_bot", refuse)
    answer = client_for(Role.OWNER).post(url("telegram-new"), {"token": TOKEN})
    assert answer.status_code == 422
    assert trouble.text.en in answer.content.decode()
    assert TOKEN not in answer.content.decode()


def test_a_bot_that_was_here_has_its_token_renewed(monkeypatch):
    bot = a_bot()
    monkeypatch.setattr(bots, "add_bot", lambda *_: bot)
    answer = client_for(Role.OWNER).post(url("telegram-new"), {"token": TOKEN}, follow=True)
    assert "was here already" in said(answer)


def test_what_is_wrong_stands_first():
    a_bot()
    a_bot(
        bot_id=7_000_000_002, username="zz_bot", problem={"en": "No.", "zh": "否", "do_en": "x", "do_zh": "x"}
    )
    a_group("All fine")
    a_group("Zebra", held=("can_delete_messages",))
    context = client_for(Role.OWNER).get(url("telegram")).context
    assert [line.bot.username for line in context["bots"]] == ["zz_bot", "guild_bot"]
    assert [line.space.name for line in context["chats"]] == ["Zebra", "All fine"]
    assert context["chats"][0].missing == 2


def test_a_polled_bot_that_nobody_asks_for_is_red_on_its_page_and_on_today():
    bot = a_bot(lease_until=clock.now() - timedelta(minutes=10))
    client = client_for(Role.OWNER)
    assert "gateway does not run" in client.get(url("telegram-bot", bot.pk)).content.decode()
    assert "Nobody asks Telegram" in client.get("/").content.decode()


def test_privacy_mode_is_explained_with_the_groups_it_blinds():
    bot = a_bot(facts={"can_read_all_group_messages": False})
    a_group("Blind", status="member", held=())
    a_group("Seeing")
    page = client_for(Role.OWNER).get(url("telegram-bot", bot.pk)).content.decode()
    assert "/setprivacy" in page
    assert "members say in Blind." in page


def test_a_bot_that_may_not_join_groups_is_told_how_to():
    bot = a_bot(facts={"can_join_groups": False})
    assert "/setjoingroups" in client_for(Role.OWNER).get(url("telegram-bot", bot.pk)).content.decode()


def test_a_group_shows_each_right_and_how_to_grant_the_missing():
    a_bot()
    space = a_group(held=("can_delete_messages",))
    answer = client_for(Role.OWNER).get(url("telegram-chat", space.pk))
    lacking = [right for right in answer.context["line"].rights if right.needed and not right.held]
    assert [right.key for right in lacking] == ["can_restrict_members", "can_invite_users"]
    assert all(right.how.en in answer.content.decode().replace("&quot;", '"') for right in lacking)
    live = client_for(Role.OWNER).get(url("telegram-chat-live", space.pk)).content.decode()
    assert "2 rights are missing." in live


def test_one_button_makes_a_new_group_moderated_and_the_page_says_that_all_is_fine():
    guard.install_shipped("system:test")
    a_bot()
    space = a_group()
    with transaction.atomic():
        guard.begin_space(space.pk)
    client = client_for(Role.OWNER)
    assert "Ready." in client.get(url("telegram-chat", space.pk)).content.decode()
    client.post(url("telegram-chat-moderate", space.pk), {"policy": "default"})
    assert policies.active_for(space.pk).mode == "act"
    assert "Everything is fine." in client.get(url("telegram-chat", space.pk)).content.decode()
    client.post(url("telegram-chat-moderate", space.pk), {"policy": "review-first"})
    again = client.post(url("telegram-chat-moderate", space.pk), {"policy": "default"}, follow=True)
    assert "somebody else" in said(again)
    assert policies.active_for(space.pk).slug == "review-first"
    assert client.post(url("telegram-chat-moderate", space.pk), {"policy": "strict"}).status_code == 303


def test_language_region_and_name_are_saved_or_refused():
    space = a_group()
    client = client_for(Role.MANAGER)
    form = {"name": "永续群", "language": "zh-hans", "region": "sg"}
    client.post(url("telegram-chat-save", space.pk), form)
    space.refresh_from_db()
    assert (space.name, space.language, space.region) == ("永续群", "zh-hans", "SG")
    for bad in ({"language": "xx"}, {"region": "Mars"}, {"name": ""}):
        assert client.post(url("telegram-chat-save", space.pk), {**form, **bad}).status_code == 422
    assert (
        client_for(Role.COMPLIANCE_OFFICER).post(url("telegram-chat-save", space.pk), form).status_code == 403
    )


def test_a_test_message_that_fails_says_why(monkeypatch):
    space = a_group()

    def refuse(where, by):
        raise Temporary(Text("Telegram is not reached.", "无法连接 Telegram。"))

    monkeypatch.setattr(bots, "send_test", refuse)
    answer = client_for(Role.OWNER).post(url("telegram-chat-test", space.pk), follow=True)
    assert "Telegram is not reached." in said(answer)


def test_removing_a_bot_and_renewing_its_token_ask_who_one_is(monkeypatch):
    bot = a_bot()
    gone = []
    monkeypatch.setattr(bots, "remove", lambda which, by: gone.append(which.pk))
    assert "reauthenticate" in client_for(Role.OWNER).post(url("telegram-bot-remove", bot.pk)).url or not gone
    confirmed(Role.OWNER).post(url("telegram-bot-remove", bot.pk))
    assert gone == [bot.pk]
    assert confirmed(Role.MANAGER).post(url("telegram-bot-remove", bot.pk)).status_code == 403


@pytest.mark.parametrize("name", ["telegram-bot", "telegram-bot-live", "telegram-chat", "telegram-chat-live"])
def test_what_does_not_exist_is_not_found(name):
    assert client_for(Role.OWNER).get(url(name, "01ARZ3NDEKTSV4RRFFQ69G5FAV")).status_code == 404


def test_spaces_leave_private_talks_out_unless_asked_for():
    a_group("Open")
    Space.objects.create(platform="telegram", external_id="5/7", slug="talk", name="Ann", kind="private")
    client = client_for(Role.MANAGER)
    assert [row.space.name for row in client.get("/spaces/").context["table"].rows] == ["Open"]
    assert [row.space.name for row in client.get("/spaces/?kind=private").context["table"].rows] == ["Ann"]
    assert client.get("/spaces/talk/").status_code == 200


def test_people_who_ask_are_let_in_or_turned_away_once_and_stand_on_today():
    a_bot()
    space = a_group()
    waiting = [
        JoinRequest.objects.create(space=space, account=someone(name), asked_at=clock.now())
        for name in ("Ann", "Bob", "Eve")
    ]
    client = client_for(Role.MODERATOR)
    assert "3 people wait to be let into Perps" in client.get("/").content.decode()
    assert "Ann" in client.get(f"/spaces/{space.slug}/").content.decode()
    one = url("space-join", space.slug, "approve")
    assert "1 person is let in." in said(client.post(one, {"request": waiting[0].pk}, follow=True))
    client.post(url("space-join", space.slug, "decline"), {"request": "all"})
    verbs = [effect.payload["verb"] for effect in Effect.objects.order_by("id")]
    assert verbs == ["approve_join", "decline_join", "decline_join"]
    assert client.post(url("space-join", space.slug, "burn"), {"request": "all"}).status_code == 404
    assert client_for(Role.ANALYST).post(one, {"request": "all"}).status_code == 403


def test_an_invite_link_is_asked_for_shown_when_made_and_revoked():
    a_bot()
    space = a_group()
    client = client_for(Role.MANAGER)
    client.post(url("space-invite", space.slug), {"name": "KOL Wang", "by_request": "on"})
    made = Effect.objects.get()
    assert dict(made.payload["params"]) == {"name": "KOL Wang", "creates_join_request": "yes"}
    Effect.objects.filter(pk=made.pk).update(state="done", result={"external_id": "https://t.me/+abc"})
    assert "https://t.me/+abc" in client.get(f"/spaces/{space.slug}/").content.decode()
    client.post(url("space-invite-revoke", space.slug), {"link": "https://t.me/+abc"})
    assert Effect.objects.order_by("id").last().payload["verb"] == "revoke_invite"
    page = client.get(f"/spaces/{space.slug}/").content.decode()
    assert "revoked" in page
    no_such = client.post(url("space-invite-revoke", space.slug), {"link": "https://evil"}, follow=True)
    assert "no such link" in said(no_such)
    assert client.post(url("space-invite", space.slug), {"name": ""}, follow=True).status_code == 200
    assert Effect.objects.count() == 2


def test_a_space_is_locked_in_a_raid_by_a_moderator():
    a_bot()
    space = a_group()
    client = client_for(Role.MODERATOR)
    client.post(url("space-lock", space.slug))
    client.post(url("space-lock", space.slug), {"locked": "no"})
    assert [effect.payload["verb"] for effect in Effect.objects.order_by("id")] == ["lock", "unlock"]


def test_a_space_shows_what_only_telegram_has():
    bot = a_bot()
    space, channel = a_group(), a_group("News", kind="channel")
    TelegramChat.objects.filter(space=space).update(linked_chat=channel.external_id, slow_mode_s=30)
    Topic.objects.create(space=space, external_id="5", name="Funding")
    page = client_for(Role.MANAGER).get(f"/spaces/{space.slug}/").content.decode()
    assert all(word in page for word in (f"@{bot.username}", "Funding", "News", "30 s", "can change it"))
    assert "can change it" not in client_for(Role.MANAGER).get(f"/spaces/{channel.slug}/").content.decode()


def test_administrators_known_of_a_group_are_listed():
    a_bot()
    space = a_group()
    SpaceMember.objects.create(space=space, account=someone("Olga"), state="owner")
    assert "Olga" in client_for(Role.OWNER).get(url("telegram-chat", space.pk)).content.decode()
