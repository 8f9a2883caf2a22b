"""Whatever is tampered with behind the triggers is found, and named."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from guildhall.core.models import AuditEntry
from guildhall.ledger import actions, chain, guard, proof
from guildhall.ledger.actions.starting_over import start_over
from guildhall.ledger.models import Balance, Seal
from guildhall.ledger.tests.conftest import DAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("usdt")]


@pytest.fixture
def ledger(draft):
    """Three postings, one reversed, two seals, a closed day."""
    actions.post_many([draft("a"), draft("b", 500), draft("c", 1000)])
    chain.seal_all()
    actions.reverse("b", new_key="b:r", reason="late", by="staff:1")
    chain.seal_all()
    actions.close_day(DAY)


def tamper(*statements: str) -> list[tuple[str, str]]:
    connection.check_constraints()
    guard.remove(connection)
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    guard.install(connection)
    return [(found.kind, found.where) for found in proof.verify().breaks]


def test_an_untouched_ledger_is_proven(ledger):
    report = proof.verify()
    assert report.breaks == []
    assert (report.postings, report.legs, report.seals, report.unsealed, report.days) == (4, 11, 2, 0, 1)
    assert AuditEntry.objects.filter(verb=chain.SEALED).count() == 2


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE ledger_leg SET units = units + 1 WHERE id = 2", ("unbalanced", "posting 1")),
        ("UPDATE ledger_posting SET pin = 'deal:7:v4' WHERE id = 1", ("changed", "a")),
        ("UPDATE ledger_posting SET details = '{}' WHERE id = 1", ("changed", "a")),
        ("UPDATE ledger_posting SET \"by\" = 'staff:9' WHERE id = 1", ("changed", "1")),
        ("UPDATE ledger_leg SET units = -units WHERE posting_id = 1", ("changed", "a")),
        ("UPDATE ledger_leg SET units = -units WHERE posting_id = 4", ("not_a_mirror", "b:r")),
        ("UPDATE ledger_balance SET low = low + 1", ("wrong_balance", None)),
        ("UPDATE ledger_day SET postings = 9", ("day_changed", f"day {DAY}")),
        ("UPDATE ledger_seal SET hash = repeat_me WHERE seq = 2", ("rewritten", "seal 2")),
        ("DELETE FROM ledger_seal WHERE seq = 2", ("tail_cut", "seals 2 to 2")),
        ("UPDATE ledger_leg SET account_id = 99 WHERE id = 1", ("stray_leg", "leg 1")),
    ],
)
def test_tampering_is_found_and_named(ledger, statement, expected):
    found = tamper(statement.replace("repeat_me", f"'{'0' * 64}'"))
    assert expected[0] in {kind for kind, _ in found}
    assert expected[1] is None or expected in found


def test_a_posting_cut_out_with_its_legs_is_missed(ledger):
    found = tamper(
        "DELETE FROM ledger_posting WHERE id = 4",
        "DELETE FROM ledger_leg WHERE posting_id = 4",
    )
    assert {"missing", "wrong_balance"} <= {kind for kind, _ in found}


def test_triggers_taken_away_are_told_of(ledger):
    connection.check_constraints()
    guard.remove(connection)
    kinds = {found.kind for found in proof.verify().breaks}
    guard.install(connection)
    assert kinds == {"trigger_missing"}


def test_balances_are_reckoned_again_from_the_legs(ledger):
    Balance.objects.filter(account__code__startswith="house:").update(low=5, high=-9)
    assert proof.rebuild_balances(by="staff:1") == 1
    assert proof.rebuild_balances(by="staff:1") == 0
    assert proof.verify().is_intact


def test_nothing_can_be_booked_on_a_closed_day_by_hand_either(ledger):
    connection.check_constraints()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_posting (id, key, body_hash, kind, asset_id, effective_on, booked_on, pin, subject,"
            " details, legs_count, last_leg_id, \"by\", recorded_at) VALUES (5, 'h', '', 'x', 'USDT',"
            f" '{DAY}', '{DAY}', '', '', '{{}}', 2, 13, 'me', '2026-10-05 00:00:00')"
        )


def test_a_seal_covers_a_range_and_waits_for_nobody(draft, usdt):
    assert chain.seal() == 0
    actions.post_many([draft(f"k{n}") for n in range(5)])
    usdt.advance(timedelta(seconds=1))
    assert [chain.seal(2), chain.seal(2), chain.seal(2), chain.seal(2)] == [2, 2, 1, 0]
    assert list(Seal.objects.order_by("seq").values_list("first_id", "last_id")) == [(1, 2), (3, 4), (5, 5)]
    assert proof.verify().is_intact


def test_a_ledger_that_was_only_practised_with_begins_anew_and_is_proven(ledger, draft):
    connection.check_constraints()
    assert not start_over(lambda code: code.startswith("partner:"), by="staff:1")
    assert start_over(lambda code: True, by="staff:1")
    assert proof.verify().is_intact
    actions.post_many([draft("a", 1)])
    chain.seal_all()
    report = proof.verify()
    assert report.breaks == []
    assert (report.postings, report.seals, report.days) == (1, 1, 0)
