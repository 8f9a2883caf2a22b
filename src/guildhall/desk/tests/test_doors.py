"""Which messages become tickets: what asks us opens one, what goes on joins it, what is talk stays talk."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildhall.core.errors import BadInput
from guildhall.desk.doors import FOR_PRIVATE, NOTHING, Rules, Running, Said, What, decide, from_json, to_json
from guildhall.desk.intents import category_of, is_question, is_thanks, language_of

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
QUIET = Rules()
QUESTIONS = Rules(question=True)


def said(text="When does my deposit arrive?", after_s=0, **more):
    return Said(text, NOON + timedelta(seconds=after_s), **more)


def running(id_="T1", after_s=0, **more):
    return Running(id_, NOON + timedelta(seconds=after_s), **more)


class TestWhatOpensATicket:
    def test_talk_in_a_group_stays_talk_unless_the_door_takes_questions(self):
        assert decide(said(), QUIET, []) == NOTHING
        assert decide(said(), QUESTIONS, []).what is What.OPENS
        assert decide(said("gm everyone, nice day"), QUESTIONS, []) == NOTHING

    def test_naming_us_answering_us_and_a_command_ask_us(self):
        for asked, why in (
            (said("@guild my order is stuck", mentions_us=True), "mention"),
            (said("and how long does that take?", to_us=True), "reply"),
            (said("my order is stuck", is_command=True), "command"),
        ):
            assert decide(asked, QUIET, []).why == why
            assert decide(asked, Rules(mention=False, reply=False, command=False), []) == NOTHING

    def test_an_answer_to_us_that_asks_nothing_is_no_ticket(self):
        assert decide(said("lol true", to_us=True), QUIET, []) == NOTHING

    def test_words_of_a_category_count_only_when_something_is_asked(self):
        rules = Rules(words=True)
        assert decide(said("我的提现怎么还没到账？"), rules, []).category == "withdrawal"
        assert decide(said("今天提现了，很快"), rules, []) == NOTHING
        assert decide(said("how is everybody doing today?"), rules, []) == NOTHING

    def test_in_a_support_topic_everything_asks_and_elsewhere_nothing(self):
        rules = Rules(everything=True, topics=("7",))
        assert decide(said("my order is stuck", thread_id="7"), rules, []).what is What.OPENS
        assert decide(said("my order is stuck", thread_id="8"), rules, []) == NOTHING

    def test_an_answer_to_somebody_else_is_between_them(self):
        assert decide(said(to_other=True), QUESTIONS, [running()]) == NOTHING

    def test_in_private_whoever_writes_asks(self):
        decision = decide(said("hello", is_private=True), FOR_PRIVATE, [])
        assert decision.what is What.OPENS
        assert decide(said("   ", is_private=True), FOR_PRIVATE, []) == NOTHING

    def test_the_door_says_what_it_is_about_where_words_do_not(self):
        assert (
            decide(said("hello", is_private=True), replace(FOR_PRIVATE, category="kyc"), []).category == "kyc"
        )


class TestWhatGoesOn:
    def test_more_words_within_the_window_join_and_later_ones_are_talk_again(self):
        assert decide(said("UID 12345", 599), QUIET, [running()]).ticket_id == "T1"
        assert decide(said("UID 12345", 601), QUIET, [running()]) == NOTHING

    def test_a_second_question_within_the_window_is_the_same_ticket(self):
        assert decide(said(after_s=30), QUESTIONS, [running()]).what is What.JOINS
        assert decide(said(after_s=3600), QUESTIONS, [running()]).what is What.OPENS

    def test_an_answer_under_the_ticket_joins_however_late(self):
        decision = decide(said("still nothing", 10**6, of_ticket="T9"), QUIET, [running()])
        assert (decision.what, decision.ticket_id) == (What.JOINS, "T9")

    def test_another_topic_is_another_ticket(self):
        assert decide(said(after_s=30, thread_id="8"), QUESTIONS, [running(thread_id="7")]).what is What.OPENS

    def test_the_latest_of_several_tickets_goes_on(self):
        several = [running("old", -300), running("new", -10), running("other", -5, thread_id="9")]
        assert decide(said("UID 12345"), QUIET, several).ticket_id == "new"

    def test_in_private_an_open_ticket_takes_what_is_said_next_and_an_ended_one_for_a_while(self):
        late = said("hello?", 3 * 86_400, is_private=True)
        assert decide(late, FOR_PRIVATE, [running()]).what is What.JOINS
        assert decide(late, FOR_PRIVATE, [running(is_open=False)]).what is What.OPENS

    @pytest.mark.parametrize(
        "text", ["thanks!", "Thank you so much", "好的，谢谢", "收到 谢谢您", "ok thx 👍"]
    )
    def test_thanks_do_not_open_what_was_solved_again(self, text):
        assert decide(said(text, 60, is_private=True), FOR_PRIVATE, [running(is_open=False)]) == NOTHING
        ended = said(text, 60, of_ticket="T1", of_open_ticket=False)
        assert decide(ended, QUIET, []) == NOTHING
        assert decide(said(text, 60, is_private=True), FOR_PRIVATE, [running()]).what is What.JOINS


class TestWords:
    @pytest.mark.parametrize(
        "text, slug",
        [
            ("My deposit has not arrived, 2 hours already", "deposit"), ("充值没到账", "deposit"),
            ("提现一直在审核", "withdrawal"), ("how do I pass KYC", "kyc"), ("实名认证失败", "kyc"),
            ("why is the taker fee so high", "fee"), ("websocket api disconnects", "api"),
            ("a scammer wrote to me", "scam_report"), ("我的账号被盗了", "account_security"),
            ("返佣怎么算", "partner"), ("where are coffee shops", ""), ("capitals of the world", ""), ("", ""),
        ],
    )  # fmt: skip
    def test_a_category_is_told_by_its_words(self, text, slug):
        assert category_of(text) == slug

    def test_a_houses_own_words_count_too(self):
        assert category_of("where is my launchpool allocation", {"campaign": ["launchpool"]}) == "campaign"

    @pytest.mark.parametrize(
        "text, asks",
        [
            ("How long does a withdrawal take", True), ("hello sir, can you help with kyc", True), ("??", False),
            ("gm?", False), ("提现要多久", True), ("请问客服在吗", True), ("今天涨了不少", False),
            ("I sold everything this morning", False), ("What a day on the markets", False), ("my deposit is not here", True), ("为什么", False),
        ],
    )  # fmt: skip
    def test_a_question_is_told_by_how_it_is_asked(self, text, asks):
        assert is_question(text) is asks

    def test_the_language_is_that_of_the_words(self):
        assert language_of("提现要多久", "en") == "zh-hans"
        assert language_of("提現要多久", "zh-hant") == "zh-hant"
        assert language_of("how long does it take", "zh-hans") == "en"
        assert language_of("ok", "zh-hans") == "zh-hans"
        assert language_of("сколько ждать", "ru") == "ru"

    @given(st.text(max_size=200))
    def test_no_text_is_too_odd_to_read(self, text):
        assert category_of(text) == category_of(text)
        assert not (is_thanks(text) and is_question(text) and "?" not in text and len(text) < 3)
        decide(said(text, is_private=True), FOR_PRIVATE, [])


class TestRulesAsStored:
    def test_they_come_back_as_they_were(self):
        rules = Rules(
            question=True, topics=("7", "9"), window_s=60, category="kyc", priority="high", tells=False
        )
        assert from_json(to_json(rules)) == rules
        assert from_json({}) == Rules()

    @pytest.mark.parametrize(
        "field, value",
        [("mention", 1), ("topics", "7"), ("topics", [7]), ("window_s", -1), ("window_s", True), ("window_s", 10**9),
         ("category", None), ("priority", "huge"), ("colour", "red")],
    )  # fmt: skip
    def test_what_cannot_be_read_is_refused_by_name(self, field, value):
        with pytest.raises(BadInput) as refused:
            from_json({field: value})
        assert refused.value.field == field
