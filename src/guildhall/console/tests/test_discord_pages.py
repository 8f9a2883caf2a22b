"""Settings, Discord: bots and servers as they stand, what is wrong first, and what each form does and refuses.
Discord is played by the fake.
"""

from datetime import timedelta

import pytest
from django.urls import reverse

from guildhall.channels.discord import trying
from guildhall.channels.discord.models import DiscordBot, DiscordShard
from guildhall.channels.discord.rights import PERMISSIONS
from guildhall.channels.models import Message, Space, Topic
from guildhall.channels.tests.discord_town import in_discord, settle
from guildhall.console.tests.house_doors import confirmed, said
from guildhall.core import clock
from guildhall.core.models import AuditEntry
from guildhall.guard import actions as guard
from guildhall.guard import policies
from guildhall.people.roles import Role
from guildhall.people.testing import client_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def dc(monkeypatch, tmp_path):
    with in_discord(monkeypatch, tmp_path) as fake:
        yield fake
        assert fake.invalid == []


@pytest.fixture
def town(dc):
    found = settle(dc)
    heard(found.bot)
    Topic.objects.create(space=found.space, external_id=found.channel, name="general", kind="text")
    return found


def heard(bot):
    DiscordShard.objects.create(bot=bot, number=0, lease_until=clock.now() + timedelta(minutes=1))


def url(name, *args):
    return reverse(f"console:{name}", args=args)


def test_a_house_without_a_bot_is_told_how_to_get_one():
    page = client_for(Role.OWNER).get(url("discord")).content.decode()
    assert "Message Content Intent" in page
    assert 'name="token"' in page
    assert 'name="token"' not in client_for(Role.MANAGER).get(url("discord")).content.decode()
    assert client_for(Role.MODERATOR).get(url("discord")).status_code == 403


def test_a_token_is_asked_of_discord_and_never_shown(dc):
    app = dc.add_bot(name="guild")
    client = client_for(Role.OWNER)
    answer = client.post(url("discord-new"), {"token": f" Bot {app.token} "}, follow=True)
    assert "guild is connected." in said(answer)
    assert app.token not in answer.content.decode()
    again = client.post(url("discord-new"), {"token": app.token}, follow=True)
    assert "was here already" in said(again)


@pytest.mark.parametrize("bad", ["", "hello", "a.b.c", "x" * 70, f"{'M' * 26}.{'a' * 6}.{'b' * 38}"])
def test_what_is_no_token_of_discords_is_refused_on_the_page(dc, bad):
    answer = client_for(Role.OWNER).post(url("discord-new"), {"token": bad})
    assert answer.status_code == 422
    assert not DiscordBot.objects.exists()


def test_a_switched_off_intent_is_named_and_ticked_off_after_another_check(dc):
    app = dc.add_bot(name="guild", intents=["message_content"])
    client = client_for(Role.OWNER)
    client.post(url("discord-new"), {"token": app.token})
    bot = DiscordBot.objects.get()
    heard(bot)
    assert "an intent is switched off" in client.get(url("discord-bot", bot.pk)).content.decode()
    assert "an intent is switched off" in client.get("/").content.decode()
    dc.set_intents(app, ["message_content", "members"])
    assert "Checked." in said(client.post(url("discord-bot-check", bot.pk), follow=True))
    context = client.get(url("discord-bot", bot.pk)).context
    assert [one.held for one in context["line"].intents if one.needed] == [True, True]
    assert context["notices"] == []


def test_the_invite_link_asks_for_exactly_what_is_needed(town):
    page = client_for(Role.OWNER).get(url("discord-bot", town.bot.pk))
    assert page.context["invite_link"].endswith(f"permissions={PERMISSIONS}")
    assert f"client_id={town.app.id}" in page.context["invite_link"]


def test_what_is_wrong_stands_first_and_on_today(town):
    town.dc.set_rights(town.app, town.guild, PERMISSIONS & ~(1 << 2))
    Space.objects.create(platform="discord", external_id="1", slug="d1", name="A quiet one", kind="server")
    client = client_for(Role.OWNER)
    client.post(url("discord-server-check", town.space.pk))
    context = client.get(url("discord")).context
    assert [line.space.name for line in context["servers"]][0] == "The town"
    assert context["servers"][0].missing == 1
    assert "lacks permissions: Ban Members" in client.get("/").content.decode()
    page = client.get(url("discord-server-live", town.space.pk)).content.decode()
    assert "guild_id=" in page
    town.dc.set_rights(town.app, town.guild, PERMISSIONS)
    client.post(url("discord-server-check", town.space.pk))
    context = client.get(url("discord-server", town.space.pk)).context
    assert context["line"].missing == 0
    assert {one.colour for one in context["notices"]} <= {"green", "blue"}


def test_a_bot_that_was_put_out_says_so(town):
    town.dc.remove_bot(town.app, town.guild)
    client = client_for(Role.OWNER)
    client.post(url("discord-server-check", town.space.pk))
    page = client.get(url("discord-server", town.space.pk)).content.decode()
    assert "no longer in this server" in page
    assert 'name="channel"' not in page


def test_a_bot_nobody_listens_for_is_red(town):
    DiscordShard.objects.update(lease_until=clock.now() - timedelta(minutes=10))
    client = client_for(Role.OWNER)
    assert "gateway does not run" in client.get(url("discord-bot", town.bot.pk)).content.decode()
    assert "Nobody listens to Discord" in client.get("/").content.decode()


def test_a_bot_is_paused_resumed_given_a_new_token_and_removed(town):
    client = client_for(Role.OWNER)
    bot = town.bot
    assert "Paused." in said(client.post(url("discord-bot-pause", bot.pk), follow=True))
    assert "hears and does nothing" in client.get(url("discord-bot", bot.pk)).content.decode()
    assert "At work again." in said(client.post(url("discord-bot-resume", bot.pk), follow=True))
    fresh = town.dc.reset_token(town.app)
    answer = confirmed(Role.OWNER).post(url("discord-bot-token", bot.pk), {"token": fresh}, follow=True)
    assert "The token is renewed." in said(answer)
    other = town.dc.add_bot(name="Other").token
    refused = confirmed(Role.OWNER).post(url("discord-bot-token", bot.pk), {"token": other})
    assert refused.status_code == 422
    removed = confirmed(Role.OWNER).post(url("discord-bot-remove", bot.pk), follow=True)
    assert "Warden is removed." in said(removed)
    assert Space.objects.filter(pk=town.space.pk).exists()
    assert {"discord.bot_paused", "discord.bot_removed"} <= set(
        AuditEntry.objects.values_list("verb", flat=True)
    )


def test_a_channel_gets_a_language_and_the_announcements(town):
    client = client_for(Role.MANAGER)
    where = url("discord-channel-save", town.space.pk, town.channel)
    client.post(where, {"language": "zh-hans", "announces": "on"})
    topic = Topic.objects.get()
    assert (topic.language, topic.announces) == ("zh-hans", True)
    page = client.get(url("discord-server", town.space.pk)).content.decode()
    assert "announcements are made here" in page
    assert "Choose one of the languages." in said(client.post(where, {"language": "xx"}, follow=True))
    nowhere = url("discord-channel-save", town.space.pk, "5")
    assert "There is no such channel." in said(client.post(nowhere, {}, follow=True))
    assert AuditEntry.objects.filter(verb="space.topic_edited").count() == 1


def test_many_channels_are_paged(town):
    Topic.objects.bulk_create(
        Topic(space=town.space, external_id=str(number), name=f"c{number}", kind="text")
        for number in range(120)
    )
    page = client_for(Role.MANAGER).get(url("discord-server", town.space.pk) + "?page=3")
    assert len(page.context["channels"].object_list) == 21
    assert 'href="?page=2#channels"' in page.content.decode()


def test_the_policy_is_switched_and_the_settings_of_the_space_saved(town):
    guard.install_shipped("system:test")
    client = client_for(Role.OWNER)
    answer = client.post(url("discord-server-moderate", town.space.pk), {"policy": "default"}, follow=True)
    assert "Moderated from now on." in said(answer)
    assert policies.active_for(town.space.pk).mode == "act"
    assert "Choose one of the two." in said(
        client.post(url("discord-server-moderate", town.space.pk), {"policy": "x"}, follow=True)
    )
    saved = {"name": "Our guild", "language": "zh-hans", "region": "SG"}
    client.post(url("discord-server-save", town.space.pk), saved)
    town.space.refresh_from_db()
    assert (town.space.name, town.space.language, town.space.region) == ("Our guild", "zh-hans", "SG")
    wrong = client.post(url("discord-server-save", town.space.pk), {**saved, "region": "nowhere"})
    assert wrong.status_code == 422


def test_the_test_message_arrives_in_the_channel_chosen(town):
    client = client_for(Role.OWNER)
    where = url("discord-server-test", town.space.pk)
    answer = client.post(where, {"channel": town.channel}, follow=True)
    assert "The test message stands in" in said(answer)
    (kept,) = Message.objects.all()
    assert town.dc.messages(town.channel)[-1]["content"] == kept.text
    assert (kept.direction, kept.thread_id) == ("out", town.channel)
    assert "Choose a channel" in said(client.post(where, {"channel": "7"}, follow=True))
    town.dc.overwrite(town.channel, town.app.id, deny="SEND_MESSAGES")
    refused = client.post(where, {"channel": town.channel}, follow=True)
    assert "stands in" not in said(refused)
    assert [one.external_id for one in trying.channels_of(town.space)] == [town.channel]


def test_what_is_not_discords_is_not_found(town):
    client = client_for(Role.OWNER)
    assert client.get(url("discord-bot", "nobody")).status_code == 404
    other = Space.objects.create(platform="telegram", external_id="-1", slug="t1", name="T", kind="group")
    assert client.get(url("discord-server", other.pk)).status_code == 404
