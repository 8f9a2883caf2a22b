"""Address poisoning: an address made to be taken for one that staff posted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from guildhall.core import clock
from guildhall.guard import freshness, lists, staff_addresses
from guildhall.guard.rules.addresses import wallet_addresses
from guildhall.guard.tests import rows
from guildhall.guard.tests.world import LISTS, quotes, rules_of, verdict
from guildhall.guard.types import Measure

REAL = "0x52908400098527886E0F7030069857D2E4169EE7"
FAKE = "0x5290ab1c3377a0b1c2d3e4f5a6b7c8d9e0f19EE7"
TRON = "TQn9Y2khEsLJW1ChVWFMSMeRDow5KcbLSE"
TRON_FAKE = "TQn9Ya1b2c3d4e5f6g7h8j9k1m2n3pbLSE"
POSTED = replace(LISTS, addresses=frozenset({REAL.lower(), TRON.lower()}))


@pytest.mark.parametrize(
    "text", [f"deposit here {FAKE}", f"充值地址：{FAKE}", f"{FAKE}。", f"send to {TRON_FAKE} now"]
)
def test_an_address_that_mimics_one_of_staff_is_removed(text: str) -> None:
    found = verdict(text, lists=POSTED)
    assert "THEFT-29" in rules_of(found)
    assert found.action not in (Measure.ALLOW, Measure.REVIEW)


def test_the_address_is_marked() -> None:
    text = f"pay to {FAKE} please"
    assert quotes(text, verdict(text, lists=POSTED), "THEFT-29") == [FAKE]


@pytest.mark.parametrize(
    "text",
    [
        f"staff said {REAL}",
        f"staff said {REAL.lower()}",
        "mine is 0x9fc76417374aa880d4449a1f7f31ec597f00b1f6",
        f"地址是 {TRON} 对吗",
        "tx 5J7rTqk8vN3ygV2uPqS9mX1Zk4LwQ8t7aaaa",
        "0x5290…9EE7 is the short form",
    ],
)
def test_other_addresses_pass(text: str) -> None:
    assert "THEFT-29" not in rules_of(verdict(text, lists=POSTED))


def test_staff_may_post_a_new_address() -> None:
    assert "THEFT-29" not in rules_of(verdict(FAKE, lists=POSTED, sender_is_staff=True))


def test_addresses_of_every_kind_are_seen() -> None:
    bech = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"
    assert wallet_addresses(f"{REAL} {TRON} {bech}") == [REAL.lower(), TRON.lower(), bech]
    assert len(wallet_addresses(f"{REAL} " * 50)) == 20


@pytest.mark.django_db
def test_what_staff_posted_in_ninety_days_is_protected() -> None:
    staff, member, space = rows.an_account("Olga", is_staff=True), rows.an_account(), rows.a_space()
    rows.a_message(space, staff, f"our deposit address: {REAL}")
    rows.a_message(space, member, f"mine: {TRON}")
    rows.a_message(space, staff, "old: 0x" + "ab" * 20, at=clock.now() - timedelta(days=91))
    freshness.forget()
    assert lists.current().addresses == {REAL.lower()}
    rows.a_message(space, staff, f"and {TRON}")
    assert staff_addresses.current() == {REAL.lower(), TRON.lower()}
