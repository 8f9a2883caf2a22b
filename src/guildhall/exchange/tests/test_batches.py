"""What a sender and a person with a file get: good rows in the tables, bad ones named, nothing twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from guildhall.core.errors import Conflict, NotAllowed
from guildhall.exchange import files
from guildhall.exchange.actions import batches, feeds, mending, working
from guildhall.exchange.models import BadRow, Batch, Feed, VenueAccount
from guildhall.facts import reading, registry

pytestmark = pytest.mark.django_db

ROW = (
    '{{"trade_id":"{id}","uid":"{uid}","executed_at":"2026-10-05T08:00:00Z","symbol":"BTC-USDT",'
    '"liquidity":"taker","notional":"{notional}","fee":"0.05","volume":"{notional}","asset":"USDT"}}\n'
)


def line(trade: object, uid: object = "7001", notional: object = "50.00000001") -> str:
    return ROW.format(id=trade, uid=uid, notional=notional)


def a_feed(way: str = Feed.Way.HTTP, **more: object) -> Feed:
    feed, _secret = feeds.create_feed(name="House trades", venue="house", way=way, by="staff:1", **more)  # type: ignore[arg-type]
    return feed


def send(feed: Feed, key: str, body: str | bytes, **more: object) -> Batch:
    with files.Receiving("test") as taken:
        taken.take(body.encode() if isinstance(body, str) else body)
        return batches.receive(feed, key, taken, by="feed:test", **more)[0]  # type: ignore[arg-type]


def stored(table: str = "trades") -> list[dict[str, object]]:
    return [row for piece in reading.batches(table, registry.get(table).names) for row in piece.to_pylist()]


def test_good_rows_reach_the_table_and_the_account_is_a_pseudonym(place: Path):
    batch = working.work(send(a_feed(), "k1", line("9007199254740993001")).id)
    assert batch.state == Batch.State.SHIPPED, batch.problem
    assert batch.counts["new"] == 1
    [row] = stored()
    assert row["trade_id"] == "9007199254740993001"
    assert row["notional"] == 5_000_000_001
    account = VenueAccount.objects.get(venue="house", uid="7001")
    assert row["account"] == account.pseudonym != "7001"


def test_a_bad_row_is_named_with_line_and_reason_and_the_good_ones_are_kept(place: Path):
    body = line("1") + line("8.95E+14") + "not json\n" + line("2", notional="-1") + line("3")
    batch = working.work(send(a_feed(), "k1", body).id)
    assert (batch.counts["rows"], batch.counts["good"], batch.counts["bad"]) == (5, 2, 3)
    found = {row.line: (row.field, row.reason["en"]) for row in batch.bad_rows.all()}
    assert "scientific notation" in found[2][1]
    assert found[3] == ("", "The line is not one JSON object.")
    assert found[4][0] == "notional"
    assert batch.bad_rows.get(line=2).raw == line("8.95E+14").rstrip()
    assert {row["trade_id"] for row in stored()} == {"1", "3"}


def test_the_same_batch_again_is_one_batch_and_another_body_is_refused(place: Path):
    feed = a_feed()
    first = send(feed, "k1", line("1"))
    working.work(first.id)
    assert send(feed, "k1", line("1")).id == first.id
    with pytest.raises(Conflict):
        send(feed, "k1", line("2"))
    again = working.work(send(feed, "k2", line("1") + line("2")).id)
    assert (again.counts["new"], again.counts["same"]) == (1, 1)


def test_a_row_repeated_in_one_batch_is_one_row_and_a_contradiction_names_the_first(place: Path):
    body = line("1") + line("1") + line("1", notional="51") + line("2")
    batch = working.work(send(a_feed(), "k1", body).id)
    assert (batch.counts["good"], batch.counts["repeated"], batch.counts["bad"]) == (2, 1, 1)
    bad = batch.bad_rows.get()
    assert (bad.line, bad.reason["zh"]) == (3, "第 1 行的键相同但内容不同；已采用该行。")
    assert bad.raw == line("1", notional="51").rstrip()
    assert len(stored()) == 2


def test_mended_rows_are_resubmitted_as_a_batch_that_names_its_origin(place: Path):
    batch = working.work(send(a_feed(), "k1", line("8.95E+14") + line("4.1E+14")).id)
    first, second = batch.bad_rows.order_by("line")
    mending.mend(first.pk, line("895000000000001").strip(), "staff:1")
    mending.put_away([second.pk], batch.id, "staff:1")
    fresh = working.work(mending.resubmit(batch.id, "staff:1").id)
    assert (fresh.mends_id, fresh.counts["new"]) == (batch.id, 1)
    assert set(batch.bad_rows.values_list("state", flat=True)) == {"sent", "dropped"}
    with pytest.raises(Conflict):
        mending.resubmit(batch.id, "staff:1")


def test_parts_make_a_whole_and_go_on_where_they_stopped(place: Path):
    import hashlib

    feed, body = a_feed(), (line("1") + line("2")).encode()
    digest = hashlib.sha256(body).hexdigest()

    def part(offset: int, piece: bytes) -> int:
        with files.Receiving("test") as taken:
            taken.take(piece)
            return batches.receive_part(
                feed, "big", taken, table="", offset=offset, total=len(body), sha256=digest, by="feed:test"
            )[1]

    assert part(0, body[:100]) == 100
    with pytest.raises(Conflict):
        part(150, body[150:])
    assert part(50, body[50:120]) == 120
    assert part(0, body[:60]) == 120
    assert part(120, body[120:]) == len(body)
    batch = Batch.objects.get(key="big")
    assert working.work(batch.id).counts["new"] == 2


def test_a_worker_killed_between_reading_and_shipping_loses_and_doubles_nothing(place: Path):
    batch = send(a_feed(), "k1", line("1") + line("bad id"))
    working.read(batch.id)
    assert stored() == []
    working.read(batch.id)
    done = working.work(batch.id)
    assert (done.state, done.counts["new"], BadRow.objects.count()) == ("shipped", 1, 1)
    Batch.objects.filter(pk=batch.id).update(state=Batch.State.RECEIVED)
    assert working.work(batch.id).counts["same"] == 1
    assert (len(stored()), BadRow.objects.count()) == (1, 1)


def test_a_batch_that_cannot_be_read_says_why_and_can_be_mapped(place: Path):
    body = "id,who,when,market,kind,size,fee\n5,7001,2026-10-05 16:00:00,BTC-USDT,T,10,0.1\n"
    batch = working.work(send(a_feed(), "k1", body).id)
    assert batch.state == Batch.State.FAILED
    assert "trade_id" in batch.problem["en"]
    fields = {
        "trade_id": "id", "uid": "who", "executed_at": {"column": "when", "zone": "Asia/Shanghai"},
        "symbol": "market", "liquidity": {"column": "kind", "values": {"T": "taker", "M": "maker"}},
        "notional": "size", "fee": "fee", "volume": {"is_at_par": True}, "asset": {"from_symbol": True},
    }  # fmt: skip
    batches.give_mapping(batch.id, {"table": "trades", "fields": fields, "at_par": ["USDT"]}, "staff:1")
    assert working.work(batch.id).counts["new"] == 1
    [row] = stored()
    assert str(row["executed_at"]).startswith("2026-10-05 08:00")
    assert (row["asset"], row["volume"], row["liquidity"]) == ("USDT", 1_000_000_000, "taker")


def test_a_paused_feed_takes_nothing(place: Path):
    feed = a_feed()
    feeds.set_state(feed.id, "paused", "staff:1")
    feed.refresh_from_db()
    with pytest.raises(NotAllowed):
        send(feed, "k1", line("1"))


def test_good_rows_lost_with_the_disk_they_waited_on_are_made_again_from_the_file(place: Path):
    batch = working.read(send(a_feed(), "k1", line("1") + line("1E+15")).id)
    mending.mend(batch.bad_rows.get().pk, line("2").strip(), "staff:1")
    files.rows_of(batch.id).unlink()
    assert working.work(batch.id).counts["new"] == 1
    assert batch.bad_rows.get().state == "mended"


def test_a_mapping_for_one_table_is_not_tried_on_another(place: Path):
    fields = {"uid": "who", "at": "when"}
    feed = a_feed(table="registrations", mapping={"table": "registrations", "fields": fields})
    told = '{"who":"7001","when":"2026-10-05T08:00:00Z"}\n'
    assert working.work(send(feed, "k1", told).id).counts["new"] == 1
    assert working.work(send(feed, "k2", line("1"), table="trades").id).counts["new"] == 1


def test_a_file_is_taken_once_but_read_anew_after_bad_rows_or_by_another_mapping(place: Path):
    feed, digest = a_feed(), "d" * 64
    key = batches.key_of_file(feed, digest, table="trades")
    batch = working.work(send(feed, key, line("1") + line("8.95E+14")).id)
    assert batches.key_of_file(feed, digest, table="trades", mapping=batch.mapping) == key
    assert batches.key_of_file(feed, digest, table="trades", mapping={"table": "trades"}) == f"{key}:2"
    assert batches.key_of_file(feed, digest, table="trades") == f"{key}:2"
    again = working.work(send(feed, f"{key}:2", line("1")).id)
    assert (again.counts["new"], again.counts["same"]) == (0, 1)
    assert batches.key_of_file(feed, digest, table="trades") == f"{key}:2"
