"""Our Discord bots and servers: added, checked one by one, told apart when something is wrong, managed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from guildhall.channels import registry
from guildhall.channels.discord import bots, client, looking, managing, rights, servers, upkeep
from guildhall.channels.discord.automod import Rule, Trigger
from guildhall.channels.discord.errors import Refused
from guildhall.channels.discord.models import DiscordBot, DiscordServer, secret_name
from guildhall.channels.models import Space
from guildhall.channels.testing.discord import FakeDiscord
from guildhall.channels.tests.discord_town import Town, in_discord, settle
from guildhall.core import clock, secrets
from guildhall.core.errors import BadInput, NotFound, Permanent, Temporary
from guildhall.core.models import AuditEntry
from guildhall.effects.models import Effect
from guildhall.effects.types import Claimed, Mode

pytestmark = pytest.mark.django_db


@pytest.fixture
def dc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeDiscord]:
    with in_discord(monkeypatch, tmp_path) as found:
        yield found
        assert found.invalid == []
        assert found.unplayed == []
        assert found.failures == []


@pytest.fixture
def town(dc: FakeDiscord) -> Town:
    return settle(dc)


def claimed(effect: Effect) -> Claimed:
    return Claimed(
        effect.id, effect.kind, effect.payload, 1, Mode.REPEATABLE, effect.cause, effect.created_at
    )


def carried_out(kind: str = managing.KIND) -> list[dict[str, Any]]:
    """Perform what is queued, twice each, as an engine that crashed between the two would."""
    out = []
    for effect in Effect.objects.filter(kind=kind).order_by("id"):
        managing.perform(claimed(effect))
        out.append(dict(managing.perform(claimed(effect)).result))
    Effect.objects.filter(kind=kind).delete()
    return out


class TestABot:
    def test_it_is_known_by_its_token_which_is_kept_secret(self, dc: FakeDiscord) -> None:
        app = dc.add_bot(name="Warden")
        bot = bots.add_bot(f"  Bot {app.token}\n", "staff:1")
        assert (str(bot.bot_id), bot.username, bot.state) == (app.id, "Warden", "active")
        assert secrets.get(secret_name(bot.bot_id)) == app.token
        assert not bot.problem
        assert app.token not in str(list(AuditEntry.objects.values_list("data", flat=True)))
        assert len(dc.commands(app)) == len(bots.menu.ENTRIES)

    @pytest.mark.parametrize("token", ["", "x", "a.b", "MTk4.Cl2FMQ.", "x" * 70])
    def test_what_is_no_token_is_told_before_discord_is_asked(self, dc: FakeDiscord, token: str) -> None:
        with pytest.raises(BadInput):
            bots.add_bot(token, "staff:1")
        assert not dc.calls

    def test_a_token_discord_does_not_know_is_refused(self, dc: FakeDiscord) -> None:
        app = dc.add_bot()
        old = app.token
        dc.reset_token(app)
        with pytest.raises(BadInput):
            bots.add_bot(old, "staff:1")
        assert not DiscordBot.objects.exists()

    def test_an_intent_that_is_switched_off_is_told_and_over_when_it_is_on(self, dc: FakeDiscord) -> None:
        app = dc.add_bot(intents=("members",))
        bot = bots.add_bot(app.token, "staff:1")
        assert bot.problem["why"] == "intents"
        assert [one.key for one in bots.rights_of(bot) if not one.held and one.needed] == ["message_content"]
        dc.set_intents(app, ["members", "message_content"])
        assert all(one.held for one in bots.check_bot(bot) if one.needed)
        assert not DiscordBot.objects.get().problem

    def test_a_new_token_puts_it_to_work_again_and_that_of_another_bot_is_refused(self, town: Town) -> None:
        new = town.dc.reset_token(town.app)
        bots.check_bot(town.bot)
        assert town.bot.state == "revoked"
        other = town.dc.add_bot(name="Other")
        with pytest.raises(BadInput):
            bots.rotate_token(town.bot, other.token, "staff:1")
        bots.rotate_token(town.bot, new, "staff:1")
        assert town.bot.state == "active"
        assert not town.bot.problem

    def test_its_commands_are_registered_once(self, town: Town) -> None:
        before = len(town.calls("PUT /applications/{application_id}/commands"))
        assert not bots.set_commands(town.bot)
        assert len(town.calls("PUT /applications/{application_id}/commands")) == before

    def test_the_invite_link_asks_for_exactly_what_is_needed(self, town: Town) -> None:
        asked = parse_qs(urlsplit(bots.invite_link(town.bot, town.guild)).query)
        assert int(asked["permissions"][0]) == rights.PERMISSIONS
        assert asked["scope"] == ["bot applications.commands"]
        assert asked["guild_id"] == [town.guild]
        assert asked["client_id"] == [town.app.id]

    def test_paused_it_says_nothing_and_removed_its_token_is_gone(self, town: Town) -> None:
        from guildhall.channels.port import Verb

        bots.pause(town.bot, "staff:1")
        assert not bots.is_wanted()
        with pytest.raises(Temporary):
            town.do(Verb.SEND, said="x")
        bots.resume(town.bot, "staff:1")
        assert town.do(Verb.SEND, said="x").external_id
        bots.remove(town.bot, "staff:1")
        with pytest.raises(NotFound):
            secrets.get(secret_name(int(town.app.id)))
        with pytest.raises(Refused):
            town.do(Verb.SEND, said="x")


class TestAServer:
    def test_with_what_the_link_asks_for_nothing_is_wrong(self, town: Town) -> None:
        assert bots.check_server(town.space).is_fine
        row = town.server
        assert (row.status, row.owner) == ("inside", town.owner)
        assert row.channels[town.channel]["type"] == 0
        assert row.permissions & rights.PERMISSIONS == rights.PERMISSIONS

    @pytest.mark.parametrize("asked", rights.ASKED, ids=lambda one: one.key)
    def test_each_permission_is_checked_for_itself(self, town: Town, asked: rights.Asked) -> None:
        town.dc.set_rights(town.app, town.guild, rights.PERMISSIONS & ~asked.bit)
        held = int(town.dc.guild(town.guild)["roles"][0]["permissions"]) & asked.bit
        report = bots.check_server(town.space)
        missing = [one.key for one in report.rights if not one.held]
        assert missing == ([] if held else [asked.key])
        assert report.is_fine == (not asked.needed or bool(held))

    def test_put_out_it_says_so_and_invited_again_it_is_over(self, town: Town) -> None:
        town.dc.remove_bot(town.app, town.guild)
        assert not bots.check_server(town.space).is_fine
        assert town.server.status == "out"
        assert town.server.problem
        town.dc.install(town.app, town.guild, rights.PERMISSIONS)
        assert bots.check_server(town.space).is_fine
        assert not town.server.problem

    def test_everything_is_looked_at_from_time_to_time_and_one_failure_stops_no_other(
        self, town: Town
    ) -> None:
        Space.objects.create(
            platform="discord", external_id="77", slug="gone", name="Gone", kind="server",
            receiver=town.app.id,
        )  # fmt: skip
        counts = bots.recheck()
        assert (counts["bots"], counts["servers"]) == (1, 2)

    def test_roles_and_channels_are_kept_as_they_change(self, town: Town) -> None:
        servers.keep_role(town.space, {"id": "5", "name": "VIP", "position": 3, "permissions": "8"})
        servers.keep_own_roles(town.space, ["5"])
        assert town.server.permissions == -1 & ((1 << 53) - 1)
        servers.drop_role(town.space, "5")
        assert town.server.bot_roles == []
        servers.keep_channel(town.space, {"id": "6", "name": "new", "type": 0, "parent_id": None})
        assert town.server.channels["6"]["name"] == "new"
        servers.drop_channel(town.space, "6")
        assert "6" not in town.server.channels

    def test_the_platform_is_reached_through_the_registry(self) -> None:
        assert registry.get("discord").name.en == "Discord"
        assert upkeep.RECHECK == "discord.recheck"


class TestManaging:
    def test_how_much_discord_asks_of_newcomers(self, town: Town) -> None:
        managing.set_verification_level(town.space, 3, by="staff:1")
        carried_out()
        assert town.dc.guild(town.guild)["verification_level"] == 3
        with pytest.raises(BadInput):
            managing.set_verification_level(town.space, 5, by="staff:1")

    def test_a_role_is_made_once_changed_ordered_and_dropped(self, town: Town) -> None:
        managing.keep_role(town.space, "Verified", colour=0x00FF00, by="staff:1")
        (told,) = carried_out()
        role = told["role"]
        assert list(town.dc.roles(town.guild)).count("Verified") == 1
        managing.set_overwrite(town.space, town.channel, role, allow=1 << 11, deny=0, by="staff:1")
        carried_out()
        (over,) = town.dc.channel(town.channel)["permission_overwrites"]
        assert (over["id"], over["allow"]) == (role, str(1 << 11))
        managing.drop_overwrite(town.space, town.channel, role, by="staff:1")
        managing.order_roles(town.space, {role: 1}, by="staff:1")
        managing.drop_role(town.space, role, by="staff:1")
        carried_out()
        assert "Verified" not in town.dc.roles(town.guild)

    def test_an_automod_rule_is_made_once_and_works_while_we_are_away(self, town: Town) -> None:
        rule = Rule("Seeds", Trigger.KEYWORD, words=("seed phrase",), notice="Never share it.")
        managing.keep_rule(town.space, rule, by="staff:1")
        carried_out()
        (kept,) = looking.rules(town.space)
        assert kept["name"] == "Seeds"
        assert town.dc.say(town.channel, town.ann, "tell me your seed phrase") == ""
        managing.keep_rule(town.space, Rule("Seeds", Trigger.MENTION, mentions=5, timeout_s=60), by="staff:1")
        carried_out()
        (kept,) = looking.rules(town.space)
        assert kept["trigger_type"] == 5
        managing.drop_rule(town.space, "Seeds", by="staff:1")
        carried_out()
        assert looking.rules(town.space) == []

    def test_no_more_rules_than_discord_takes(self, town: Town) -> None:
        for number in range(7):
            rule = Rule(f"Rule {number}", Trigger.KEYWORD, words=("w",))
            managing.keep_rule(town.space, rule, by="staff:1")
        with pytest.raises(Permanent):
            carried_out()

    def test_what_newcomers_see_and_are_asked(self, town: Town) -> None:
        town.dc.change_guild(town.guild, features=["COMMUNITY"])
        screen = [(town.channel, "Ask here", "👋")]
        managing.set_welcome_screen(town.space, "Welcome", screen, by="staff:1")
        carried_out()
        assert looking.welcome_screen(town.space)["welcome_channels"][0]["description"] == "Ask here"
        prompts = [{"title": "Language", "options": [{"title": "English", "channel_ids": [town.channel]}]}]
        managing.set_onboarding(
            town.space, default_channels=[town.channel], prompts=prompts, is_on=False, by="staff:1"
        )
        carried_out()
        assert [one["title"] for one in looking.onboarding(town.space)["prompts"]] == ["Language"]

    def test_nobody_is_let_in_for_a_while(self, town: Town) -> None:
        managing.pause_invites(town.space, clock.now() + timedelta(hours=1), by="staff:1")
        carried_out()
        (call, *_) = town.calls("PUT /guilds/{guild_id}/incident-actions")
        assert call.status == 200

    def test_many_messages_go_at_once(self, town: Town) -> None:
        town.dc.set_limits(rates={"POST /channels/{channel_id}/messages/bulk-delete": [5, 1.0]})
        numbers = [town.dc.say(town.channel, town.ann, f"spam {n}") for n in range(120)]
        managing.delete_many(town.space, town.channel, numbers, by="staff:1")
        carried_out()
        assert not set(numbers) & {one["id"] for one in town.dc.messages(town.channel)}
        calls = town.calls("POST /channels/{channel_id}/messages/bulk-delete")
        assert [len(call.body["messages"]) for call in calls[:2]] == [100, 20]

    def test_many_members_are_banned_at_once_and_who_was_not_is_counted(self, town: Town) -> None:
        raiders = [town.dc.add_user(f"raider{n}") for n in range(210)]
        for one in raiders:
            town.dc.join(town.guild, one)
        managing.ban_many(town.space, [*raiders, town.owner], delete_s=3600, by="staff:1")
        effect = Effect.objects.get(kind=managing.KIND)
        assert managing.perform(claimed(effect)).result == {"banned": 210, "failed": 1}
        assert set(raiders) <= set(town.dc.banned(town.guild))

    def test_what_moderators_did_is_read_from_the_audit_log(self, town: Town) -> None:
        bo = town.dc.add_user("bo")
        town.dc.join(town.guild, bo)
        town.dc.kick(town.guild, bo, town.owner, "spam")
        (deed,) = looking.deeds(town.space, kind=looking.KICK)
        assert (deed.by, deed.about, deed.reason) == (town.owner, bo, "spam")
        town.dc.ban(town.guild, bo, town.owner)
        found = looking.deeds(town.space, after=deed.id)
        assert [one.kind for one in found] == [looking.BAN]

    def test_only_servers_of_discord_are_managed(self, town: Town) -> None:
        other = Space.objects.create(platform="webchat", external_id="x", slug="x", name="x")
        with pytest.raises(NotFound):
            managing.set_verification_level(other, 1, by="staff:1")
        assert AuditEntry.objects.filter(verb="discord.change_requested").count() == 0


class TestNothingLeaks:
    def test_no_token_stands_in_an_error(self, town: Town, caplog: pytest.LogCaptureFixture) -> None:
        told: list[str] = []
        attempts: list[Callable[[], Any]] = [
            lambda: client.call(int(town.app.id), "GET", "/guilds/{guild_id}", guild_id="5"),
            lambda: client.call(int(town.app.id), "GET", "/users/{user_id}", user_id="5"),
        ]
        town.dc.misbehave(rate_closed_before=1.0)
        for attempt in attempts:
            with pytest.raises((Temporary, Permanent)) as caught:
                attempt()
            told.append(str(caught.value))
        town.dc.misbehave()
        assert town.app.token not in " ".join(told) + caplog.text

    def test_a_server_nobody_serves_says_so(self, town: Town) -> None:
        DiscordServer.objects.all().delete()
        town.space.receiver = "5"
        with pytest.raises(Refused) as caught:
            bots.check_server(town.space)
        assert caught.value.why == "nobody_serves"
