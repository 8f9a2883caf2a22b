"""WHO, FLOOD, NEW and HIDE rules: who speaks, how often, how long known, and how it is written."""

from __future__ import annotations

from datetime import timedelta

import pytest

from guildhall.guard import identity
from guildhall.guard.canonical import text_hash
from guildhall.guard.rules import names
from guildhall.guard.tests.world import NEWCOMER, NOW, OLD_MEMBER, rules_of, verdict
from guildhall.guard.types import Copies, Protected, SenderHistory


@pytest.mark.parametrize(
    "name",
    ["Olga Petrova", "0lga Petrova", "Оlgа Реtrоvа", "olga_petrova", "𝐎𝐥𝐠𝐚 Petrova", "Olga  Petrova ✅"],
)
def test_who_1_names_that_look_like_staff(name: str) -> None:
    assert "WHO-1" in rules_of(verdict("hello", sender_name=name))


def test_who_1_staff_themselves_are_exempt() -> None:
    assert verdict("hello", sender_name="Olga Petrova", sender_is_staff=True).score == 0


@pytest.mark.parametrize("name", ["Max", "Olga", "Petra Olgova", "Wei", "Maxim Gorki"])
def test_who_1_honest_members_may_share_a_first_name(name: str) -> None:
    assert not rules_of(verdict("hello", sender_name=name)) & {"WHO-1", "WHO-2"}


def test_who_1_a_short_staff_name_counts_in_disguise_or_with_a_title() -> None:
    assert "WHO-1" in rules_of(verdict("hello", sender_name="Мах"))
    assert "WHO-1" in rules_of(verdict("hello", sender_name="admin_wei | Support"))


def test_who_1_nearly_the_same_name_counts_for_newcomers_only() -> None:
    assert "WHO-1" in rules_of(verdict("hello", sender_name="Olga Petrovaa", sender=NEWCOMER))
    assert "WHO-1" not in rules_of(verdict("hello", sender_name="Olga Petrovaa", sender=OLD_MEMBER))


@pytest.mark.parametrize(
    "name", ["Binance Support", "OKX 官方客服", "MetaMask Help Desk admin", "Bybit Official"]
)
def test_who_2_posing_as_a_brand(name: str) -> None:
    assert "WHO-2" in rules_of(verdict("hello", sender_name=name))


def test_who_2_a_fan_of_a_brand_is_not_an_impersonator() -> None:
    assert "WHO-2" not in rules_of(verdict("hello", sender_name="solana maxi"))


def test_who_3_a_newcomer_with_a_title() -> None:
    assert "WHO-3" in rules_of(verdict("hello", sender_name="Group Admin", sender=NEWCOMER))
    assert "WHO-3" not in rules_of(verdict("hello", sender_name="Group Admin", sender=OLD_MEMBER))


def _history(*texts: str, every_s: float = 1.0) -> SenderHistory:
    recent = tuple(
        (NOW - timedelta(seconds=every_s * (len(texts) - i)), text_hash(text)) for i, text in enumerate(texts)
    )
    return SenderHistory(NOW - timedelta(days=9), NOW - timedelta(days=9), 50, recent=recent)


def test_flood_1_many_messages_in_a_few_seconds() -> None:
    assert "FLOOD-1" in rules_of(verdict("and", sender=_history(*[f"m{i}" for i in range(8)])))
    assert "FLOOD-1" not in rules_of(verdict("and", sender=_history(*[f"m{i}" for i in range(7)])))
    assert "FLOOD-1" not in rules_of(
        verdict("and", sender=_history(*[f"m{i}" for i in range(8)], every_s=30))
    )


def test_flood_2_the_same_text_again() -> None:
    text = "Look at this wonderful chart!"
    again = ["Look at this wonderful chart", "LOOK at this  wonderful chart!!"]
    assert "FLOOD-2" in rules_of(verdict(text, sender=_history(*again, every_s=60)))
    assert "FLOOD-2" not in rules_of(verdict(text, sender=_history(again[0], every_s=60)))


def test_flood_3_one_text_from_many_accounts() -> None:
    long = "I have been trading here for years and nothing compares to this platform"
    assert "FLOOD-3" in rules_of(verdict(long, copies=Copies(4, 1, 4)))
    assert "FLOOD-3" not in rules_of(verdict(long, copies=Copies(2, 1, 2)))


def test_flood_3_greetings_may_be_repeated_by_everyone() -> None:
    assert rules_of(verdict("good morning everyone", copies=Copies(40, 2, 60))) == set()
    assert rules_of(verdict("早上好大家今天怎么看行情呢", copies=Copies(40, 2, 60))) == set()


def test_newcomers_with_a_link_are_watched_but_not_punished() -> None:
    found = verdict("nice article https://someblog.example/post", sender=NEWCOMER)
    assert rules_of(found) == {"NEW-1"}
    assert found.action == "allow"
    assert rules_of(verdict("nice article https://someblog.example/post")) == set()


def test_newcomers_may_link_to_what_everybody_knows() -> None:
    assert rules_of(verdict("see https://github.com/a/b", sender=NEWCOMER)) == set()


def test_new_4_a_link_put_in_by_an_edit() -> None:
    assert "NEW-4" in rules_of(verdict("hi https://someblog.example", sender=NEWCOMER, is_edit=True))


def test_new_2_and_3_lures_and_forwards() -> None:
    assert "NEW-2" in rules_of(verdict("hello, dm me", sender=NEWCOMER))
    assert "NEW-3" in rules_of(verdict("hello", sender=NEWCOMER, is_forward=True, media=("photo",)))


def test_hide_1_more_borrowed_letters_weigh_more() -> None:
    few = verdict("просто тeкст")
    many = verdict("пpocтo тeкcт c бyквaми дpyгoгo aлфaвитa")
    assert "HIDE-1" in rules_of(few)
    assert many.score > few.score
    assert many.action == "review"


def test_hide_2_invisible_characters_inside_words() -> None:
    assert "HIDE-2" in rules_of(verdict("ev\u200bery\u200bbody wel\u200bcome"))
    assert rules_of(verdict("👨\u200d👩\u200d👧 می\u200cخواهم 👩\u200d💻")) == set()


def test_hide_3_a_message_spelled_out_letter_by_letter() -> None:
    spelled = "S e n d   y o u r   s e e d   p h r a s e   t o   s u p p o r t"
    assert {"HIDE-3", "THEFT-2"} <= rules_of(verdict(spelled))
    assert rules_of(verdict("a b c d e f g, the letters my son learned today at school with me")) == set()


@pytest.mark.parametrize("name", ["徐静怡", "徐靜怡", "徐 静 怡", "徐静怡 客服", "徐静怡（官方）"])
def test_a_chinese_name_of_staff_is_recognised_however_short_it_is(name: str) -> None:
    index = names.index([Protected("徐静怡", "staff")])
    assert identity.score(identity.suspicion(identity.Face(name), [index])) >= identity.SUSPECT_FROM


def test_half_a_chinese_name_or_a_common_two_character_one_is_nobodys() -> None:
    index = names.index([Protected("徐静怡", "staff"), Protected("王伟", "staff")])
    for name in ("徐静", "静怡", "王伟", "王小伟"):
        assert identity.suspicion(identity.Face(name), [index]) == ()
