"""The fake Discord over REST: what it accepts, refuses and remembers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from guildhall.channels.testing.discord import Control, FakeDiscord, schema
from guildhall.channels.testing.discord.routes import ROUTES
from guildhall.channels.tests.discord_scene import DiscordScene

ROW = {"type": 1, "components": [{"type": 2, "style": 1, "label": "Go", "custom_id": "go"}]}


@pytest.fixture
def dc() -> Iterator[FakeDiscord]:
    with FakeDiscord(limits=False) as fake:
        fake.check_answers = True
        yield fake
        assert fake.failures == []
        assert fake.misshapen == []


@pytest.fixture
def scene(dc: FakeDiscord) -> Iterator[DiscordScene]:
    found = DiscordScene(dc)
    yield found
    found.close()


def test_every_route_of_the_fake_is_one_of_discords(dc: FakeDiscord) -> None:
    assert {tuple(name.split(" ", 1)) for name in ROUTES} <= set(schema.routes())


# -- messages ------------------------------------------------------------------------------------------


def test_a_message_is_kept_with_its_reply_embeds_buttons_and_files(scene: DiscordScene) -> None:
    first = scene.dc.say(scene.general, scene.ann, "hello")
    body = {
        "content": f"hi <@{scene.ann}>", "embeds": [{"title": "T", "description": "D"}], "components": [ROW],
        "message_reference": {"message_id": first}, "allowed_mentions": {"parse": []},
        "attachments": [{"id": "0", "filename": "a.txt", "description": "an a"}],
    }  # fmt: skip
    sent = scene.call(
        "POST", f"/channels/{scene.general}/messages", data={"payload_json": orjson.dumps(body).decode()},
        files={"files[0]": ("a.txt", b"aaa", "text/plain")},
    )  # fmt: skip
    assert (sent["type"], sent["referenced_message"]["id"], sent["mentions"]) == (19, first, [])
    assert sent["components"][0]["components"][0]["custom_id"] == "go"
    (file,) = sent["attachments"]
    assert (file["filename"], file["size"], file["description"]) == ("a.txt", 3, "an a")
    assert scene.ask("GET", file["url"]).content == b"aaa"
    assert scene.dc.messages(scene.general)[-1]["content"] == f"hi <@{scene.ann}>"
    assert [one.text for one in scene.dc.sent] == [f"hi <@{scene.ann}>"]
    assert scene.dc.violations() == []


REFUSED: dict[str, tuple[dict[str, Any], tuple[int, int]]] = {
    "nothing at all": ({}, (400, 50006)),
    "too long": ({"content": "x" * 2001}, (400, 50035)),
    "eleven embeds": ({"embeds": [{"title": "t"}] * 11}, (400, 50035)),
    "an answer to nothing": ({"content": "x", "message_reference": {"message_id": "5"}}, (400, 50035)),
    "a doubled custom_id": ({"content": "x", "components": [ROW, ROW]}, (400, 50035)),
    "a text that is none": ({"content": 5}, (400, 50035)),
    "a poll with one answer too many": (
        {"poll": {"question": {"text": "?"}, "answers": [{"poll_media": {"text": "a"}}] * 11}}, (400, 50035)),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_messages_discord_refuses_are_refused(scene: DiscordScene, what: str) -> None:
    body, said = REFUSED[what]
    assert scene.refusal("POST", f"/channels/{scene.general}/messages", body) == said


def test_a_nonce_said_twice_is_one_message(scene: DiscordScene) -> None:
    once = scene.send("hello", nonce="n1", enforce_nonce=True)
    again = scene.send("hello", nonce="n1", enforce_nonce=True)
    assert once["id"] == again["id"]
    assert [one["content"] for one in scene.dc.messages(scene.general)][-1:] == ["hello"]
    assert scene.send("hello", nonce="n1")["id"] != once["id"]


def test_ids_as_numbers_and_numbers_as_text_are_read_and_noted(scene: DiscordScene) -> None:
    first = scene.dc.say(scene.general, scene.ann, "hello")
    assert scene.send("x", message_reference={"message_id": int(first)})["type"] == 19
    role = scene.call("POST", f"/guilds/{scene.guild}/roles", {"name": "r", "permissions": "1024"})
    assert role["permissions"] == "1024"
    noted = [one["path"] for one in scene.dc.violations()]
    assert noted == ["message_reference/message_id", "permissions"]


def test_history_is_read_forwards_backwards_and_around(scene: DiscordScene) -> None:
    ids = scene.dc.backlog(10, scene.general, users=2, tell=False)
    path = f"/channels/{scene.general}/messages"

    def read(**query: Any) -> list[str]:
        return [one["id"] for one in scene.call("GET", path, params=query)]

    assert read(limit=3) == ids[:-4:-1]
    assert read(after=ids[2], limit=3) == ids[5:2:-1]
    assert read(before=ids[2], limit=2) == [ids[1], ids[0]]
    assert set(read(around=ids[5], limit=4)) == set(ids[3:7])
    assert read(after="0", limit=1) != []
    assert scene.refusal("GET", path, params={"limit": 101}) == (400, 50035)


def test_only_the_author_edits_and_staff_may_delete(scene: DiscordScene) -> None:
    theirs, mine = scene.dc.say(scene.general, scene.ann, "theirs"), scene.send("mine")["id"]
    path = f"/channels/{scene.general}/messages"
    edited = scene.call("PATCH", f"{path}/{mine}", {"content": "changed"})
    assert (edited["content"], bool(edited["edited_timestamp"])) == ("changed", True)
    assert scene.refusal("PATCH", f"{path}/{theirs}", {"content": "x"}) == (403, 50005)
    scene.call("DELETE", f"{path}/{theirs}", headers={"X-Audit-Log-Reason": "spam%20again"})
    assert scene.refusal("DELETE", f"{path}/{theirs}") == (404, 10008)
    entry = scene.dc.audit(scene.guild)[-1]
    assert (entry["action_type"], entry["reason"], entry["target_id"]) == (72, "spam again", scene.ann)
    scene.dc.set_rights(scene.bot, scene.guild, ["VIEW_CHANNEL"])
    other = scene.dc.say(scene.general, scene.ann, "x")
    assert scene.refusal("DELETE", f"{path}/{other}") == (403, 50013)


def test_bulk_deletion_takes_2_to_100_of_the_last_fortnight(scene: DiscordScene) -> None:
    ids = scene.dc.backlog(4, scene.general, users=1, tell=False)
    path = f"/channels/{scene.general}/messages/bulk-delete"
    scene.call("POST", path, {"messages": ids[:2]})
    assert {one["id"] for one in scene.dc.messages(scene.general)} & set(ids) == set(ids[2:])
    assert scene.refusal("POST", path, {"messages": ids[2:3]})[0] == 400
    scene.dc.advance(15 * 86400)
    assert scene.refusal("POST", path, {"messages": ids[2:]}) == (400, 50034)


def test_pins_reactions_and_polls(scene: DiscordScene) -> None:
    said = scene.dc.say(scene.general, scene.ann, "look")
    path = f"/channels/{scene.general}/messages"
    scene.call("PUT", f"{path}/pins/{said}")
    assert [one["message"]["id"] for one in scene.call("GET", f"{path}/pins")["items"]] == [said]
    scene.call("DELETE", f"{path}/pins/{said}")
    scene.call("PUT", f"{path}/{said}/reactions/👍/@me")
    scene.dc.react(scene.general, said, scene.ann, "👍")
    (reaction,) = scene.call("GET", f"{path}/{said}")["reactions"]
    assert (reaction["count"], reaction["me"]) == (2, True)
    assert len(scene.call("GET", f"{path}/{said}/reactions/👍")) == 2
    assert scene.refusal("PUT", f"{path}/{said}/reactions/nonsense/@me") == (404, 10014)
    scene.call("DELETE", f"{path}/{said}/reactions")
    answers = [{"poll_media": {"text": text}} for text in ("yes", "no")]
    poll = scene.send("", poll={"question": {"text": "?"}, "answers": answers, "duration": 1})
    scene.dc.vote(scene.general, poll["id"], scene.ann, [1])
    assert [one["id"] for one in
            scene.call("GET", f"/channels/{scene.general}/polls/{poll['id']}/answers/1")["users"]] == [scene.ann]  # fmt: skip
    over = scene.call("POST", f"/channels/{scene.general}/polls/{poll['id']}/expire")
    assert over["poll"]["results"]["is_finalized"]


def test_a_shut_door_refuses_direct_messages(scene: DiscordScene) -> None:
    talk = scene.call("POST", "/users/@me/channels", {"recipient_id": scene.ann})
    scene.send("hello", talk["id"])
    assert scene.dc.messages(talk["id"])[0]["content"] == "hello"
    scene.dc.shut_door(scene.ann)
    assert scene.refusal("POST", f"/channels/{talk['id']}/messages", {"content": "x"}) == (403, 50007)


# -- people ----------------------------------------------------------------------------------------------


def test_timeouts_silence_people_and_end_by_themselves(scene: DiscordScene) -> None:
    path = f"/guilds/{scene.guild}/members/{scene.ann}"
    scene.call("PATCH", path, {"communication_disabled_until": scene.dc.world.time(600)})
    assert scene.dc.say(scene.general, scene.ann, "x") == ""
    scene.dc.advance(601)
    assert scene.dc.say(scene.general, scene.ann, "x") != ""
    late = {"communication_disabled_until": scene.dc.world.time(29 * 86400)}
    assert scene.refusal("PATCH", path, late) == (400, 50035)
    owner = f"/guilds/{scene.guild}/members/{scene.owner}"
    soon = {"communication_disabled_until": scene.dc.world.time(60)}
    assert scene.refusal("PATCH", owner, soon) == (403, 50013)


def test_a_ban_takes_the_last_messages_along_and_ends_with_an_unban(scene: DiscordScene) -> None:
    said = scene.dc.say(scene.general, scene.ann, "spam")
    path = f"/guilds/{scene.guild}/bans/{scene.ann}"
    scene.call("PUT", path, {"delete_message_seconds": 60})
    assert said not in {one["id"] for one in scene.dc.messages(scene.general)}
    assert scene.dc.member(scene.guild, scene.ann) is None
    assert not scene.dc.join(scene.guild, scene.ann)
    assert [one["user"]["id"] for one in scene.call("GET", f"/guilds/{scene.guild}/bans")] == [scene.ann]
    scene.call("DELETE", path)
    assert scene.refusal("GET", path) == (404, 10026)
    assert scene.dc.join(scene.guild, scene.ann)


def test_many_are_banned_at_once_and_the_unreachable_are_named(scene: DiscordScene) -> None:
    body = {"user_ids": [scene.ann, scene.owner], "delete_message_seconds": 0}
    answer = scene.call("POST", f"/guilds/{scene.guild}/bulk-ban", body)
    assert answer == {"banned_users": [scene.ann], "failed_users": [scene.owner]}
    too_many = {"user_ids": [str(number + 10**17) for number in range(201)]}
    assert scene.refusal("POST", f"/guilds/{scene.guild}/bulk-ban", too_many) == (400, 50035)


def test_roles_above_the_bots_own_are_out_of_its_reach(scene: DiscordScene) -> None:
    low, high = scene.dc.add_role(scene.guild, "low"), scene.dc.add_role(scene.guild, "high")
    scene.dc.move_role(scene.guild, high, 9)
    path = f"/guilds/{scene.guild}/members/{scene.ann}"
    scene.call("PUT", f"{path}/roles/{low}")
    assert scene.refusal("PUT", f"{path}/roles/{high}") == (403, 50013)
    scene.dc.give_role(scene.guild, scene.ann, high)
    assert scene.refusal("DELETE", path) == (403, 50013)
    scene.dc.take_role(scene.guild, scene.ann, high)
    scene.call("DELETE", path)
    assert scene.refusal("GET", path) == (404, 10007)


def test_roles_are_made_changed_moved_and_counted(scene: DiscordScene) -> None:
    path = f"/guilds/{scene.guild}/roles"
    role = scene.call("POST", path, {"name": "Helpers", "permissions": 0, "hoist": True})
    assert scene.call("PATCH", f"{path}/{role['id']}", {"name": "Guides"})["name"] == "Guides"
    scene.dc.give_role(scene.guild, scene.ann, role["id"])
    assert scene.call("GET", f"{path}/member-counts")[role["id"]] == 1
    scene.call("PATCH", path, [{"id": role["id"], "position": 1}])
    assert len(scene.call("GET", path)) == 3
    scene.call("DELETE", f"{path}/{role['id']}")
    assert scene.dc.member(scene.guild, scene.ann)["roles"] == []  # type: ignore[index]


def test_a_single_use_invitation_vanishes_with_its_use(scene: DiscordScene) -> None:
    body = {"max_uses": 1, "max_age": 3600, "unique": True}
    code = scene.call("POST", f"/channels/{scene.general}/invites", body)["code"]
    other = scene.dc.invite(scene.guild)
    assert {one["code"]: one["uses"] for one in scene.call("GET", f"/guilds/{scene.guild}/invites")} == {
        code: 0, other: 0}  # fmt: skip
    bob, carl = scene.dc.add_user("bob"), scene.dc.add_user("carl")
    assert scene.dc.join(scene.guild, bob, code)
    assert not scene.dc.join(scene.guild, carl, code)
    assert scene.dc.join(scene.guild, carl, other)
    assert {one["code"]: one["uses"] for one in scene.call("GET", f"/guilds/{scene.guild}/invites")} == {
        other: 1}  # fmt: skip
    scene.call("GET", f"/invites/{other}", params={"with_counts": "true"})
    scene.call("DELETE", f"/invites/{other}")
    assert scene.refusal("GET", f"/invites/{other}") == (404, 10006)


def test_members_are_listed_in_order_of_their_ids(scene: DiscordScene) -> None:
    path = f"/guilds/{scene.guild}/members"
    ids = [one["user"]["id"] for one in scene.call("GET", path, params={"limit": 1000})]
    assert ids == sorted([scene.owner, scene.ann, scene.bot.id], key=int)
    rest = scene.call("GET", path, params={"limit": 1000, "after": ids[0]})
    assert [one["user"]["id"] for one in rest] == ids[1:]
    found = scene.call("GET", f"{path}/search", params={"query": "an"})
    assert [one["user"]["username"] for one in found] == ["ann"]
    scene.dc.set_intents(scene.bot, ["message_content"])
    assert scene.refusal("GET", path, params={"limit": 1}) == (403, 50001)


# -- places ----------------------------------------------------------------------------------------------


def test_overwrites_decide_who_may_speak(scene: DiscordScene) -> None:
    path = f"/channels/{scene.general}/permissions/{scene.guild}"
    scene.call("PUT", path, {"type": 0, "deny": 1 << 11, "allow": 0})
    assert scene.dc.say(scene.general, scene.ann, "x") == ""
    assert scene.dc.say(scene.general, scene.owner, "x") != ""
    scene.call("DELETE", path)
    assert scene.dc.say(scene.general, scene.ann, "x") != ""
    assert scene.refusal("DELETE", path) == (404, 10009)


def test_slow_mode_holds_for_people_and_ends_at_six_hours(scene: DiscordScene) -> None:
    scene.call("PATCH", f"/channels/{scene.general}", {"rate_limit_per_user": 30})
    said = [scene.dc.say(scene.general, scene.ann, text) for text in ("a", "b")]
    assert [bool(one) for one in said] == [True, False]
    scene.dc.advance(31)
    assert scene.dc.say(scene.general, scene.ann, "c")
    assert scene.refusal("PATCH", f"/channels/{scene.general}", {"rate_limit_per_user": 21601}) == (
        400,
        50035,
    )


def test_threads_and_forum_posts_open_close_and_lock(scene: DiscordScene) -> None:
    said = scene.dc.say(scene.general, scene.ann, "a question")
    thread = scene.call("POST", f"/channels/{scene.general}/messages/{said}/threads", {"name": "A question"})
    assert thread["id"] == said
    forum = scene.call("POST", f"/guilds/{scene.guild}/channels", {
        "name": "help", "type": 15, "available_tags": [{"name": "fees"}]})  # fmt: skip
    post = scene.call("POST", f"/channels/{forum['id']}/threads", {
        "name": "Fees", "message": {"content": "how much?"},
        "applied_tags": [forum["available_tags"][0]["id"]]})  # fmt: skip
    assert post["message"]["id"] == post["id"]
    active = scene.call("GET", f"/guilds/{scene.guild}/threads/active")["threads"]
    assert {one["id"] for one in active} == {thread["id"], post["id"]}
    scene.call("PATCH", f"/channels/{post['id']}", {"archived": True, "locked": True})
    assert scene.dc.say(post["id"], scene.ann, "too late") == ""
    archived = scene.call("GET", f"/channels/{forum['id']}/threads/archived/public")["threads"]
    assert [one["id"] for one in archived] == [post["id"]]
    scene.call("PUT", f"/channels/{thread['id']}/thread-members/{scene.ann}")
    assert len(scene.call("GET", f"/channels/{thread['id']}/thread-members")) == 2
    scene.call("DELETE", f"/channels/{thread['id']}")
    assert scene.refusal("GET", f"/channels/{thread['id']}") == (404, 10003)


def test_the_server_its_log_and_its_incidents(scene: DiscordScene) -> None:
    path = f"/guilds/{scene.guild}"
    scene.call("PATCH", path, {"verification_level": 3}, headers={"X-Audit-Log-Reason": "a raid"})
    assert scene.call("GET", path, params={"with_counts": "true"})["approximate_member_count"] == 3
    log = scene.call("GET", f"{path}/audit-logs", params={"action_type": 1})["audit_log_entries"]
    assert [(one["reason"], one["changes"][0]["new_value"]) for one in log] == [("a raid", 3)]
    until = scene.dc.world.time(3600)
    scene.call("PUT", f"{path}/incident-actions", {"invites_disabled_until": until})
    code = scene.dc.invite(scene.guild)
    assert not scene.dc.join(scene.guild, scene.dc.add_user("bob"), code)


def test_automod_keeps_messages_from_appearing_and_its_number_is_limited(scene: DiscordScene) -> None:
    path = f"/guilds/{scene.guild}/auto-moderation/rules"
    rule = {
        "name": "seed", "event_type": 1, "trigger_type": 1, "enabled": True,
        "trigger_metadata": {"keyword_filter": ["seed phrase"]}, "actions": [{"type": 1}],
    }  # fmt: skip
    made = scene.call("POST", path, rule)
    assert scene.dc.say(scene.general, scene.ann, "send your Seed Phrase to me") == ""
    scene.call("PATCH", f"{path}/{made['id']}", {"enabled": False})
    assert scene.dc.say(scene.general, scene.ann, "send your seed phrase to me") != ""
    for _ in range(5):
        scene.call("POST", path, rule)
    assert scene.refusal("POST", path, rule) == (400, 50035)
    scene.call("DELETE", f"{path}/{made['id']}")
    assert len(scene.call("GET", path)) == 5


def test_welcome_and_onboarding_are_kept(scene: DiscordScene) -> None:
    path = f"/guilds/{scene.guild}"
    assert scene.refusal("GET", f"{path}/welcome-screen") == (404, 10069)
    scene.dc.change_guild(scene.guild, features=["COMMUNITY"])
    body = {"enabled": True, "description": "Hello", "welcome_channels": [
        {"channel_id": scene.general, "description": "start here"}]}  # fmt: skip
    assert scene.call("PATCH", f"{path}/welcome-screen", body)["description"] == "Hello"
    onboarding = {"enabled": False, "mode": 0, "default_channel_ids": [scene.general], "prompts": [
        {"id": "1", "title": "Where from?", "type": 0,
         "options": [{"title": "Asia", "channel_ids": [scene.general], "role_ids": []}]}]}  # fmt: skip
    assert scene.call("PUT", f"{path}/onboarding", onboarding)["prompts"][0]["title"] == "Where from?"
    assert scene.refusal("PUT", f"{path}/onboarding", {"enabled": True}) == (400, 350003)


# -- asking the bot ----------------------------------------------------------------------------------------


def _answer(scene: DiscordScene, number: str, body: dict[str, Any]) -> tuple[int, Any]:
    token = scene.dc.interaction(number)["token"]
    answer = scene.ask("POST", f"/interactions/{number}/{token}/callback", body)
    return answer.status_code, answer.json() if answer.content else None


def test_a_pressed_button_is_answered_once_within_three_seconds(scene: DiscordScene) -> None:
    sent = scene.send("press", components=[ROW])
    number = scene.dc.click(scene.general, scene.ann, sent["id"], "Go")
    body = {"type": 4, "data": {"content": "only you see this", "flags": 64}}
    assert _answer(scene, number, body) == (204, None)
    assert _answer(scene, number, body)[1]["code"] == 40060
    seen = scene.call("GET", f"/channels/{scene.general}/messages")
    assert "only you see this" not in {one["content"] for one in seen}
    late = scene.dc.click(scene.general, scene.ann, sent["id"], "go")
    scene.dc.advance(4)
    assert _answer(scene, late, body)[1]["code"] == 10062


def test_commands_are_registered_called_answered_later_and_by_modal(scene: DiscordScene) -> None:
    path = f"/applications/{scene.bot.id}/commands"
    faq = {"name": "faq", "description": "Answers", "name_localizations": {"zh-CN": "常见问题"}, "options": [
        {"type": 3, "name": "about", "description": "what"}]}  # fmt: skip
    made = scene.call("PUT", path, [faq, {"name": "Report", "type": 3}])
    assert len(scene.call("GET", path, params={"with_localizations": "true"})) == 2
    number = scene.dc.slash(scene.bot, scene.general, scene.ann, "常见问题", about="fees")
    assert _answer(scene, number, {"type": 5})[0] == 204
    token = scene.dc.interaction(number)["token"]
    hook = f"/webhooks/{scene.bot.id}/{token}"
    done = scene.call("PATCH", f"{hook}/messages/@original", {"content": "the fees"})
    assert done["content"] == "the fees"
    assert scene.call("POST", hook, {"content": "more", "flags": 64})["flags"] & 64
    said = scene.dc.say(scene.general, scene.ann, "spam")
    asked = scene.dc.menu(scene.bot, scene.general, scene.owner, "Report", said)
    modal = {"type": 9, "data": {"custom_id": "why", "title": "Why?", "components": [
        {"type": 1, "components": [{"type": 4, "custom_id": "text", "style": 1, "label": "Why"}]}]}}  # fmt: skip
    assert _answer(scene, asked, modal)[0] == 204
    sent = scene.dc.submit(asked, text="it is spam")
    assert _answer(scene, sent, {"type": 4, "data": {"content": "thanks"}})[0] == 204
    scene.call("DELETE", f"{path}/{made[0]['id']}")
    assert scene.refusal("GET", f"{path}/{made[0]['id']}") == (404, 10063)


def test_the_bot_knows_itself_its_servers_and_its_application(scene: DiscordScene) -> None:
    assert scene.call("GET", "/users/@me")["id"] == scene.bot.id
    (guild,) = scene.call("GET", "/users/@me/guilds")
    assert (guild["id"], int(guild["permissions"]) & 8) == (scene.guild, 8)
    flags = scene.call("GET", "/applications/@me")["flags"]
    assert flags & 1 << 15
    assert flags & 1 << 19
    assert scene.call("GET", "/gateway/bot")["url"] == scene.dc.gateway_url
    scene.call("DELETE", f"/users/@me/guilds/{scene.guild}")
    assert scene.call("GET", "/users/@me/guilds") == []


def test_another_process_drives_it_over_http(scene: DiscordScene) -> None:
    there = Control(scene.dc.url)
    bot = there.add_bot(name="Far")
    number = there.say(scene.general, scene.ann, "from afar")
    assert there.message(scene.general, number)["content"] == "from afar"
    assert bot.id in scene.dc.world.apps
    with pytest.raises(ValueError, match="KeyError"):
        there.channel("1")


# -- limits ------------------------------------------------------------------------------------------------


def test_a_bucket_says_what_is_left_and_refuses_what_is_over(scene: DiscordScene) -> None:
    scene.dc.set_limits(enforce=True)
    path = f"/channels/{scene.general}/messages"
    left = [scene.ask("POST", path, {"content": "x"}).headers["X-RateLimit-Remaining"] for _ in range(5)]
    assert left == ["4", "3", "2", "1", "0"]
    over = scene.ask("POST", path, {"content": "x"})
    assert over.status_code == 429
    assert 0 < over.json()["retry_after"] <= 5
    assert (over.headers["X-RateLimit-Scope"], bool(over.headers["Via"])) == ("user", True)
    assert [one["limit"] for one in scene.dc.violations()] == ["user"]
    other = scene.dc.add_channel(scene.guild, "other")
    assert scene.ask("POST", f"/channels/{other}/messages", {"content": "x"}).status_code == 200


def test_more_than_the_bots_share_of_a_second_is_refused_everywhere(scene: DiscordScene) -> None:
    scene.dc.set_limits(enforce=True, most=3, usual=[100, 5.0])
    answers = [scene.ask("GET", "/users/@me") for _ in range(5)]
    refused = [one for one in answers if one.status_code == 429]
    assert refused
    assert refused[0].json()["global"] is True


def test_too_many_invalid_requests_ban_the_address(scene: DiscordScene) -> None:
    scene.dc.set_limits(invalid_most=3)
    for _ in range(3):
        assert scene.ask("GET", "/users/@me", headers={"Authorization": "Bot x"}).status_code == 401
    banned = scene.ask("GET", "/users/@me")
    assert (banned.status_code, "Via" in banned.headers) == (429, False)
    scene.dc.forget()
    assert scene.ask("GET", "/users/@me").status_code == 200


def test_mischief_strikes_before_and_after_the_effect(scene: DiscordScene) -> None:
    path = f"/channels/{scene.general}/messages"
    for trouble, status, happened in (("rate_5xx", 502, False), ("rate_5xx_after", 502, True),
                                      ("rate_429", 429, False)):  # fmt: skip
        count = len(scene.dc.messages(scene.general))
        scene.dc.misbehave(**{trouble: 1.0})
        assert scene.ask("POST", path, {"content": trouble}).status_code == status
        assert (len(scene.dc.messages(scene.general)) > count) is happened
    scene.dc.misbehave()
    assert scene.dc.mischief_done() == {"5xx": 1, "5xx_after": 1, "429": 1}
    scene.dc.down(0.1)
    time.sleep(0.3)
    assert scene.ask("GET", "/users/@me").status_code == 200
