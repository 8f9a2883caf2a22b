"""What the gateway of Discord puts around what it heard: ranks by roles, times that agree with the order, the
bytes as they came.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from guildhall.channels.discord import permissions as bits
from guildhall.channels.discord.framing import Clockwork, Heard, fetched, frame
from guildhall.channels.discord.ranks import Ranks
from guildhall.channels.discord.updates import parse
from guildhall.channels.port import Kind
from guildhall.channels.tests.discord_samples import ANN, BOB, BOT, GUILD, guild, member, message, user
from guildhall.core.errors import BadInput

MOD, HELP, PLAIN = "501", "502", "503"
NOW = 1_795_000_000_000


def roles(**worth: int) -> list[dict[str, Any]]:
    return [{"id": key.removeprefix("r"), "permissions": str(value)} for key, value in worth.items()]


def a_server() -> Ranks:
    known = Ranks(BOT)
    told = roles(r501=bits.BAN_MEMBERS, r502=bits.MANAGE_MESSAGES, r503=bits.SEND_MESSAGES)
    assert known.heard("GUILD_CREATE", guild(owner_id=ANN, roles=told)) == ""
    return known


@pytest.mark.parametrize(
    ("held", "rank"),
    [
        ([], ""),
        ([PLAIN], ""),
        ([HELP], "helper"),
        ([MOD], "admin"),
        ([HELP, MOD, PLAIN], "admin"),
        (["9"], ""),
    ],
)
def test_a_rank_is_what_the_roles_together_allow(held: list[str], rank: str) -> None:
    assert a_server().of(GUILD, BOB, held) == rank


def test_the_owner_leads_whatever_their_roles() -> None:
    assert a_server().of(GUILD, ANN, []) == "owner"
    assert a_server().of("1", ANN, []) == ""


def test_a_role_that_changes_what_it_allows_has_everybody_looked_at_again() -> None:
    known = a_server()
    role = {"guild_id": GUILD, "role": {"id": PLAIN, "permissions": str(bits.SEND_MESSAGES)}}
    assert known.heard("GUILD_ROLE_UPDATE", role) == ""
    role["role"] = {"id": PLAIN, "permissions": str(bits.KICK_MEMBERS)}
    assert known.heard("GUILD_ROLE_UPDATE", role) == GUILD
    assert known.of(GUILD, BOB, [PLAIN]) == "admin"
    assert known.heard("GUILD_ROLE_DELETE", {"guild_id": GUILD, "role_id": PLAIN}) == GUILD
    assert known.heard("GUILD_UPDATE", {"id": GUILD, "owner_id": BOB}) == GUILD
    assert known.of(GUILD, BOB, []) == "owner"


def test_an_event_carries_the_rank_of_the_one_it_is_about() -> None:
    known = a_server()
    assert known.of_event("MESSAGE_CREATE", message(member=member(roles=[MOD]))) == "admin"
    assert known.of_event("GUILD_MEMBER_UPDATE", {**member(roles=[HELP]), "user": user(), "guild_id": GUILD})
    assert known.of_event("MESSAGE_DELETE", {"guild_id": GUILD, "id": "1"}) == ""
    assert known.of_event("MESSAGE_CREATE", {"guild_id": [], "member": 7}) == ""


def heard(name: str, d: Any, text: str = "") -> Heard:
    text = text or orjson.dumps({"t": name, "s": 5, "op": 0, "d": d}).decode()
    return Heard(text, name, d, 5, NOW)


def test_what_discord_said_is_kept_to_the_letter() -> None:
    text = ' {"t":"MESSAGE_CREATE","s":5,"op":0,"d":' + orjson.dumps(message("é 😀")).decode() + "}"
    body = frame(heard("MESSAGE_CREATE", message("é 😀"), text), BOT, "sess", "admin", gap=True)
    assert body.endswith(text.strip()[1:].encode())
    whole = orjson.loads(body)
    assert (whole["bot"], whole["session"], whole["rank"], whole["gap"], whole["s"]) == (
        BOT, "sess", "admin", True, 5,
    )  # fmt: skip
    assert parse(body).delivery_id == "sess:5"


def test_a_session_that_would_break_out_of_its_place_does_not() -> None:
    assert orjson.loads(frame(heard("TYPING_START", {}), BOT, 'x","bot":"1'))["session"] == 'x","bot":"1'


def test_of_a_whole_server_only_what_is_read_is_kept() -> None:
    own = {**member(roles=["5"]), "user": user(BOT, "warden")}
    d = guild(members=[own, {**member(), "user": user()}], emojis=[{"id": "1"}] * 50, presences=[{}] * 50)
    whole = orjson.loads(frame(heard("GUILD_CREATE", d), BOT, "s"))
    assert whole["d"]["members"] == [own]
    assert {"emojis", "presences"} & set(whole["d"]) == set()
    assert parse(orjson.dumps(whole)).kind is Kind.BOT_MEMBERSHIP


@pytest.mark.parametrize("members", [None, 7, {"a": 1}, [None, {"user": 3}]])
def test_a_server_with_odd_members_is_framed(members: Any) -> None:
    assert orjson.loads(frame(heard("GUILD_CREATE", guild(members=members)), BOT, "s"))["d"]["members"] == []


def test_broken_letters_are_put_aside_when_they_are_read() -> None:
    text = '{"t":"MESSAGE_CREATE","s":5,"op":0,"d":{"content":"\\ud800"}}'
    with pytest.raises(BadInput):
        parse(frame(Heard(text, "MESSAGE_CREATE", {"content": "\ud800"}, 5, NOW), BOT, "s"))


def test_what_was_fetched_has_no_delivery_and_its_own_time() -> None:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    got = parse(fetched(BOT, "GUILD_MEMBER_REMOVE", {"user": {"id": BOB}, "guild_id": GUILD}, at))
    assert (got.delivery_id, got.sent_at, got.raw["fill"]) == ("", at, True)


def test_while_discord_repeats_times_agree_with_the_order() -> None:
    clockwork = Clockwork(since=NOW - 60_000)
    clockwork.is_repeating = True
    told = [
        {"user": {"id": BOB}},
        {"timestamp": datetime.fromtimestamp(NOW / 1000 - 50, UTC).isoformat()},
        {"user": {"id": BOB}},
        {"joined_at": datetime.fromtimestamp(NOW / 1000 - 55, UTC).isoformat()},
        {"timestamp": datetime.fromtimestamp(NOW / 1000 + 99, UTC).isoformat()},
    ]
    times = [clockwork.of(d, NOW) for d in told]
    assert times == [NOW - 60_000, NOW - 50_000, NOW - 50_000, NOW - 50_000, NOW]
    clockwork.is_repeating = False
    assert clockwork.of({}, NOW + 7) == NOW + 7
