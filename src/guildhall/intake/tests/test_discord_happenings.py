"""What happens in a Discord server is kept as it happens: channels and threads, people and their standing,
edits, reactions and votes, commands, private talks.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from guildhall.channels.discord.models import DiscordInteraction, DiscordServer
from guildhall.channels.models import Message, Poll, Quarantine, Reaction, Space, SpaceMember, Topic
from guildhall.core import clock
from guildhall.guard.models import Case
from guildhall.intake.tests.discord_scene import Town, a_member, discord_town, state_of, wait_for
from guildhall.people.models import Account

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Town]:
    with discord_town(monkeypatch, tmp_path) as made:
        yield made
        made.was_well_behaved()


def test_a_server_its_channels_and_what_is_said_there_are_known_within_a_moment(town: Town) -> None:
    town.open().settled()
    bob = a_member(town)
    forum = town.dc.add_channel(town.guild, "questions", "forum")
    post = town.dc.post(forum, bob, "Fees?", "what does a withdrawal cost")
    town.dc.say(town.general, bob, "hello")
    town.heard("hello", "what does a withdrawal cost")
    assert (town.space.name, town.space.kind, town.space.receiver) == ("Perpetuals", "server", town.app.id)
    topics = {one.external_id: one for one in Topic.objects.filter(space=town.space)}
    assert (topics[town.general].name, topics[town.general].kind) == ("general", "text")
    assert (topics[post].name, topics[post].kind, topics[post].parent) == ("Fees?", "thread", forum)
    said = Message.objects.get(text="what does a withdrawal cost")
    assert (said.thread_id, said.account.external_id) == (post, bob)  # type: ignore[union-attr]
    assert state_of(bob) == "member"
    assert DiscordServer.objects.get(space=town.space).owner == town.owner


def test_a_chinese_server_is_spoken_to_in_chinese_from_the_start(town: Town) -> None:
    town.dc.change_guild(town.guild, preferred_locale="zh-CN")
    town.open().settled()
    assert town.space.language == "zh-hans"


def test_a_private_talk_is_one_space_with_the_bot(town: Town) -> None:
    town.open().settled()
    bob = a_member(town)
    town.dc.direct(bob, town.app, "may I ask something")
    town.heard("may I ask something")
    talk = Space.objects.get(kind="private", platform="discord")
    assert talk.external_id == f"dm:{bob}/{town.app.id}"
    assert not Case.objects.exists()


def test_who_leads_a_server_is_known_by_its_roles(town: Town) -> None:
    mod, helper = town.dc.add_user("mod"), town.dc.add_user("helper")
    moderators = town.dc.add_role(town.guild, "mods", "BAN_MEMBERS")
    for person in (mod, helper):
        town.dc.join(town.guild, person)
    town.dc.give_role(town.guild, mod, moderators)
    town.open().settled()
    wait_for(lambda: state_of(mod) == "admin", "the moderator")
    assert state_of(town.owner) == "owner"
    assert state_of(helper) != "admin"
    town.dc.give_role(town.guild, helper, moderators)
    wait_for(lambda: state_of(helper) == "admin", "the new moderator")
    town.dc.take_role(town.guild, mod, moderators)
    wait_for(lambda: state_of(mod) == "member", "the former one")


def test_timeouts_kicks_and_bans_by_anybody_are_kept(town: Town) -> None:
    town.open().settled()
    quiet, out, gone = a_member(town, "quiet"), a_member(town, "out"), a_member(town, "gone")
    wait_for(lambda: state_of(gone), "all to be known")
    town.dc.timeout(town.guild, quiet, 600, by=town.owner)
    town.dc.kick(town.guild, out, by=town.owner)
    town.dc.ban(town.guild, gone, by=town.owner)
    expected = ("restricted", "left", "banned")
    wait_for(lambda: tuple(map(state_of, (quiet, out, gone))) == expected, "all three")
    until = SpaceMember.objects.get(account__external_id=quiet).until
    assert until is not None
    assert 500 < (until - clock.now()).total_seconds() < 700
    town.dc.unban(town.guild, gone, by=town.owner)
    wait_for(lambda: state_of(gone) == "left", "the ban to be over")
    town.dc.join(town.guild, gone)
    wait_for(lambda: state_of(gone) == "member", "them to be back")


def test_edits_deletions_reactions_and_votes_are_kept_step_by_step(town: Town) -> None:
    town.open().settled()
    bob, ann = a_member(town), a_member(town, "ann")
    first = town.dc.say(town.general, bob, "a tpyo")
    rest = [town.dc.say(town.general, bob, f"rest {number}") for number in range(3)]
    poll = {"question": {"text": "Long or short?"}, "answers": [
        {"answer_id": 1, "poll_media": {"text": "long"}}, {"answer_id": 2, "poll_media": {"text": "short"}},
    ], "allow_multiselect": False, "results": {"is_finalized": False, "answer_counts": []}}  # fmt: skip
    asked = town.dc.say(town.general, bob, "", poll=poll)
    town.heard("a tpyo", "rest 2")
    town.dc.edit(town.general, first, "a typo")
    town.dc.unfurl(town.general, first, {"type": "link", "title": "Some page"})
    for person, emoji in ((bob, "👍"), (ann, "👍"), (ann, "🔥")):
        town.dc.react(town.general, first, person, emoji)
    town.dc.unreact(town.general, first, ann, "👍")
    town.dc.vote(town.general, asked, ann, [2])
    town.dc.delete(town.general, rest[0])
    town.dc.bulk_delete(town.general, rest[1:])
    wait_for(lambda: Message.objects.filter(visible=False).count() == 3, "the deletions")
    message = Message.objects.get(external_id=first)
    assert (message.text, message.version) == ("a typo", 2)
    given = Reaction.objects.filter(message=message).values_list("account__external_id", "reactions")
    assert dict(given) == {bob: ["👍"], ann: ["🔥"]}
    assert Poll.objects.get(external_id=asked).options == [["long", 0], ["short", 1]]


def test_an_edit_that_tells_only_the_new_words_is_its_authors(town: Town) -> None:
    town.open().settled()
    bob = a_member(town)
    said = town.dc.say(town.general, bob, "first words")
    town.heard("first words")
    told = {"id": said, "channel_id": town.general, "guild_id": town.guild}
    town.dc.deliver_raw(town.app, "MESSAGE_UPDATE", {**told, "embeds": []})
    town.dc.deliver_raw(town.app, "MESSAGE_UPDATE", {**told, "content": "other words"})
    town.heard("other words")
    message = Message.objects.get(external_id=said)
    assert message.account is not None
    assert (message.account.external_id, message.version) == (bob, 2)
    assert not Quarantine.objects.exists()


def test_reactions_that_somebody_clears_are_gone(town: Town) -> None:
    town.open().settled()
    people = [a_member(town, name) for name in ("bob", "ann")]
    said = town.dc.say(town.general, people[0], "look")
    for person in people:
        town.dc.react(town.general, said, person, "👍")
        town.dc.react(town.general, said, person, "🔥")
    wait_for(lambda: [row.reactions for row in Reaction.objects.all()] == [["👍", "🔥"]] * 2, "reactions")
    told = {"message_id": said, "channel_id": town.general, "guild_id": town.guild}
    emoji = {"id": None, "name": "👍"}
    town.dc.deliver_raw(town.app, "MESSAGE_REACTION_REMOVE_EMOJI", {**told, "emoji": emoji})
    wait_for(lambda: [row.reactions for row in Reaction.objects.all()] == [["🔥"]] * 2, "one to be cleared")
    town.dc.deliver_raw(town.app, "MESSAGE_REACTION_REMOVE_ALL", told)
    wait_for(lambda: not Reaction.objects.exists(), "all to be cleared")


def test_a_slash_command_is_a_message_that_waits_for_an_answer(town: Town) -> None:
    town.open().settled()
    bob = a_member(town)
    town.dc.deliver_raw(town.app, "INTERACTION_CREATE", {
        "id": "1574508684464095999", "application_id": town.app.id, "type": 2, "token": "secret-token",
        "guild_id": town.guild, "channel_id": town.general, "locale": "zh-CN", "version": 1,
        "data": {"id": "5", "name": "rules", "type": 1},
        "member": {"user": {"id": bob, "username": "bob"}, "roles": []},
    })  # fmt: skip
    town.heard("/rules")
    row = DiscordInteraction.objects.get()
    assert (row.id, row.kind, row.locale, row.token) == ("1574508684464095999", 2, "zh-CN", "secret-token")
    stored = Message.objects.get(text="/rules")
    assert (stored.external_id, stored.account.external_id) == (row.id, bob)  # type: ignore[union-attr]


def test_an_outage_of_a_server_is_waited_for(town: Town) -> None:
    town.open().settled()
    bob = a_member(town)
    town.dc.outage(town.guild)
    wait_for(lambda: DiscordServer.objects.get().status == "away", "the outage")
    town.dc.outage(town.guild, on=False)
    wait_for(lambda: DiscordServer.objects.get().status == "inside", "its end")
    town.dc.say(town.general, bob, "still here")
    town.heard("still here")


def test_names_and_languages_of_people_are_theirs(town: Town) -> None:
    town.open().settled()
    li = town.dc.add_user("li_ming", "李明", locale="zh-CN")
    town.dc.join(town.guild, li)
    town.dc.say(town.general, li, "大家好")
    town.heard("大家好")
    account = Account.objects.get(platform="discord", external_id=li)
    assert (account.username, account.display_name) == ("li_ming", "李明")
