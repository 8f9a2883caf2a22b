"""What the shipped rules answer, region by region, and what they never answer whatever happens."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildhall.compliance.acts import PROMOTIONAL, Act, implied_acts
from guildhall.compliance.decide import House, Review, decide
from guildhall.compliance.regions import EU_MEMBERS, SANCTIONED
from guildhall.compliance.rulebook import Status
from guildhall.compliance.tests.houses import CLAIMS, LATER, NOON, RULES, ask, blocking, exemption
from guildhall.core.errors import NotAllowed

WORKED = [
    ("service", "GB", True, set()),
    ("service", "CN", True, set()),
    ("service", "", True, set()),
    ("service", "BR", True, set()),
    ("service", "CU", False, {"OFAC-REGION-1"}),
    ("service", "UA-43", False, {"OFAC-REGION-1"}),
    ("service", "UA", True, set()),
    ("service", "SY", True, set()),
    ("promote", "GB", False, {"GB-PROMOTE-1", "HOUSE-DEFAULT-1"}),
    ("incentive", "GB", False, {"GB-INCENTIVE-1", "HOUSE-DEFAULT-1"}),
    ("derivatives", "GB", False, {"GB-DERIVATIVES-1", "HOUSE-DEFAULT-1"}),
    ("copy_trading", "GB", False, {"GB-COPY-0", "HOUSE-DEFAULT-1"}),
    ("promote", "DE", False, {"EU-PROMOTE-1", "HOUSE-DEFAULT-1"}),
    ("incentive", "FR", False, {"EU-INCENTIVE-0", "HOUSE-DEFAULT-1"}),
    ("copy_trading", "ES", False, {"EU-COPY-1", "HOUSE-DEFAULT-1"}),
    ("promote", "SG", False, {"SG-PROMOTE-1", "SG-RISK-0", "HOUSE-DEFAULT-1"}),
    ("incentive", "SG", False, {"SG-INCENTIVE-1", "HOUSE-DEFAULT-1"}),
    ("incentive", "HK", False, {"HK-INCENTIVE-1", "HOUSE-DEFAULT-1"}),
    ("derivatives", "HK", False, {"HK-DERIVATIVES-1", "HOUSE-DEFAULT-1"}),
    ("promote", "CN", False, {"CN-PROMOTE-1", "HOUSE-DEFAULT-1"}),
    ("brief", "CN", False, {"CN-PROMOTE-1", "HOUSE-DEFAULT-1"}),
    ("incentive", "CN", False, {"CN-INCENTIVE-1", "HOUSE-DEFAULT-1"}),
    ("copy_trading", "CN", False, {"CN-COPY-1", "HOUSE-DEFAULT-1"}),
    ("promote", "US", False, {"US-PROMOTE-1", "US-PAID-1", "US-HYPOTHETICAL-0", "HOUSE-DEFAULT-1"}),
    ("derivatives", "US", False, {"US-DERIVATIVES-1", "HOUSE-DEFAULT-1"}),
    ("promote", "AE-DU", False, {"AE-DU-PROMOTE-1", "HOUSE-DEFAULT-1"}),
    ("incentive", "AE-DU", False, {"AE-DU-OFFERS-0", "HOUSE-DEFAULT-1"}),
    ("promote", "IN", False, {"IN-OFFERS-0", "HOUSE-DEFAULT-1"}),
    ("promote", "BR", False, {"HOUSE-DEFAULT-1"}),
    ("brief", "", False, {"HOUSE-UNKNOWN-1", "HOUSE-DEFAULT-1"}),
]


@pytest.mark.parametrize(
    "act,region,allowed,rules", WORKED, ids=[f"{a}-{r or 'unknown'}" for a, r, *_ in WORKED]
)
def test_each_region_answers_by_its_rules(act, region, allowed, rules):
    decision = ask(act, region)
    assert decision.allowed is allowed
    assert blocking(decision) == rules


@pytest.mark.parametrize("member", sorted(EU_MEMBERS))
def test_a_rule_of_the_union_holds_in_every_member_state(member):
    assert "EU-PROMOTE-1" in blocking(ask("promote", member))


@pytest.mark.parametrize("region", sorted(SANCTIONED))
@pytest.mark.parametrize("act", list(Act))
def test_nothing_reaches_an_embargoed_region_and_no_exception_helps(act, region):
    text = "We answered your question."
    for extra in (exemption(region, act, rule="OFAC-REGION-1"), exemption(region, act, content=text)):
        assert not ask(act, region, text, exemptions=(extra,)).allowed


def test_a_chinese_text_is_not_a_mainland_audience():
    for region in ("HK", "SG", "GB", ""):
        decision = ask("promote", region, "现货手续费说明", language="zh-hans")
        assert not any(reason.rule_id.startswith("CN-") for reason in decision.reasons)


def test_an_older_decision_is_explained_by_the_rule_of_its_day():
    before = ask("promote", "CN", at=datetime(2025, 6, 1, tzinfo=UTC))
    assert "CN-PROMOTE-0" in blocking(before)
    assert "CN-PROMOTE-1" not in blocking(before)
    assert "CN-PROMOTE-1" in blocking(ask("promote", "CN", at=datetime(2026, 2, 6, tzinfo=UTC)))


def test_syria_left_the_embargo_on_the_first_of_july_2025():
    assert not ask("service", "SY", at=datetime(2025, 6, 30, 23, tzinfo=UTC)).allowed
    assert ask("service", "SY", at=datetime(2025, 7, 1, tzinfo=UTC)).allowed


def test_an_exception_lets_one_rule_pass_and_the_disclosure_is_added():
    extra = exemption("EU", "promote", rule="EU-PROMOTE-1")
    decision = ask("promote", "DE", "Our new order types are live.", exemptions=(extra,))
    assert decision.allowed
    assert decision.text.startswith("Our new order types are live.\n\n")
    assert decision.text.endswith("this crypto-asset marketing communication.")
    assert decision.exemptions == ("01EX",)
    assert decision.require().covers(decision.text)
    assert not decision.require().covers("Our new order types are live.")


def test_a_disclosure_that_is_there_already_is_not_added_twice():
    extra = (exemption("EU", "promote", rule="EU-PROMOTE-1"),)
    once = ask("promote", "DE", "Our new order types are live.", exemptions=extra).text
    assert ask("promote", "DE", once, exemptions=extra).text == once


def test_the_disclosure_is_in_the_language_of_the_text():
    extra = (exemption("EU", "promote", rule="EU-PROMOTE-1"),)
    assert ask("promote", "DE", "新订单类型已上线。", language="zh-hans", exemptions=extra).text.endswith(
        "承担全部责任。"
    )


def test_an_exception_for_one_region_act_or_text_is_no_exception_for_another():
    text = "Our new order types are live."
    extra = (exemption("GB", "promote", content=text),)
    assert ask("promote", "GB", text, exemptions=extra).allowed
    assert not ask("promote", "GB", text + "!", exemptions=extra).allowed
    assert not ask("promote", "SG", text, exemptions=extra).allowed
    assert not ask("incentive", "GB", text, exemptions=extra).allowed


def test_an_exception_ends_at_its_moment():
    extra = (exemption("CN", "promote", rule="CN-PROMOTE-1", until=LATER),)
    assert ask("promote", "CN", at=LATER - timedelta(seconds=1), exemptions=extra).allowed
    assert not ask("promote", "CN", at=LATER, exemptions=extra).allowed


def test_an_exception_for_a_rule_does_not_allow_a_forbidden_promise_but_one_for_the_text_does():
    text = "Guaranteed returns with our fund."
    by_rule = (exemption("BR", "promote", rule="HOUSE-DEFAULT-1"),)
    by_text = (exemption("BR", "promote", content=text),)
    refused = ask("promote", "BR", text, exemptions=by_rule)
    assert blocking(refused) == {"CLAIM-EN-1"}
    assert refused.reasons[-1].span == (0, 18)
    assert ask("promote", "BR", text, exemptions=by_text).allowed


def test_an_answer_with_an_invitation_link_is_a_link():
    answer = "Register here: https://example.com/register?ref=ABC123"
    assert "GB-PROMOTE-1" in blocking(ask("service", "GB", answer))
    assert ask("service", "GB", "Read https://example.com/help/fees").allowed


def test_a_service_answer_may_warn_about_promises():
    assert ask("service", "CN", "警惕“稳赚不赔”的骗局，官方不会承诺保本。").allowed


def test_a_refusal_says_every_rule_in_both_languages():
    with pytest.raises(NotAllowed) as caught:
        ask("incentive", "GB").require()
    assert "[GB-INCENTIVE-1]" in caught.value.text.en
    assert "禁止任何金钱或非金钱的投资激励" in caught.value.text.zh
    assert caught.value.code == "compliance"


def test_a_rule_confirmed_by_two_people_may_be_relied_on_longer():
    extra = (exemption("BR", "promote", rule="HOUSE-DEFAULT-1", until=datetime(2027, 9, 1, tzinfo=UTC)),)
    late = datetime(2027, 6, 1, tzinfo=UTC)
    assert not ask("promote", "BR", at=late, exemptions=extra).allowed
    again = (Review("HOUSE-DEFAULT-1", 1, date(2027, 8, 1)),)
    assert ask("promote", "BR", at=late, exemptions=extra, reviews=again).allowed
    assert not ask("promote", "BR", at=late + timedelta(days=90), exemptions=extra, reviews=again).allowed
    assert not ask(
        "promote", "BR", at=late, exemptions=extra, reviews=(replace(again[0], rule_version=2),)
    ).allowed


REGIONS = st.sampled_from(
    ["", "GB", "DE", "FR", "SG", "HK", "CN", "US", "AE", "AE-DU", "IN", "CU", "IR", "UA-14", "UA", "BR", "TW"]
)
ACTS = st.sampled_from(list(Act))
TEXTS = st.one_of(st.sampled_from(["保本", "no risk", "hello", "https://x.io/?ref=1"]), st.text(max_size=200))
AFTER = max(rule.review_by for rule in RULES.rules)


def every_exemption(region: str, text: str) -> tuple:
    by_rule = [
        exemption(region, act, rule=r.id, until=datetime.max.replace(tzinfo=UTC))
        for r in RULES.rules
        for act in Act
    ]
    by_text = [
        exemption(region, act, content=text or "-", until=datetime.max.replace(tzinfo=UTC)) for act in Act
    ]
    return (*by_rule, *by_text)


@given(act=st.sampled_from(sorted(PROMOTIONAL)), region=REGIONS, text=TEXTS, days=st.integers(1, 4000))
def test_nothing_promotional_is_allowed_after_the_review_date_whatever_was_excepted(act, region, text, days):
    at = datetime(AFTER.year, AFTER.month, AFTER.day, tzinfo=UTC) + timedelta(days=days)
    assert not ask(act, region, text, at=at, exemptions=every_exemption(region, text)).allowed


@given(act=st.sampled_from(sorted(PROMOTIONAL)), region=REGIONS, text=TEXTS, days=st.integers(-900, 4000))
def test_nothing_promotional_is_allowed_anywhere_without_an_exception(act, region, text, days):
    assert not ask(act, region, text, at=NOON + timedelta(days=days)).allowed


@given(act=ACTS, region=REGIONS, text=TEXTS)
def test_an_exception_for_mainland_china_opens_nothing_elsewhere_and_the_other_way_round(act, region, text):
    abroad = every_exemption("HK", text)
    decision = ask(act, "CN", text, exemptions=abroad)
    assert decision.allowed == ask(act, "CN", text).allowed


@given(act=ACTS, region=REGIONS, text=TEXTS, language=st.sampled_from(["en", "zh-hans", "zh-hant"]))
def test_the_language_never_changes_the_answer(act, region, text, language):
    extra = every_exemption(region, text)
    assert (
        ask(act, region, text, exemptions=extra, language=language).allowed
        == ask(act, region, text, exemptions=extra).allowed
    )


@given(act=ACTS, region=REGIONS, text=TEXTS)
def test_every_answer_says_why_in_both_languages_with_a_version(act, region, text):
    decision = ask(act, region, text)
    assert decision.reasons
    assert all(reason.text.en and reason.text.zh and reason.version for reason in decision.reasons)
    assert decision.allowed or any(reason.blocks for reason in decision.reasons)
    assert decision.allowed == (decision.clearance is not None)


@given(act=st.sampled_from(sorted(PROMOTIONAL)), region=REGIONS)
def test_an_unverified_rule_never_permits(act, region):
    doubtful = tuple(replace(rule, status=Status.UNVERIFIED) for rule in RULES.rules)
    house = House(replace(RULES, rules=doubtful), CLAIMS)
    assert not decide(act, region, "hello", house=house, language="en", at=NOON).allowed


@pytest.mark.parametrize(
    "text",
    [
        "https://www.example.com/en/register?ref=1", "t.me/bot?start=abc", "点此https://example.com/invite/9 领取",
        "example.com/join", "HTTPS://EXAMPLE.COM/?INVITECODE=7",
    ],
)  # fmt: skip
def test_an_invitation_link_is_recognised(text):
    assert implied_acts(text) == {Act.LINK}


@pytest.mark.parametrize(
    "text",
    ["https://example.com/help", "and/or join us", "see /join", "reddit.com/r/bitcoin", "price 3.14/ref"],
)
def test_an_ordinary_link_is_not(text):
    assert implied_acts(text) == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "Our group: https://t.me/+AbCdEf", "discord.gg/abc123", "https://chat.whatsapp.com/xyz",
        "入群请点https://work.weixin.qq.com/gm/0a1b", "example.com?ref=1", "example[.]com/register",
        "example．com/register", "exam\u200bple.com/register", "https://example.com/%72egister",
        "点example.com/register进",
    ],
)  # fmt: skip
def test_an_invitation_is_one_however_it_is_written(text: str) -> None:
    assert implied_acts(text) == {Act.LINK}


@pytest.mark.parametrize("text", ["https://t.me/our_news", "50% of the fee", "Back at 12:00/noon. See you."])
def test_an_address_that_invites_nobody_is_service(text: str) -> None:
    assert implied_acts(text) == frozenset()
