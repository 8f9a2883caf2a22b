"""A thousand random histories through facts, settlement and ledger: rows come late, twice, corrected, taken
back and contradicted, deals and bindings change, money matures, is held and paid, days are closed, and the
house dies anywhere. At the end nothing is unbalanced and the ledger is what plain integers make of the truth.

HISTORIES: how many (default 1000 on SQLite, 200 on PostgreSQL, where each takes some seconds). FIRST: the first seed (default 1).
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from unittest import mock

import pyarrow as pa
import pytest
from django.db import connection
from django.db.models import F, Sum

from guildhall.core import approvals, clock
from guildhall.core.errors import BadInput, Conflict
from guildhall.effects.models import Effect
from guildhall.exchange import facts as exchange_facts
from guildhall.facts import reading, store
from guildhall.facts.models import Aside, Shipment
from guildhall.ledger import actions as ledger
from guildhall.ledger import proof, queries
from guildhall.ledger.models import Leg, Posting
from guildhall.partners import actions, models
from guildhall.partners.actions import posting, runs
from guildhall.partners.facts import EXPLAINS
from guildhall.partners.settlement.pins import bindings_now, deals_now
from guildhall.partners.testing import oracle_files as files
from guildhall.partners.testing.oracle import Explained, Trade, settle
from guildhall.partners.tests import houses
from tests.proof.settling.death import Died, living
from tests.proof.settling.history import ACCOUNTS, BEGINS, Row, Told, moment, terms

pytestmark = [pytest.mark.proof, pytest.mark.django_db(transaction=True)]
FIRST = int(os.environ.get("FIRST", "1"))
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Lines = dict[tuple[str, str, date, str, str, str], int]


class House:
    """The house of one history: its own partners, venue and facts, in one ledger with all others."""

    def __init__(self, seed: int, place: Path, counted: Counter[str]) -> None:
        self.chance = Random(seed)
        self.counted = counted
        self.place = place
        self.told = Told(self.chance, f"v{seed}")
        self.partners = [
            actions.create_partner(f"P{number}", f"h{seed}-{number}", by=houses.BY)
            for number in range(self.chance.randint(1, 4))
        ]
        for number, one in enumerate(self.partners):
            if number == 0 or self.chance.random() < 0.85:
                houses.in_force(one.pk, **self._terms(number, BEGINS - timedelta(days=90)))
        for account in ACCOUNTS:
            if self.chance.random() < 0.9:
                self.bind(account)

    def _terms(self, number: int, since: datetime) -> dict[str, object]:
        above = (
            self.partners[self.chance.randrange(number)].pk if number and self.chance.random() < 0.5 else ""
        )
        return {**terms(self.chance, above, since), "hold_days": self.chance.choice((0, 3, 30))}

    def bind(self, account: str) -> None:
        since = self.chance.choice((BEGINS - timedelta(days=60), BEGINS, moment(self.chance)))
        try:
            actions.bind(
                self.chance.choice(self.partners).pk, self.told.venue, account, by=houses.BY, valid_from=since
            )
        except Conflict:
            pass  # the first bind won

    def live(self) -> None:
        """Everything that happens, until all was reported and settled."""
        waiting = [*self.told.batches]
        sent: list[list[Row]] = []
        deeds: list[Callable[[], None]] = [
            self.settle, self.settle, self.mature, self.mature, self.change_terms, self.change_bindings, self.close,
            self.keep_or_pay, self.keep_or_pay,
        ]  # fmt: skip
        while waiting:
            if sent and self.chance.random() < 0.15:
                self.ship(self.chance.choice(sent), "again")
            elif self.chance.random() < 0.45:
                batch = waiting.pop(0)
                self.ship(batch, f"batch {len(sent)}")
                sent.append(batch)
            else:
                self.chance.choice(deeds)()
        self.settle()

    def dying(self, work: Callable[[], object]) -> None:
        """Do it, dying on the way now and then, and doing it again until it is done."""
        while True:
            span = self.chance.choice((5, 20, 60, 150)) if self.chance.random() < 0.6 else None
            try:
                with living(None if span is None else self.chance.randrange(span)):
                    work()
                return
            except Died:
                self.counted["deaths"] += 1
                assert not connection.in_atomic_block

    def ship(self, batch: list[Row], name: str) -> None:
        self.dying(lambda: houses.ship(batch, name))
        self.told.came(batch)
        self.counted["batches"] += 1

    def settle(self) -> None:
        everything = self.chance.random() < 0.2
        run = actions.start_run(by=houses.BY, everything=everything)
        with mock.patch.object(posting, "_CHUNK", self.chance.choice((1, 2, 7, 1_000))):
            self.dying(lambda: runs.perform(run.pk))
        run.refresh_from_db()
        assert run.state == models.Run.State.FINISHED, run.error
        self.counted["settlements"] += 1

    def change_terms(self) -> None:
        number = self.chance.randrange(len(self.partners))
        try:
            houses.in_force(self.partners[number].pk, **self._terms(number, moment(self.chance)))
            self.counted["deals"] += 1
        except (BadInput, Conflict):
            pass  # a circle of overrides, or a beginning that is taken

    def change_bindings(self) -> None:
        bound = models.Binding.objects.filter(venue=self.told.venue, valid_to=None)
        if self.chance.random() < 0.5 or not bound:
            self.bind(self.chance.choice(ACCOUNTS))
            return
        one = self.chance.choice(list(bound))
        end = max(moment(self.chance), one.valid_from + timedelta(microseconds=1))
        actions.end_binding(one.pk, by=houses.BY, reason="left", at=end)

    def mature(self) -> None:
        self.dying(lambda: ledger.mature(clock.now().date()))

    def close(self) -> None:
        ledger.close_day(clock.now().date() - timedelta(days=1))

    def keep_or_pay(self) -> None:
        owner = f"partner:{self.chance.choice(self.partners).pk}"
        payable = [one for one in queries.balances(prefix=f"{owner}:payable") if one.units > 0]
        if not payable:
            return
        one = self.chance.choice(payable)
        units = self.chance.randint(1, one.units)
        try:
            if self.chance.random() < 0.5:
                key = f"pay:{owner}:{self.chance.random()}"
                self.dying(lambda: ledger.pay(owner, one.asset, units, key=key, by=houses.BY))
                self.counted["payments"] += 1
            else:
                held = ledger.hold(owner, reason="look", by=houses.BY, asset=one.asset, units=units)
                if self.chance.random() < 0.5:
                    ledger.release(held.pk, reason="fine", by=houses.BY)
        except (BadInput, Conflict):
            pass  # paid before it died, and no longer payable

    def prove(self) -> None:
        """What the ledger holds is what plain integers make of the truth; settling again posts nothing."""
        expected, explained = self.by_plain_integers()
        assert posted(self.told.venue) == expected
        self.balances_are_the_postings(expected)
        assert explains_that_count() == explained
        before = Posting.objects.count()
        again = actions.start_run(by=houses.BY, everything=True)
        runs.perform(again.pk)
        again.refresh_from_db()
        assert (again.posted_new, again.posted_changed, again.posted_reversed) == (0, 0, 0)
        assert Posting.objects.count() == before
        assert again.posted_same == len(expected)
        self.counted["amounts"] += len(expected)
        self.counted["trades"] += len(explained)

    def balances_are_the_postings(self, expected: Lines) -> None:
        owed: Counter[tuple[str, str]] = Counter()
        for (partner, _, _, asset, kind, _), units in expected.items():
            owed[f"{'invitees' if kind == 'kickback' else 'partner'}:{partner}", asset] += units
        held: Counter[tuple[str, str]] = Counter()
        for one in self.partners:
            for owner in (f"partner:{one.pk}", f"invitees:{one.pk}"):
                for standing in queries.balances(prefix=f"{owner}:"):
                    held[owner, standing.asset] += standing.units
        assert {key: units for key, units in held.items() if units} == dict(owed)

    def by_plain_integers(self) -> tuple[Lines, dict[str, Explained]]:
        """The reference over the trades in force and the deals and bindings as they stand."""
        deals = files.deals_from(deals_now())
        bindings = files.bindings_from(bindings_now())
        trades = [_trade(row) for row in self.told.truth()]
        explained, _ = settle(trades, bindings, deals)
        parents = {(deal.partner, deal.version): deal.override.parent for deal in deals if deal.override}
        lines: Counter[tuple[str, str, date, str, str, str]] = Counter()
        for trade, row in zip(trades, explained, strict=True):
            if row.reason != "paid":
                continue
            source = (str(row.partner), int(row.deal_version or 0))
            day, pin = (
                (EPOCH + timedelta(microseconds=trade.executed_at)).date(),
                f"deal:{source[0]}:v{source[1]}",
            )
            for kind, units in (("commission", row.commission), ("kickback", row.kickback)):
                lines[source[0], pin, day, trade.asset, kind, trade.venue] += units
            if row.override:
                lines[parents[source], pin, day, trade.asset, "override", trade.venue] += row.override
        return {key: units for key, units in lines.items() if units}, {row.trade_id: row for row in explained}

    def end(self) -> None:
        """The next history begins without these partners; the ledger keeps everything."""
        for model in (
            models.Change, models.Posted, models.SettledMonth, models.Run, models.Binding, models.DealVersion,
            Aside, Shipment,
        ):  # fmt: skip
            model.objects.all()._raw_delete(connection.alias)
        Effect.objects.all().delete()
        approvals.Proposal.objects.all().delete()
        shutil.rmtree(self.place, ignore_errors=True)


def _trade(row: Row) -> Trade:
    at = (row["executed_at"] - EPOCH) // timedelta(microseconds=1)
    plain = (row["trade_id"], row["venue"], row["account"], at, row["fee"], row["volume"], row["asset"])
    return Trade(*plain, tuple(row["flags"] or ()))


def posted(venue: str) -> Lines:
    """What was posted, reversals taken off: by whom it is credited, deal version, day, asset, kind, venue."""
    rows = (
        Leg.objects.filter(account__code__startswith="house:", account__code__endswith=f":{venue}")
        .values(
            "account__code",
            who=F("posting__subject"),
            pin=F("posting__pin"),
            day=F("posting__effective_on"),
            asset=F("posting__asset"),
        )
        .annotate(units=Sum("units"))
    )
    return {
        (
            row["who"].removeprefix("partner:"),
            row["pin"],
            row["day"],
            row["asset"],
            row["account__code"].split(":")[1],
            venue,
        ): -row["units"]
        for row in rows
        if row["units"]
    }


def explains_that_count() -> dict[str, Explained]:
    """What the facts say became of each trade, by the settlement that counts for its month."""
    counting = set(models.SettledMonth.objects.values_list("month", "settlement"))
    columns = ["settlement", "executed_at", *files.EXPLAIN.names]
    found = {}
    for batch in reading.batches(EXPLAINS.name, columns):
        for row in pa.Table.from_batches([batch]).to_pylist():
            if (f"{row['executed_at']:%Y-%m}", row["settlement"]) in counting:
                found[row["trade_id"]] = Explained(*(row[name] for name in files.EXPLAIN.names))
    return found


def test_a_thousand_random_histories_end_with_the_money_of_the_truth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange_facts.register()
    histories = int(os.environ.get("HISTORIES", "1000" if connection.vendor == "sqlite" else "200"))
    counted: Counter[str] = Counter()
    began = time.monotonic()
    settings = store.settings
    for seed in range(FIRST, FIRST + histories):
        place = tmp_path / f"history-{seed}"
        monkeypatch.setattr(
            store, "settings", dataclasses.replace(settings, facts_url=str(place / "facts"), data_dir=place)
        )
        monkeypatch.setattr(
            runs, "workplace", lambda run, place=place: place / "runs" / f"{run.pk}.{run.attempt}"
        )
        with clock.freeze(houses.NOON + timedelta(days=seed)):
            house = House(seed, place, counted)
            try:
                house.live()
                house.prove()
            except BaseException:
                print(f"\nhistory {seed} of HISTORIES=1 FIRST={seed}", file=sys.stderr)
                raise
            house.end()
        if seed % 50 == 0:
            assert proof.unbalanced() == []
            print(f"{seed}: {dict(counted)}, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    report = proof.verify()
    assert report.is_intact, report.breaks[:5]
    print(
        f"\n{histories} histories: {dict(counted)}; {report.postings} postings, {report.legs} legs, 0 unbalanced"
    )
