"""The ledger holds what facts say; a registration with a code binds."""

from __future__ import annotations

import pyarrow as pa
import pytest

from guildhall.exchange.facts import REGISTRATIONS
from guildhall.facts import shipping
from guildhall.partners import actions
from guildhall.partners.actions.verifying import compare
from guildhall.partners.models import Binding, Posted
from guildhall.partners.tests.houses import BY, NOON, OCTOBER, partner, settle, ship, trade

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]


@pytest.fixture
def lin() -> str:
    one = partner()
    actions.bind(one.pk, "okx", "amber", by=BY, valid_from=OCTOBER)
    ship([trade(1), trade(2)])
    return one.pk


def test_after_a_settlement_facts_and_ledger_agree_and_a_changed_amount_is_found(lin: str) -> None:
    assert compare().lines
    assert compare().differences
    settle()
    assert compare().differences == ()
    Posted.objects.filter(kind="commission").update(units=1)
    found = compare().differences
    assert any("facts say" in one for one in found)
    assert any("the ledger holds" in one for one in found)


def test_whoever_registered_with_a_code_is_bound_from_that_moment(lin: str) -> None:
    actions.add_code(lin, "okx", "LIN10", by=BY)
    rows = [
        {"venue": "okx", "account": account, "revision": 0, "at": OCTOBER, "code": code, "link": None,
         "region": None, "state": "live", "received_at": NOON}
        for account, code in (("basil", "LIN10"), ("cedar", "OTHER"), ("amber", "LIN10"))
    ]  # fmt: skip
    columns = {name: [row[name] for row in rows] for name in REGISTRATIONS.names}
    shipping.ship(
        REGISTRATIONS.name, pa.table(columns, schema=REGISTRATIONS.schema), batch_id="r", source="test"
    )
    assert actions.bind_registrations().bound == 1
    found = Binding.objects.get(account="basil")
    assert (found.partner_id, found.valid_from, found.evidence["how"]) == (lin, OCTOBER, "code")
    assert actions.bind_registrations().bound == 0
