"""The demo's exchange: a month reported, settled, set right, and gone without a trace."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from guildhall.demo import actions, building, exchange, queries, sweeping
from guildhall.demo.models import World
from guildhall.exchange.models import BadRow, Batch, Feed, VenueAccount
from guildhall.facts import store
from guildhall.facts.testing import facts_place
from guildhall.guard import freshness
from guildhall.guard.actions import install_shipped
from guildhall.ledger import actions as ledger
from guildhall.ledger import proof
from guildhall.ledger.models import Account, Posting
from guildhall.partners.models import Binding, DealVersion, Partner, Posted, Run
from guildhall.people import actions as people

__all__ = ["facts_place"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.one_database]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, facts_place: Path) -> World:
    install_shipped(by="system:test")
    freshness.forget()
    queries.forget()
    people.create_staff("owner@example.org", "Olga", ["owner"], by="system:test")
    monkeypatch.setattr(exchange, "_TRADES", 2_000)
    monkeypatch.setattr(exchange, "DAYS", 12)
    actions.begin(length=timedelta(hours=1))
    assert building.build()
    return World.objects.get()


def test_a_month_is_settled_what_comes_late_is_set_right_and_all_of_it_goes_without_a_trace(
    world: World,
) -> None:
    exchange.build(world)
    first, second = Run.objects.order_by("id")
    assert (first.state, second.state) == (Run.State.FINISHED, Run.State.FINISHED)
    assert first.posted_new > 20
    assert first.posted_changed == 0
    assert second.posted_changed > 0
    assert first.reasons["paid"] > 100
    assert not Batch.objects.exclude(state=Batch.State.SHIPPED).exists()
    assert BadRow.objects.filter(state=BadRow.State.OPEN).count() == 4
    assert proof.verify().is_intact
    before = (
        Posting.objects.count(),
        Binding.objects.count(),
        DealVersion.objects.count(),
        Batch.objects.count(),
    )
    exchange.build(world)  # as after a builder that was killed at its last step
    assert before == (
        Posting.objects.count(), Binding.objects.count(), DealVersion.objects.count(), Batch.objects.count()
    )  # fmt: skip
    assert exchange.is_built()

    actions.remove(by="system:test")
    assert sweeping.sweep()
    for model in (Partner, Run, Posted, Binding, Feed, Batch, VenueAccount, Posting, Account):
        assert not model.objects.exists(), model
    table = store.open_table("trades")
    assert table is not None
    assert table.to_pyarrow_table().num_rows == 0
    assert proof.verify().is_intact


def test_real_money_beside_it_stays_and_the_demos_is_reversed(world: World) -> None:
    exchange.build(world)
    ledger.open_asset("USDT", 8)
    legs = (("house:prizes:spring", -500), ("partner:real:pending", 500))
    ledger.post_many([ledger.Draft("prize:1", "prize", "USDT", legs, world.ends.date())], by="system:test")
    actions.remove(by="system:test")
    assert sweeping.sweep()
    assert Posting.objects.filter(key="prize:1", mirrors=None).exists()
    assert proof.verify().is_intact
    demos = Account.objects.filter(code__endswith=":demo").select_related("balance")
    assert demos
    assert all(one.balance.units == 0 for one in demos)
