"""Pulling from made-up venues: what is booked is what happened, whatever the venue and the network do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from guildhall.core import clock
from guildhall.core.errors import BadInput, Conflict
from guildhall.core.models import AuditEntry
from guildhall.effects.models import Effect
from guildhall.effects.testing import drain
from guildhall.effects.types import Claimed, Mode
from guildhall.exchange.models import VenueAccount
from guildhall.exchange.testing.venues import Deposited, Traded
from guildhall.exchange.testing.venues.world import ONE
from guildhall.exchange.tests.venue_scene import OURS, START, Scene, scene
from guildhall.exchange.venues import booking, connections, pulling
from guildhall.exchange.venues.models import DayRow, Invitee, Pull, Snapshot, VenueConnection
from guildhall.facts import jobs as facts_jobs
from guildhall.facts import reading
from guildhall.facts.models import Staged
from guildhall.facts.testing import facts_place  # noqa: F401
from guildhall.people import registry
from guildhall.people.models import Member

pytestmark = pytest.mark.django_db
TODAY = START.date()


@pytest.fixture
def okx(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    with scene("okx", monkeypatch) as made:
        yield made


def traded(day: date, volume: int, fee: int, commission: int = 0, **more: str) -> Traded:
    return Traded(day, volume * ONE, fee * ONE, commission * ONE, **more)


def test_totals_become_days_and_a_repeat_changes_nothing(okx: Scene) -> None:
    anna = okx.person("100", kyc=1)
    anna.trades.append(traded(TODAY, 1000, 2))
    assert okx.pull(0.5).state == "done"
    anna.trades.append(traded(TODAY, 500, 1))
    okx.pull(1)
    staged = len(okx.rows())
    okx.pull(0.01)
    assert len(okx.rows()) == staged
    assert [(row["day"], row["fee"], row["volume"]) for row in okx.of("100")] == [
        ("2026-09-01", 2 * ONE, 1000 * ONE), ("2026-09-02", ONE, 500 * ONE),
    ]  # fmt: skip
    assert okx.of("100")[0]["source"] == "okx/fee"
    assert [row["status"] for row in okx.of("100", "kyc")] == ["passed"]
    assert [row["link"] for row in okx.of("100", "registrations")] == ["GUILD"]
    assert VenueAccount.objects.get().uid == "100"


def test_what_was_traded_before_we_counted_is_not_booked(okx: Scene) -> None:
    old = okx.person("100", joined=START - timedelta(days=300))
    old.trades.append(traded(TODAY - timedelta(days=100), 9000, 9))
    assert okx.pull().counts["baselines"] == 1
    old.trades.append(traded(TODAY, 100, 1))
    okx.pull(1)
    assert okx.sums("100") == (ONE, 100 * ONE)


def test_a_decrease_becomes_reversals_of_the_latest_days(okx: Scene) -> None:
    anna = okx.person("100")
    for n in range(3):
        anna.trades.append(traded(TODAY, 1000, 10))
        okx.pull(1 if n else 0.5)
    anna.trades[1:] = [traded(TODAY, 500, 5)]
    pull = okx.pull(1)
    assert okx.sums("100") == (15 * ONE, 1500 * ONE)
    assert [row["fee"] for row in okx.of("100")] == [10 * ONE, 5 * ONE]
    assert (pull.counts["reversed"], pull.counts["corrected"]) == (1, 1)
    assert DayRow.objects.filter(is_reversed=True).count() == 1


def test_many_pages_are_read_at_the_venues_pace_and_kept_as_evidence(okx: Scene) -> None:
    for n in range(230):
        okx.person(f"{1000 + n}").trades.append(traded(TODAY, n, 1))
    pull = okx.pull(0.5)
    assert (pull.answers, pull.rows, pull.counts["accounts"]) == (3, 230, 230)
    assert [query["page"] for _, query in okx.server.asked] == ["1", "2", "3"]
    assert sum(okx.waited) > 0.4
    assert {one.status for one in Snapshot.objects.all()} == {200}
    assert all(b'"totalFee"' in (one.body or b"") for one in Snapshot.objects.all())
    assert sum(row["fee"] for row in okx.rows()) == 230 * ONE


def test_a_venue_that_gives_its_last_page_again_and_again_is_left(okx: Scene) -> None:
    okx.world.clamps_pages = True
    for n in range(95):
        okx.person(f"{1000 + n}").trades.append(traded(TODAY, 1, 1))
    pull = okx.pull(0.5)
    assert (pull.state, pull.answers) == ("done", 2)
    assert sum(row["fee"] for row in okx.rows()) == 95 * ONE


@pytest.mark.parametrize("trick", ["429", "503", "cut", "html"])
def test_a_pull_that_is_cut_short_goes_on_where_it_was(okx: Scene, trick: str) -> None:
    for n in range(200):
        okx.person(f"{1000 + n}").trades.append(traded(TODAY, 1, 1))
    okx.world.mischief = ["", trick]
    pull = okx.pull(0.5)
    assert (pull.state, pull.answers) == ("reading", 1)
    assert okx.connection.problem["code"] == "temporary"
    assert okx.rows() == []
    okx.now.advance(timedelta(minutes=10))
    drain()
    pull.refresh_from_db()
    okx.connection.refresh_from_db()
    assert (pull.state, okx.connection.problem) == ("done", None)
    pages = [query["page"] for _, query in okx.server.asked]
    assert pages in (["1", "2", "2", "3"], ["1", "2", "3"])
    assert sum(row["fee"] for row in okx.rows()) == 200 * ONE


def test_a_booking_that_dies_halfway_is_done_again_without_doubling(
    okx: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(30):
        okx.person(f"{1000 + n}").trades.append(traded(TODAY, 1, 1))
    monkeypatch.setattr(booking, "AT_ONCE", 10)
    really, calls = booking._book_some, []

    def dies(*given: object) -> None:
        calls.append(given)
        if len(calls) == 2:
            raise ConnectionError("killed")
        really(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(booking, "_book_some", dies)
    pull = pulling.begin(okx.connection.pk, "staff:1")
    drain(raise_unforeseen=False)
    assert len(okx.rows()) == 10
    okx.now.advance(timedelta(minutes=30))
    drain()
    pull.refresh_from_db()
    assert pull.state == "done"
    assert sum(row["fee"] for row in okx.rows()) == 30 * ONE
    assert {row["revision"] for row in okx.rows()} == {0}


def test_a_clock_that_is_off_is_learnt_from_the_venue(okx: Scene) -> None:
    okx.person("100")
    okx.world.skew_ms = 90_000
    assert okx.pull().state == "done"
    assert okx.server.refused == ["50102"]
    assert 88_000 < okx.connection.skew_ms < 92_000
    okx.pull(1)
    assert okx.server.refused == ["50102"]


def test_a_refused_key_stops_the_connection_until_there_is_another(okx: Scene) -> None:
    okx.world.mischief = ["wrong_key"]
    pull = okx.pull()
    assert (pull.state, okx.connection.state) == ("failed", "refused")
    assert okx.connection.problem["code"] == "key_refused"
    assert pulling.begin_due() == 0
    with pytest.raises(Conflict):
        pulling.begin(okx.connection.pk, "staff:1")
    connections.change(
        okx.connection.pk, "staff:1", every_min=60, origin=okx.connection.origin, credentials=OURS
    )
    assert okx.pull().state == "done"


def test_fields_that_changed_stop_the_pull_and_book_nothing(okx: Scene) -> None:
    anna = okx.person("100")
    anna.trades.append(traded(TODAY, 10, 1))
    okx.pull(0.5)
    anna.trades.append(traded(TODAY, 10, 1))
    okx.world.mischief = ["renamed"]
    pull = okx.pull(1)
    assert (pull.state, pull.problem["code"]) == ("failed", "changed_shape")
    assert okx.sums("100") == (ONE, 10 * ONE)
    okx.pull(0.01)
    assert okx.sums("100") == (2 * ONE, 20 * ONE)


def test_who_is_no_longer_named_is_asked_about_and_nothing_is_taken_back(okx: Scene) -> None:
    for uid in ("100", "200", "300"):
        okx.person(uid).trades.append(traded(TODAY, 10, 1))
    okx.pull(0.5)
    okx.world.hidden, okx.world.gone = {"200"}, {"300"}
    okx.world.people["200"].trades.append(traded(TODAY, 10, 1))
    pull = okx.pull(1)
    assert {query.get("uid") for _, query in okx.server.asked if "uid" in query} == {"200", "300"}
    assert okx.server.refused == ["51621"]
    assert (pull.state, pull.counts["gone"], pull.counts["missing"]) == ("done", 1, 0)
    assert (okx.sums("200"), okx.sums("300")) == ((2 * ONE, 20 * ONE), (ONE, 10 * ONE))
    assert Invitee.objects.get(is_gone=True).missing_since == START + timedelta(days=1.5)
    okx.pull(1)
    assert okx.server.refused == ["51621"]


@pytest.mark.usefixtures("facts_place")
def test_what_was_pulled_stands_in_the_tables_of_facts_once(okx: Scene) -> None:
    okx.person("100", kyc=1, deposits=[Deposited("D", START, 5 * ONE)]).trades.append(traded(TODAY, 10, 2))
    okx.pull(0.5)
    okx.world.people["100"].trades[0] = traded(TODAY, 10, 1)
    okx.pull(0.2)
    for _ in range(2):
        facts_jobs.ship_staged(Claimed(1, "", {}, 1, Mode.REPEATABLE, "", START))
        drain()
    assert not Staged.objects.exists()
    days = reading.snapshot("daily_user")
    (batch,) = days.batches(["account", "revision", "fee", "state", "source"])
    told = sorted(batch.to_pylist(), key=lambda row: row["revision"])
    assert [(row["revision"], row["fee"], row["state"]) for row in told] == [
        (0, 2 * ONE, "live"), (1, ONE, "live"),
    ]  # fmt: skip
    for table in ("registrations", "kyc", "deposits"):
        assert sum(batch.num_rows for batch in reading.snapshot(table).batches(["account"])) == 1


def test_an_account_first_seen_days_after_it_joined_is_booked_on_one_day_and_that_is_said(okx: Scene) -> None:
    okx.person("100").trades += [traded(TODAY + timedelta(days=n), 10, 1) for n in range(4)]
    pull = okx.pull(5)
    assert [note["code"] for note in pull.notes] == ["first_looks"]
    assert [row["day"] for row in okx.of("100")] == ["2026-09-06"]


def test_days_without_a_pull_are_named(okx: Scene) -> None:
    anna = okx.person("100")
    anna.trades.append(traded(TODAY, 10, 1))
    okx.pull(0.5)
    anna.trades.append(traded(TODAY, 10, 1))
    pull = okx.pull(5)
    assert [note["code"] for note in pull.notes] == ["gap_days"]
    assert "2026-09-06" in pull.notes[0]["zh"]
    assert okx.of("100")[-1]["day"] == "2026-09-06"


def test_bybits_rolling_windows_do_not_look_like_reversals(monkeypatch: pytest.MonkeyPatch) -> None:
    with scene("bybit", monkeypatch) as bybit:
        young = bybit.person("100", joined=START - timedelta(days=10))
        old = bybit.person("200", joined=START - timedelta(days=700))
        for one in (young, old):
            one.trades += [traded(TODAY - timedelta(days=n), 100, 0, 1) for n in (9, 5)]
        old.trades += [traded(TODAY - timedelta(days=n), 1000, 0, 10) for n in (40, 360, 364)]
        bybit.pull()
        for n in range(1, 40):
            for one in (young, old):
                if n % 3 == 0:
                    one.trades.append(traded(TODAY + timedelta(days=n), 50, 0, 1))
            pull = bybit.pull(1)
            assert pull.state == "done"
        assert bybit.sums("100") == (13 * ONE, 650 * ONE)
        fee, _ = bybit.sums("200")
        assert fee <= 13 * ONE
        assert DayRow.objects.filter(is_reversed=True).count() == 0
        assert Pull.objects.order_by("id").last().notes == []  # type: ignore[union-attr]
        young.trades.pop()
        bybit.pull(0.01)
        assert bybit.sums("100")[0] == 12 * ONE


def test_binance_is_read_in_halves_and_masked_customers_are_put_aside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with scene("binance", monkeypatch, count_from=TODAY - timedelta(days=4)) as binance:
        spot = binance.person("cust1")
        spot.trades += [traded(TODAY - timedelta(days=n % 3), 0, 0, 1, asset="USDT") for n in range(1200)]
        binance.person("cust2").trades.append(traded(TODAY, 70, 0, 7, symbol="FUTBTC"))
        binance.person("om***@***.com").trades.append(traded(TODAY, 0, 0, 9))
        pull = binance.pull(0.4)
        assert pull.state == "done"
        assert binance.sums("cust1")[0] == 1200 * ONE
        assert [row["trades"] for row in binance.of("cust1")] == [400, 400, 400]
        assert binance.sums("cust2") == (7 * ONE, 70 * ONE)
        assert [(bad["field"]) for bad in pull.bad] == ["customerId"]
        assert pull.bad_count == 1


def test_bitgets_days_deposits_and_checks_arrive_and_a_restated_day_is_corrected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with scene("bitget", monkeypatch, count_from=TODAY - timedelta(days=2)) as bitget:
        anna = bitget.person("100", joined=START - timedelta(days=20), kyc=1)
        anna.trades += [traded(TODAY - timedelta(days=1), 100, 3), traded(TODAY - timedelta(days=9), 5, 5)]
        anna.deposits.append(Deposited("D1", START - timedelta(hours=3), 40 * ONE))
        bitget.pull()
        assert bitget.sums("100") == (3 * ONE, 100 * ONE)
        assert [row["deposit_id"] for row in bitget.of("100", "deposits")] == ["D1"]
        assert [row["status"] for row in bitget.of("100", "kyc")] == ["passed"]
        anna.trades[0] = traded(TODAY - timedelta(days=1), 100, 2)
        bitget.person("200").trades.append(traded(TODAY, 100, 3))
        assert bitget.pull(0.2).counts["corrected"] == 1
        assert bitget.sums("100") == (2 * ONE, 100 * ONE)
        anna.trades.clear()
        assert bitget.pull(0.2).counts["reversed"] == 1
        assert bitget.sums("100") == (0, 0)
        assert bitget.sums("200") == (3 * ONE, 100 * ONE)


def test_mexcs_days_and_deposit_totals_arrive_without_those_of_sub_affiliates(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with scene("mexc", monkeypatch, count_from=TODAY - timedelta(days=2)) as mexc:
        anna = mexc.person("100", joined=START - timedelta(days=1), kyc=2)
        anna.trades += [traded(TODAY - timedelta(days=n % 2), 10, 0, 1, symbol=f"S{n}") for n in range(150)]
        anna.deposits.append(Deposited("D1", START, 40 * ONE))
        pull = mexc.pull(0.5)
        assert pull.counts["accounts"] == 1
        assert mexc.sums("100") == (150 * ONE, 1500 * ONE)
        assert [row["amount"] for row in mexc.of("100", "deposits")] == [40 * ONE]
        anna.deposits.append(Deposited("D2", START, 2 * ONE))
        mexc.pull(1)
        assert sum(row["amount"] for row in mexc.of("100", "deposits")) == 42 * ONE
        assert [row["level"] for row in mexc.of("100", "kyc")] == [2]


def test_pulls_begin_when_they_are_due_and_one_at_a_time(okx: Scene) -> None:
    okx.person("100")
    assert pulling.begin_due() == 1
    assert pulling.begin_due() == 0
    with pytest.raises(Conflict):
        pulling.begin(okx.connection.pk, "staff:1")
    drain()
    okx.now.advance(timedelta(minutes=59))
    assert pulling.begin_due() == 0
    okx.now.advance(timedelta(minutes=2))
    assert pulling.begin_due() == 1
    Effect.objects.all().delete()
    okx.now.advance(timedelta(hours=7))
    assert pulling.begin_due() == 1
    assert Pull.objects.filter(state="failed").count() == 1


def test_pausing_ends_a_pull_and_resuming_catches_up(okx: Scene) -> None:
    anna = okx.person("100")
    anna.trades.append(traded(TODAY, 10, 1))
    pull = pulling.begin(okx.connection.pk, "staff:1")
    connections.pause(okx.connection.pk, "staff:1")
    drain()
    pull.refresh_from_db()
    assert pull.state == "failed"
    assert pulling.begin_due() == 0
    connections.resume(okx.connection.pk, "staff:1")
    okx.pull(0.5)
    assert okx.sums("100") == (ONE, 10 * ONE)


def test_an_erased_person_is_in_no_answer_kept_and_stays_a_pseudonym(okx: Scene) -> None:
    okx.person("100234").trades.append(traded(TODAY, 10, 1))
    okx.pull(0.5)
    member = Member.objects.create()
    VenueAccount.objects.update(member=member)
    for wipe in registry.erasers.values():
        wipe(member.pk)
    assert not VenueAccount.objects.exists()
    assert Snapshot.objects.get().body is None
    assert Snapshot.objects.get().sha256
    okx.world.people["100234"].trades.append(traded(TODAY, 10, 1))
    okx.pull(1)
    assert not VenueAccount.objects.exists()
    assert okx.sums("100234") == (2 * ONE, 20 * ONE)


def test_evidence_loses_its_body_after_its_time_and_keeps_its_hash(okx: Scene) -> None:
    okx.person("100")
    okx.pull()
    with clock.freeze(datetime(2027, 3, 1, tzinfo=UTC)):
        assert pulling.forget_bodies() == 1
        assert pulling.forget_bodies() == 0
    assert len(Snapshot.objects.get().sha256) == 64


def test_keys_are_kept_sealed_and_wrong_set_ups_are_refused(okx: Scene) -> None:
    assert connections.credentials_of(okx.connection) == OURS
    assert "secret-of-ours" not in str(list(VenueConnection.objects.values())) + str(
        list(AuditEntry.objects.values())
    )
    for wrong in (
        {"platform": "nowhere"}, {"venue": "Has Spaces"}, {"origin": "ftp://x"}, {"every_min": 1},
        {"credentials": OURS.__class__("", "x", "y")}, {"credentials": OURS.__class__("k", "s", "")},
    ):  # fmt: skip
        said = {"platform": "okx", "venue": "other", "credentials": OURS, "every_min": 60} | wrong
        with pytest.raises(BadInput):
            connections.connect(said.pop("platform"), "staff:1", **said)  # type: ignore[arg-type]
    with pytest.raises(Conflict):
        connections.connect("okx", "staff:1", OURS)
