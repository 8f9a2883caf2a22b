"""Postings: each once, always balanced, never changed, and reversed by their mirror."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.ledger import actions, queries
from guildhall.ledger.models import Account, Asset, Balance, Leg, Posting
from guildhall.ledger.tests.conftest import DAY, NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("usdt")]


def test_a_posting_moves_balances_and_comes_once(draft):
    assert actions.post_many([draft(), draft("k2", 500)]) == actions.Posted(2, 0)
    assert actions.post_many([draft(), draft("k2", 500), draft("k2", 500)]) == actions.Posted(0, 3)
    assert queries.balance("partner:7:pending", "USDT") == 1200
    assert queries.balance("house:commission:okx", "USDT") == -2000
    assert queries.balance("partner:8:pending", "USDT") == 0
    assert [s.code for s in queries.balances(prefix="partner:")] == ["partner:7:pending"]
    posting = Posting.objects.get(key="k1")
    assert [(leg.account.code, leg.units) for leg in queries.legs_of(posting)] == list(draft().legs)
    assert (posting.id, posting.pin, posting.booked_on, posting.details) == (
        1,
        "deal:7:v3",
        DAY,
        {"day": "2026-10-03"},
    )


def test_the_same_key_with_another_body_is_a_conflict_that_names_it_and_posts_nothing(draft):
    actions.post_many([draft()])
    with pytest.raises(Conflict, match="k1"):
        actions.post_many([draft("k9"), draft(units=701)])
    with pytest.raises(Conflict, match="k3"):
        actions.post_many([draft("k3"), draft("k3", 1)])
    assert Posting.objects.count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"legs": (("a:b", 1), ("a:c", -2))},
        {"legs": (("a:b", 1), ("a:c", -1.0))},
        {"legs": (("a:b", True), ("a:c", -1))},
        {"legs": (("a:b", 2**63), ("a:c", -(2**63)))},
        {"legs": (("a:b", 0), ("a:c", 0))},
        {"legs": (("a b", 1), ("a:c", -1))},
        {"key": ""},
        {"kind": "Über"},
        {"asset": "BTC"},
        {"effective_on": date(2026, 10, 6)},
        {"effective_on": NOW},
    ],
)
def test_a_draft_that_is_wrong_in_itself_is_refused(draft, changes):
    with pytest.raises(BadInput):
        actions.post_many([draft(**changes)])
    assert not Posting.objects.exists()


def test_a_reversal_mirrors_its_original_with_the_terms_of_then(draft):
    actions.post_many([draft(matures_on=date(2026, 10, 20))])
    assert actions.reverse("k1", new_key="k1:r", reason="trade corrected", by="staff:1") == actions.Posted(
        1, 0
    )
    assert actions.reverse("k1", new_key="k1:r", reason="trade corrected", by="staff:1") == actions.Posted(
        0, 1
    )
    mirror = Posting.objects.get(key="k1:r")
    assert [(leg.account.code, -leg.units) for leg in queries.legs_of(mirror)] == list(draft().legs)
    assert (mirror.reverses.key, mirror.pin, mirror.effective_on) == ("k1", "deal:7:v3", DAY)
    assert {s.units for s in queries.balances()} == {0}
    with pytest.raises(Conflict):
        actions.reverse("k1", new_key="other", reason="again", by="staff:1")
    with pytest.raises(Conflict):
        actions.reverse("k1:r", new_key="other", reason="back", by="staff:1")
    with pytest.raises(NotFound):
        actions.reverse("nothing", new_key="other", reason="", by="staff:1")
    with pytest.raises(BadInput):
        actions.post_many([draft("x", reverses="k1", legs=(("a:b", 1), ("a:c", -1)))])


def test_sums_beyond_64_bits_stay_exact(draft):
    big = 2**63 - 1
    for n in range(5):
        legs = (("house:x", -big), ("partner:1:pending", big), ("house:x", -big), ("partner:1:pending", big))
        actions.post_many([draft(f"b{n}", legs=legs)])
    actions.post_many(
        [
            draft(
                "c",
                legs=(
                    ("house:x", -big),
                    ("house:x", -3),
                    ("partner:1:pending", big),
                    ("partner:2:pending", 3),
                ),
            )
        ]
    )
    assert queries.balance("partner:1:pending", "USDT") == 11 * big
    assert queries.balance("house:x", "USDT") == -11 * big - 3
    assert {s.code: s.units for s in queries.balances(on=DAY)}["house:x"] == -11 * big - 3
    assert queries.balances(on=DAY - timedelta(days=1)) == []


def test_one_account_code_may_hold_several_assets(draft):
    actions.open_asset("BTC", 8)
    actions.post_many([draft(), draft("k2", asset="BTC")])
    assert queries.balance("partner:7:pending", "BTC") == 700
    assert not actions.open_asset("BTC", 8)
    with pytest.raises(Conflict):
        actions.open_asset("BTC", 9)


def refused(sql: str, params: list | None = None) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, params)
            connection.check_constraints()
            cursor.execute(
                "SET CONSTRAINTS ALL IMMEDIATE" if connection.vendor == "postgresql" else "SELECT 1"
            )
    except IntegrityError:
        return True
    return False


POSTING = (
    "INSERT INTO ledger_posting (id, key, body_hash, kind, asset_id, effective_on, booked_on, pin, subject, details,"
    ' legs_count, last_leg_id, "by", recorded_at) VALUES'
    " (%d, '%s', '', 'x', 'USDT', '2026-10-03', '2026-10-03', '', '', '{}', %d, %d, 'me', '2026-10-03 00:00:00')"
)


def write_by_hand(
    *legs: tuple[int, int, int, int], asset: str = "USDT", count: int = 2, last: int = 5
) -> bool:
    """Whether the database itself lets a posting and legs (id, posting, account, units) in."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute((POSTING % (2, "h", count, last)).replace("USDT", asset))
            if legs:
                values = ", ".join(str(leg) for leg in legs)
                cursor.execute(f"INSERT INTO ledger_leg (id, posting_id, account_id, units) VALUES {values}")
            connection.check_constraints()
    except IntegrityError:
        return False
    return True


def test_the_database_itself_refuses_what_does_not_balance(draft):
    actions.open_asset("BTC", 8)
    actions.post_many([draft()])
    a, b = Account.objects.order_by("id").values_list("id", flat=True)[:2]
    assert not write_by_hand((4, 2, a, 1), (5, 2, b, -2))  # not zero
    assert not write_by_hand((4, 2, a, 0))  # the last is missing
    assert not write_by_hand()  # no legs at all
    assert not write_by_hand((5, 2, a, 0))  # one of two
    assert not write_by_hand((4, 2, a, 1), (5, 2, 10**6, -1))  # no such account
    assert not write_by_hand((4, 2, a, 1), (5, 2, b, -1), asset="BTC")  # accounts of another asset
    assert not write_by_hand((4, 2, a, 1), (5, 2, b, -1), (6, 2, b, 0))  # one too many
    assert not write_by_hand((4, 1, a, 1), (5, 1, b, -1))  # legs for a posting that stands
    big = 2**62
    assert not write_by_hand(*((n, 2, a, big) for n in range(4, 8)), count=4, last=7)  # 2**64 is not zero
    assert write_by_hand((4, 2, a, 1), (5, 2, b, -1))
    assert Balance.objects.get(account=a).units == -999


def test_nothing_written_is_changed_or_removed(draft):
    actions.post_many([draft()])
    connection.check_constraints()  # else PostgreSQL refuses to truncate for the checks still to come
    for sql in (
        "UPDATE ledger_leg SET units = units + 1 WHERE id = 1",
        "UPDATE ledger_posting SET pin = 'deal:7:v4'",
        "UPDATE ledger_account SET code = 'partner:8:pending'",
        "UPDATE ledger_asset SET scale = 2",
        "DELETE FROM ledger_leg WHERE id = 1",
        "DELETE FROM ledger_posting",
        "DELETE FROM ledger_account",
    ):
        assert refused(sql), sql
    if connection.vendor == "sqlite":
        assert refused(
            "INSERT OR REPLACE INTO ledger_leg (id, posting_id, account_id, units) VALUES (1, 1, 1, 5)"
        )
    else:
        assert refused("TRUNCATE ledger_leg CASCADE")
    assert Leg.objects.count() == 3
    assert Asset.objects.get().scale == 8


def test_a_posting_cannot_borrow_the_last_leg_of_another(draft):
    actions.post_many([draft()])
    columns = "key, body_hash, kind, asset_id, effective_on, booked_on, pin, subject, details, legs_count"
    columns += ', last_leg_id, "by", recorded_at'
    borrowed = columns.replace("key", "'k2'", 1)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO ledger_posting (id, {columns}) SELECT 2, {borrowed} FROM ledger_posting")
