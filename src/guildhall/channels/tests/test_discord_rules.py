"""Discord's permissions, locks, terms, menus and words, without Discord."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildhall.channels.discord import automod, buttons, checks, locks, menu, rights, terms
from guildhall.channels.discord import permissions as bits
from guildhall.channels.discord.automod import Rule, Trigger
from guildhall.channels.discord.errors import Failure, TokenRefused, failure_of, is_done, judge, refusal
from guildhall.channels.discord.reasons import CODES, REASONS
from guildhall.channels.port import Act, Button, Verb
from guildhall.channels.testing.contract import AT
from guildhall.core.errors import BadInput, Permanent, Temporary, Uncertain
from guildhall.effects.types import Mode

GUILD, BOT, ANN, STAFF, TRADERS = "900", "1", "2", "77", "78"
ROLES = {
    GUILD: {"permissions": str(bits.VIEW_CHANNEL | bits.SEND_MESSAGES), "position": 0},
    STAFF: {"permissions": str(bits.MANAGE_MESSAGES), "position": 5},
    TRADERS: {"permissions": "0", "position": 1},
}
HELD = rights.PERMISSIONS


def over(target: str, allow: int = 0, deny: int = 0, kind: int = bits.ROLE) -> dict[str, Any]:
    return {"id": target, "type": kind, "allow": allow, "deny": deny}


class TestWhatSomebodyMayDo:
    def test_roles_add_up_and_the_owner_may_everything(self) -> None:
        may = bits.of_member(GUILD, "9", ANN, [STAFF], ROLES)
        assert may == bits.VIEW_CHANNEL | bits.SEND_MESSAGES | bits.MANAGE_MESSAGES
        assert bits.of_member(GUILD, ANN, ANN, [], ROLES) == bits.ALL

    def test_overwrites_are_taken_in_discords_order_everyone_then_roles_then_the_member(self) -> None:
        held = bits.of_member(GUILD, "9", ANN, [TRADERS], ROLES)
        told = [
            over(ANN, allow=bits.SEND_MESSAGES, kind=bits.MEMBER),
            over(TRADERS, deny=bits.SEND_MESSAGES),
            over(GUILD, allow=bits.ADD_REACTIONS),
        ]
        assert bits.in_channel(held, GUILD, ANN, [TRADERS], told) & bits.SEND_MESSAGES
        assert not bits.in_channel(held, GUILD, "3", [TRADERS], told) & bits.SEND_MESSAGES
        assert bits.in_channel(held, GUILD, "3", [TRADERS], told) & bits.ADD_REACTIONS

    def test_whoever_does_not_see_a_channel_may_nothing_in_it(self) -> None:
        assert bits.in_channel(HELD, GUILD, BOT, [], [over(GUILD, deny=bits.VIEW_CHANNEL)]) == 0

    def test_administrators_pass_every_overwrite(self) -> None:
        held = bits.ADMINISTRATOR
        assert bits.in_channel(held, GUILD, BOT, [], [over(GUILD, deny=bits.ALL)]) == bits.ALL

    def test_the_invite_link_asks_for_what_is_checked_and_not_for_administrator(self) -> None:
        assert not HELD & bits.ADMINISTRATOR
        assert all(right.held for right in rights.judge("inside", HELD))
        for asked in rights.ASKED:
            missing = [right.key for right in rights.judge("inside", HELD & ~asked.bit) if not right.held]
            assert missing == [asked.key]
            assert (
                rights.problem_of("inside", rights.judge("inside", HELD & ~asked.bit)) is None or asked.needed
            )

    def test_each_privileged_intent_is_told_apart(self) -> None:
        def missing(flags: int) -> list[str]:
            return [right.key for right in rights.judge_bot(flags) if not right.held]

        assert missing(0) == ["message_content", "server_members"]
        assert missing(1 << 19) == ["server_members"]
        assert missing(1 << 15) == ["message_content"]
        assert missing(1 << 18 | 1 << 14) == []


class TestLocking:
    def test_a_lock_takes_speech_from_everybody_but_staff_and_us(self) -> None:
        told = [over(TRADERS, allow=bits.SEND_MESSAGES)]
        made = locks.locked(told, GUILD, BOT, locks.staff_roles(GUILD, ROLES), HELD)
        held = bits.of_member(GUILD, "9", ANN, [TRADERS], ROLES)
        assert not bits.in_channel(held, GUILD, ANN, [TRADERS], made) & bits.SPEAKING
        staff = bits.of_member(GUILD, "9", "4", [STAFF], ROLES)
        assert bits.in_channel(staff, GUILD, "4", [STAFF], made) & bits.SEND_MESSAGES
        assert bits.in_channel(HELD, GUILD, BOT, [], made) & bits.SEND_MESSAGES

    @given(
        st.lists(
            st.tuples(
                st.sampled_from([GUILD, STAFF, TRADERS, "79"]),
                st.integers(0, bits.ALL),
                st.integers(0, bits.ALL),
            ),
            unique_by=lambda one: one[0],
            max_size=4,
        )
    )
    def test_opening_gives_back_exactly_what_stood(self, given_: list[tuple[str, int, int]]) -> None:
        before = [over(key, allow, deny & ~allow) for key, allow, deny in given_]
        shut = locks.locked(before, GUILD, BOT, locks.staff_roles(GUILD, ROLES), HELD)
        assert locks.locked(shut, GUILD, BOT, locks.staff_roles(GUILD, ROLES), HELD) == shut
        assert locks.opened(shut, before, HELD) == locks.kept(before)

    def test_what_somebody_changed_meanwhile_stays(self) -> None:
        before = [over(TRADERS, allow=bits.SEND_MESSAGES)]
        shut = locks.locked(before, GUILD, BOT, (), HELD)
        shut.append(over("79", allow=bits.VIEW_CHANNEL))
        opened = {one["id"]: one for one in locks.opened(shut, before, HELD)}
        assert opened["79"]["allow"] == bits.VIEW_CHANNEL
        assert opened[TRADERS]["allow"] == bits.SEND_MESSAGES


class TestHowLong:
    def test_a_silence_beyond_28_days_is_renewed_before_it_ends(self) -> None:
        for until in (None, AT + timedelta(days=400)):
            silence = terms.silence(until, AT)
            assert silence is not None
            assert silence.at - AT < timedelta(days=28)
            assert silence.renew_at is not None
            assert silence.renew_at < silence.at

    def test_a_short_one_is_told_as_it_is_and_one_that_is_over_not_at_all(self) -> None:
        assert terms.silence(AT + timedelta(hours=2), AT) == terms.Silence(AT + timedelta(hours=2))
        assert terms.silence(AT - timedelta(seconds=1), AT) is None


class TestWhatAnAnswerMeans:
    def test_a_doubt_is_uncertain_once_and_temporary_where_it_may_be_repeated(self) -> None:
        for failure in (Failure("no answer"), Failure("HTTP 502", 502)):
            assert isinstance(judge(failure, Mode.ONCE), Uncertain)
            assert isinstance(judge(failure, Mode.REPEATABLE), Temporary)
        assert isinstance(judge(Failure("refused", was_sent=False), Mode.ONCE), Temporary)

    def test_a_pause_a_refused_token_and_a_refusal_are_told_apart(self) -> None:
        waits = judge(failure_of(429, {"retry_after": 1.5, "global": False}, {}), Mode.ONCE)
        assert isinstance(waits, Temporary)
        assert waits.retry_after == 1.5
        assert isinstance(judge(Failure("401", 401), Mode.ONCE), TokenRefused)
        assert isinstance(judge(failure_of(403, {"code": 50013, "message": "x"}, {}), Mode.ONCE), Permanent)

    def test_every_reason_has_words_in_both_languages(self) -> None:
        assert set(CODES.values()) <= set(REASONS)
        for why, (reason, do) in REASONS.items():
            assert reason.en, why
            assert reason.zh, why
            assert bool(do.en) == bool(do.zh), why
        assert "Discord" in refusal(99_999, "Something new.").text.en

    def test_what_is_so_already_is_done(self) -> None:
        assert is_done(Verb.DELETE, failure_of(404, {"code": 10008}, {}))
        assert is_done(Verb.UNBAN, failure_of(404, {"code": 10026}, {}))
        assert not is_done(Verb.DELETE, failure_of(403, {"code": 50013}, {}))

    def test_the_detail_of_a_refused_body_is_told_with_its_place(self) -> None:
        told = {
            "code": 50035,
            "message": "Invalid Form Body",
            "errors": {"content": {"_errors": [{"message": "Too long"}]}},
        }
        assert "content: Too long" in failure_of(400, told, {}).description


@pytest.mark.django_db
class TestControls:
    def test_what_was_pressed_comes_back_and_nothing_we_did_not_sign(self) -> None:
        wire = buttons.pack(Button("Appeal", data="appeal:1"))
        assert len(wire) <= 100
        assert buttons.unpack(wire) == "appeal:1"
        assert buttons.unpack("appeal:1") is None
        assert buttons.unpack(wire[:-1] + "2") is None

    def test_long_data_is_kept_here_and_comes_back_whole(self) -> None:
        wire = buttons.pack("x" * 500)
        assert len(wire) <= 100
        assert buttons.unpack(wire) == "x" * 500

    def test_a_choice_and_a_form_bring_what_was_chosen_and_filled_in(self) -> None:
        rows = buttons.components(
            [Button("One", data="pick:1"), Button("Two", data="pick:2")], (("choices", "Which?"),)
        )
        (select,) = rows[0]["components"]
        chosen = select["options"][1]["value"]
        assert buttons.unpack(f"{select['custom_id']}\n{chosen}") == "pick:2"
        assert buttons.unpack(f"{select['custom_id']}\npick:2") is None
        assert buttons.unpack(f"{buttons.pack('kyc')}\n" + '{"name": "Ann"}') == 'kyc\n{"name": "Ann"}'

    def test_buttons_stand_five_a_row_in_at_most_five_rows(self) -> None:
        rows = buttons.components([Button(str(n), data=str(n)) for n in range(40)])
        assert [len(row["components"]) for row in rows] == [5, 5, 5, 5, 5]


class TestTheMenu:
    def test_every_command_has_names_and_words_in_three_languages(self) -> None:
        for told in menu.commands():
            assert set(told["name_localizations"]) == {"zh-CN", "zh-TW"}
            assert 1 <= len(told["name"]) <= 32
            if told["type"] == 1:
                assert told["name"] == told["name"].lower()
                assert " " not in told["name"]
                assert told["description"]
                assert all(told["description_localizations"].values())
                required = [option["required"] for option in told.get("options", ())]
                assert required == sorted(required, reverse=True)

    def test_what_a_menu_sends_back_begins_with_the_command(self) -> None:
        for entry in menu.ENTRIES:
            assert entry.name.en.split()[0].lower() == entry.word

    def test_only_staff_are_shown_what_staff_may(self) -> None:
        shown = {(one["type"], one["name"]): "default_member_permissions" in one for one in menu.commands()}
        assert shown[1, "ban"]
        assert not shown[1, "help"]
        assert not shown[3, "Report message"]

    def test_the_same_commands_have_the_same_name(self) -> None:
        assert menu.digest(menu.commands()) == menu.digest(menu.commands())


class TestAutoMod:
    def test_a_rule_says_what_discord_takes(self) -> None:
        rule = Rule("Seed phrases", Trigger.KEYWORD, words=("seed phrase",), alert_in="5", timeout_s=60)
        automod.check(rule)
        body = automod.body(rule)
        assert [one["type"] for one in body["actions"]] == [1, 2, 3]
        assert body["trigger_metadata"]["keyword_filter"] == ["seed phrase"]

    @pytest.mark.parametrize(
        "rule",
        [
            Rule("x", Trigger.KEYWORD),
            Rule("x", Trigger.KEYWORD, words=("w" * 61,)),
            Rule("x", Trigger.KEYWORD, words=tuple("ab" for _ in range(1001))),
            Rule("x", Trigger.KEYWORD, words=("w",), patterns=("p",) * 11),
            Rule("x", Trigger.SPAM, timeout_s=60),
            Rule("x", Trigger.SPAM, block=False),
            Rule("x", Trigger.MENTION, mentions=51),
            Rule("", Trigger.SPAM),
        ],
    )
    def test_what_discord_would_refuse_is_refused_before(self, rule: Rule) -> None:
        with pytest.raises(BadInput):
            automod.check(rule)

    def test_there_is_room_for_six_rules_of_words_and_one_of_each_other_kind(self) -> None:
        words = Rule("x", Trigger.KEYWORD, words=("w",))
        automod.check_room(words, [{"trigger_type": 1}] * 5)
        with pytest.raises(BadInput):
            automod.check_room(words, [{"trigger_type": 1}] * 6)
        with pytest.raises(BadInput):
            automod.check_room(Rule("y", Trigger.SPAM), [{"trigger_type": 3}])


class TestWhatCanNeverBeDone:
    def test_a_poll_is_a_question_and_one_option_a_line(self) -> None:
        poll = checks.poll_of(Act(Verb.SEND_POLL, "s", text="Which?\none\n\ntwo", params=(("hours", "48"),)))
        assert (poll.question, poll.options, poll.hours) == ("Which?", ("one", "two"), 48)
        for text in ("Which?", "Which?\n" + "\n".join(map(str, range(11))), "Which?\n" + "x" * 56):
            with pytest.raises(BadInput):
                checks.poll_of(Act(Verb.SEND_POLL, "s", text=text))

    def test_slow_mode_is_six_hours_at_most(self) -> None:
        assert checks.seconds_of(Act(Verb.SLOW_MODE, "s", params=(("seconds", "21600"),))) == 21_600
        for said in ("21601", "-1", "x", "١"):
            with pytest.raises(BadInput):
                checks.seconds_of(Act(Verb.SLOW_MODE, "s", params=(("seconds", said),)))
