"""What copies, heat, first links, edits, mentions and walls say of a message, and which texts are nearly
the same.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from guildhall.guard import heat
from guildhall.guard.canonical import canonical
from guildhall.guard.fingerprints import ALIKE, SURE, equal_values, fingerprint, fingerprints
from guildhall.guard.judge import judge
from guildhall.guard.policy import shipped
from guildhall.guard.rules.behaviour import RULES, has_contact, praises_a_dealer
from guildhall.guard.tests.world import LISTS, NOW, OLD_MEMBER, links_in
from guildhall.guard.types import Alike, Context, Reason, SenderHistory, Subject, Verdict

SETTLED = replace(OLD_MEMBER, last_seen=NOW - timedelta(hours=3), links_seen=4)
COPIES = (
    (
        "I was able to recover my lost coins with the help of James Anderson, write to him at @james_rec or see "
        "https://recover-coins.example today",
        "🔥🔥 I was able to recover my lost coins with the help of Elena Petrova!! write to him at @elena99 or see "
        "https://funds-back.example/x today 100%",
    ),
    (
        "特别感谢王老师带单，本周收益已经翻倍，有兴趣的朋友可以私聊我，或者点击 https://a.example 了解更多",
        "特别感谢李老师带单💰💰，本周收益已经翻倍，有兴趣的朋友可以私聊我，或者点击 https://b.example 了解更多！",
    ),
)
TALK = (
    "Is the funding rate on the perpetual negative again since this morning?",
    "My withdrawal to the hardware wallet has been pending for two hours now",
    "有人知道永续合约的资金费率为什么今天早上又变成负数了吗，感觉不太正常",
    "提现到硬件钱包已经等了两个小时还没有到账，请问这种情况正常吗谢谢",
)


def said(
    text: str,
    *,
    sender: SenderHistory = SETTLED,
    alike: Alike | None = None,
    raid: bool = False,
    **subject: Any,
) -> Verdict:
    context = Context(NOW, sender, lists=LISTS, alike=alike or Alike(), under_raid=raid)
    subject.setdefault("links", links_in(text))
    return judge(Subject(text, **subject), context, shipped())


def heaviest(found: Verdict, rule_id: str) -> Reason | None:
    return next((one for one in found.reasons if one.rule_id == rule_id), None)


def print_of(text: str) -> str:
    found = fingerprint(canonical(text).text)
    assert found is not None
    return found.values


@pytest.mark.parametrize(("one", "other"), COPIES)
def test_copies_with_other_names_numbers_emoji_and_links_are_nearly_the_same(one: str, other: str) -> None:
    assert equal_values(print_of(one), print_of(other)) >= ALIKE


def test_different_talk_is_not_nearly_the_same() -> None:
    prints = [print_of(text) for text in (*TALK, *(one for one, _ in COPIES))]
    for n, one in enumerate(prints):
        assert all(equal_values(one, other) < ALIKE for other in prints[n + 1 :])


@pytest.mark.parametrize(
    "text", ["", "gm", "lfg 🚀🚀🚀", "早上好各位", "1234567890" * 10, "https://x.example/" + "a" * 80]
)
def test_greetings_numbers_and_bare_links_have_no_fingerprint(text: str) -> None:
    assert fingerprint(canonical(text).text) is None


def test_many_fingerprints_at_once_are_those_one_by_one() -> None:
    random = Random(4)
    texts = [
        "".join(random.choices("abcdefghij klmnop中文字符测试样本", k=random.randrange(0, 300)))
        for _ in range(200)
    ]
    assert fingerprints(texts) == [fingerprint(text) for text in texts]


def test_a_warning_that_quotes_a_scam_with_words_of_its_own_is_not_taken_for_it_surely() -> None:
    scam = "Our support desk asks you to confirm the wallet before midnight at https://a.example"
    warning = (
        f"Careful everybody, this went around in another group and it is a fake: “{scam}” - never do that, the "
        "real desk would not write to you first, and report whoever posts it to the moderators right away please"
    )
    assert equal_values(print_of(scam), print_of(warning)) < SURE


def test_a_message_of_a_confirmed_campaign_is_removed_whoever_posts_it() -> None:
    found = said("an otherwise harmless text about nothing", alike=Alike("c", 8, 3, 40, is_confirmed=True))
    assert found.removes
    assert heaviest(found, "CAMPAIGN-1") is not None


def test_a_suspected_campaign_without_a_lure_is_not_even_put_before_a_person() -> None:
    found = said("everybody says this harmless sentence today", alike=Alike("c", 5, 2, 9))
    assert found.action.value == "allow"
    lured = said("have a look https://room.example now", alike=Alike("c", 5, 2, 9))
    assert lured.action.value != "allow"


def test_copied_praise_of_a_dealer_is_more_than_praise() -> None:
    text = "Special thanks to coach Brian, I earned 4200 dollars profit this week, honest man"
    alone = said(text)
    copied = said(text, alike=Alike("", 3, 1, 3))
    assert heaviest(alone, "HEAT-3") is None
    reason = heaviest(copied, "HEAT-3")
    assert reason is not None
    assert reason.weight == RULES["HEAT-3"].weight


@pytest.mark.parametrize(
    ("text", "praise"),
    [
        ("thanks to mr smith i recovered my money, legit agent", True),
        ("特别感谢王老师带单，这周收益翻倍", True),
        ("thanks everybody for the warm welcome", False),
        ("the trader made a profit on his short", False),
        ("谢谢老师的讲解，学到了很多", False),
    ],
)
def test_praise_of_a_dealer_needs_a_dealer_thanks_and_money(text: str, praise: bool) -> None:
    assert praises_a_dealer(text) is praise


def test_copies_are_one_accusation_however_many_rules_see_them() -> None:
    found = said(COPIES[0][0], alike=Alike("c", 9, 3, 12))
    assert sum(one.rule_id in ("CAMPAIGN-1", "HEAT-2", "HEAT-3", "FLOOD-3") for one in found.reasons) == 1


def test_the_first_link_of_a_settled_member_is_noticed_more_so_after_a_long_silence() -> None:
    text = "look https://somewhere.example now"
    awake = replace(SETTLED, links_seen=0)
    asleep = replace(awake, last_seen=NOW - timedelta(days=60))
    first, late = heaviest(said(text, sender=awake), "HEAT-4"), heaviest(said(text, sender=asleep), "HEAT-4")
    assert first is not None
    assert late is not None
    assert late.weight > first.weight
    assert heaviest(said(text), "HEAT-4") is None


def test_nothing_is_concluded_from_links_nobody_counted() -> None:
    assert heaviest(said("look https://somewhere.example now", sender=OLD_MEMBER), "HEAT-4") is None


def test_an_edit_that_adds_a_link_counts_and_one_that_mends_a_word_does_not() -> None:
    text = "good morning, details at https://somewhere.example/x"
    assert heaviest(said(text, is_edit=True, before="good morning"), "HEAT-5") is not None
    same = "good mornnig, details at https://somewhere.example/x"
    assert heaviest(said(text, is_edit=True, before=same), "HEAT-5") is None
    assert heaviest(said("good morning, dm me", is_edit=True, before="good morning"), "HEAT-5") is not None


def test_naming_many_people_counts_and_naming_two_does_not() -> None:
    many = " ".join(f"@member_{n}" for n in range(12))
    assert heaviest(said(f"hello {many}"), "HEAT-7") is not None
    assert heaviest(said("hello @anna_b and @boris_c"), "HEAT-7") is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [("🚀" * 40, "emoji"), ("h" + "\u0301\u0302\u0303" * 20, "marks"), ("a\n" * 40, "lines")],
)
def test_walls_are_told_apart(text: str, kind: str) -> None:
    found = heat.wall_of(text)
    assert found is not None
    assert found.kind == kind


@pytest.mark.parametrize(
    "text",
    [
        "gm 🚀🚀🚀",
        "Việt Nam mến yêu, chúng tôi rất vui được gặp các bạn hôm nay",
        "line\n" * 5,
        "a longer list:\n" * 30,
    ],
)
def test_ordinary_emoji_accents_and_lists_are_no_wall(text: str) -> None:
    assert heat.wall_of(text) is None


def test_newcomers_weigh_more_while_a_space_is_raided() -> None:
    calm, raided = (
        said("hello there", sender=SenderHistory()),
        said("hello there", sender=SenderHistory(), raid=True),
    )
    assert heaviest(calm, "HEAT-9") is None
    assert heaviest(raided, "HEAT-9") is not None
    assert heaviest(said("hello there", raid=True), "HEAT-9") is None


def test_heat_halves_every_quarter_of_an_hour_and_is_forgotten_when_cold() -> None:
    assert heat.decayed(800, NOW, NOW) == 800
    assert heat.decayed(800, NOW, NOW + heat.HALF_LIFE) == 400
    assert heat.decayed(800, NOW, NOW + 2 * heat.HALF_LIFE) == 200
    assert heat.decayed(800, NOW, NOW + timedelta(hours=3)) == 0
    assert heat.decayed(800, NOW, NOW - timedelta(hours=1)) == 800


def test_a_member_who_keeps_pushing_limits_gets_hot_and_an_ordinary_one_stays_cold() -> None:
    quiet = heat.added(Subject("good morning everybody"), 0, SETTLED, NOW)
    assert quiet == 0
    warm = 0
    for _ in range(4):
        warm = heat.after(warm, heat.added(Subject("x"), 450, SETTLED, NOW))
    reason = heaviest(said("good morning", sender=replace(SETTLED, heat=warm)), "HEAT-6")
    assert reason is not None
    assert reason.weight > RULES["HEAT-6"].weight


def test_contacts_are_found_in_both_languages() -> None:
    assert has_contact("dm me for details")
    assert has_contact("加微信聊")
    assert not has_contact("the direct message feature is broken")
