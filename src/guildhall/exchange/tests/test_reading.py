"""What is read out of files: amounts to the last digit, times in their zone, ids that nobody rounded,
every bad row with its line.
"""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildhall.core.errors import BadInput
from guildhall.core.money import Asset
from guildhall.exchange import signing
from guildhall.exchange.reading import amounts, formats, jsonlines, mapping, rows, times
from guildhall.exchange.reading.faults import Faults
from guildhall.exchange.reading.rows import Converted

NOW = datetime(2026, 11, 23, tzinfo=UTC)
COIN = Asset("COIN", 8)
# Lines of our own in the shape of an export of fills that a spreadsheet has been over.
FILLS = """Account,Coin,Size USD,Timestamp IST,Crossed,Fee,Trade ID,Timestamp
0xae01,@107,7872.16,02-12-2024 22:50,TRUE,0.34540448,8.95E+14,1.73E+12
0xae01,BTC,0.1,04-12-2024 5:30,TRUE,0,170,1.73E+12
0x513b,BTC,1082.22,12-04-2025 4:55,FALSE,0.31168,3739256352,1.74E+12
"""
FILLS_MAPPING = {
    "table": "trades",
    "fields": {
        "trade_id": "Trade ID", "uid": "Account", "symbol": "Coin", "notional": "Size USD", "fee": "Fee",
        "executed_at": {"column": "Timestamp IST", "format": "%d-%m-%Y %H:%M", "zone": "Asia/Kolkata"},
        "liquidity": {"column": "Crossed", "values": {"TRUE": "taker", "FALSE": "maker"}},
        "volume": {"is_at_par": True}, "asset": {"value": "USDC"},
    },
    "assets": ["USDC"], "at_par": ["USDC"],
}  # fmt: skip


def read(path: Path, said: Any = None, table: str = "trades") -> Converted:
    shape = formats.look(path)
    one = mapping.from_json(said) if said else mapping.native(table)
    formats.check(shape, one)
    done = [rows.convert(stretch, one, "okx", NOW) for stretch in formats.stretches(path, shape, one.kinds())]
    return Converted(
        pa.concat_tables([part.good for part in done]), tuple(bad for part in done for bad in part.bad)
    )


def written(tmp_path: Path, text: str | bytes, name: str = "file.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def one_time(text: str, **how: str) -> tuple[datetime | None, str]:
    faults = Faults(1)
    found = times.times(pa.array([text]), "at", faults, NOW, **how)
    if faults.good[0]:
        return found[0].as_py(), ""
    import numpy as np

    return None, next(faults.of(np.array([0])))[2].en


def test_an_export_a_spreadsheet_has_been_over_keeps_what_can_be_trusted(tmp_path: Path):
    done = read(written(tmp_path, FILLS), FILLS_MAPPING)
    assert done.good.column("trade_id").to_pylist() == ["170", "3739256352"]
    assert done.good.column("fee").to_pylist() == [0, 31_168_000]
    assert done.good.column("liquidity").to_pylist() == ["taker", "maker"]
    assert done.good.column("executed_at").to_pylist()[1] == datetime(2025, 4, 11, 23, 25, tzinfo=UTC)
    [bad] = done.bad
    assert (bad.line, bad.field) == (2, "trade_id")
    assert "8.95E+14" in bad.reason.en
    assert json.loads(bad.raw)["Fee"] == "0.34540448"


def test_an_id_made_of_several_columns_stands_in_where_all_of_them_are_whole(tmp_path: Path):
    fields = {**FILLS_MAPPING["fields"], "trade_id": {"columns": ["Account", "Timestamp IST", "Fee"]}}  # type: ignore[dict-item]
    done = read(
        written(
            tmp_path, FILLS.replace(" 22:50", "_22:50").replace(" 5:30", "_5:30").replace(" 4:55", "_4:55")
        ),
        {
            **FILLS_MAPPING,
            "fields": {
                **fields,
                "executed_at": {
                    "column": "Timestamp IST",
                    "format": "%d-%m-%Y_%H:%M",
                    "zone": "Asia/Kolkata",
                },
            },
        },
    )
    assert done.good.column("trade_id")[0].as_py() == "0xae01:02-12-2024_22:50:0.34540448"
    damaged = {**fields, "trade_id": {"columns": ["Account", "Trade ID"]}}
    assert [bad.line for bad in read(written(tmp_path, FILLS), {**FILLS_MAPPING, "fields": damaged}).bad] == [
        2
    ]


@settings(max_examples=40)
@given(st.lists(st.one_of(
    st.from_regex(r"[+-]?[0-9]{1,13}(\.[0-9]{0,10})?", fullmatch=True),
    st.sampled_from(["1e3", "1,000", " 1", "", "NaN", "１", "92233720368.54775807", "92233720368.54775808",
                     "-92233720368.54775807", "0.000000001", "0.100000000000"]),
), min_size=1, max_size=30))  # fmt: skip
def test_amounts_are_what_core_money_reads_to_the_last_digit(texts: list[str]):
    faults = Faults(len(texts))
    found = amounts.amounts(pa.array(texts), "fee", faults, may_be_negative=True).to_pylist()
    for text, units, good in zip(texts, found, faults.good, strict=True):
        try:
            exact = COIN.parse(text).units
        except BadInput:
            assert not good
            continue
        assert good == (abs(exact) < 2**63), text
        if good:
            assert units == exact


@settings(max_examples=40)
@given(st.lists(st.integers(-(2**63) + 1, 2**63 - 1), min_size=1, max_size=20))
def test_whole_numbers_are_units_and_decimals_of_parquet_are_coins(units: list[int]):
    faults = Faults(len(units))
    same = amounts.amounts(pa.array(units, pa.int64()), "fee", faults, may_be_negative=True)
    assert same.to_pylist() == units
    as_decimal = pa.array([COIN.parse("0").units + unit for unit in units], pa.int64()).cast(
        pa.decimal128(20, 0)
    )
    scaled = pa.array([str(value) for value in as_decimal.to_pylist()]).cast(pa.decimal128(38, 0))
    small = [unit for unit in units if abs(unit) < 92_233_720_368]
    found = amounts.amounts(scaled, "fee", faults, may_be_negative=True).to_pylist()
    assert [value for value, unit in zip(found, units, strict=True) if unit in small] == [
        u * 10**8 for u in small
    ]


def test_floats_never_become_money_and_never_ids(tmp_path: Path):
    table = {
        "trade_id": ["1"], "uid": ["7"], "executed_at": pa.array([NOW], pa.timestamp("us", "UTC")),
        "symbol": ["BTC-USDT"], "liquidity": ["taker"], "notional": [5_000_000_000], "fee": [0.1],
        "volume": [5_000_000_000], "asset": ["USDT"],
    }  # fmt: skip
    pq.write_table(pa.table(table), tmp_path / "a.parquet")
    with pytest.raises(BadInput) as refused:
        read(tmp_path / "a.parquet")
    assert (refused.value.code, refused.value.field) == ("floating_point", "fee")
    pq.write_table(pa.table({**table, "fee": [10_000_000]}), tmp_path / "b.parquet")
    assert read(tmp_path / "b.parquet").good.column("fee").to_pylist() == [10_000_000]
    line = (
        '{"trade_id":%s,"uid":"7","executed_at":"2026-10-05T08:00:00Z","symbol":"B-USDT","liquidity":"maker",'
        '"notional":%s,"fee":"0","volume":"5","asset":"USDT"}\n'
    )
    text = line % ('"1"', "5.5") + line % ("9007199254740993", "550000000") + line % ("1.0e15", '"5.5"')
    done = read(written(tmp_path, text, "c.jsonl"))
    assert [(bad.line, bad.field) for bad in done.bad] == [(1, "notional"), (3, "trade_id")]
    assert done.good.column("trade_id").to_pylist() == ["9007199254740993"]
    assert done.good.column("notional").to_pylist() == [550_000_000]


@pytest.mark.parametrize(("text", "how", "found"), [
    ("2026-10-05T08:00:00Z", {}, "2026-10-05T08:00:00+00:00"),
    ("2026-10-05 16:00:00.123456789+08:00", {}, "2026-10-05T08:00:00.123456+00:00"),
    ("2026-10-05 16:00", {"zone": "Asia/Shanghai"}, "2026-10-05T08:00:00+00:00"),
    ("1759651200", {}, "2025-10-05T08:00:00+00:00"),
    ("1759651200123", {}, "2025-10-05T08:00:00.123000+00:00"),
    ("1759651200", {"epoch": "s"}, "2025-10-05T08:00:00+00:00"),
    ("5/10/2025 8:00", {"format_": "%d/%m/%Y %H:%M", "zone": "UTC"}, "2025-10-05T08:00:00+00:00"),
    ("2026-10-05 16:00:00", {}, "time zone"),
    ("1.73E+12", {}, "scientific"),
    ("31-02-2025 08:00", {"format_": "%d-%m-%Y %H:%M", "zone": "UTC"}, "not a time"),
    ("2025-02-30T08:00:00Z", {}, "not a time"),
    ("2025-03-30 02:30", {"zone": "Europe/Berlin"}, "twice or never"),
    ("2025-10-26 02:30", {"zone": "Europe/Berlin"}, "twice or never"),
    ("1999-01-01T00:00:00Z", {}, "before 2009"),
    ("2027-01-01T00:00:00Z", {}, "future"),
    ("yesterday", {}, "not a time"),
    ("", {}, "empty"),
])  # fmt: skip
def test_a_time_is_exact_or_says_why_it_is_not(text: str, how: dict[str, str], found: str):
    at, why = one_time(text, **how)
    if at is not None:
        assert at.isoformat() == found
    else:
        assert found in why


def test_lines_are_counted_as_a_person_sees_them(tmp_path: Path):
    head = "trade_id,uid,executed_at,symbol,liquidity,notional,fee,volume,asset\n"
    good = "{0},7,2026-10-05T08:00:00Z,BTC-USDT,taker,5,0,5,USDT\n"
    text = head + good.format(1) + "\n" + "only,three,cells\n" + good.format(2) + good.format("3.5E+14")
    done = read(written(tmp_path, text))
    assert done.good.column("line").to_pylist() == [2, 5]
    assert [(bad.line, bad.field) for bad in done.bad] == [(4, ""), (6, "trade_id")]
    assert done.bad[0].raw == "only,three,cells"


def test_what_chinese_spreadsheets_and_gzip_write_is_read(tmp_path: Path):
    text = "成交,账户,时间,交易对,方向,金额,手续费\n1,七,2026-10-05 16:00,BTC/USDT,吃单,5,0.1\n"
    fields = {
        "trade_id": "成交", "uid": "账户", "executed_at": {"column": "时间", "zone": "Asia/Shanghai"},
        "symbol": "交易对", "liquidity": {"column": "方向", "values": {"吃单": "taker"}}, "notional": "金额",
        "fee": {"column": "手续费", "negate": True}, "volume": {"is_at_par": True}, "asset": {"from_symbol": True},
    }  # fmt: skip
    said = {"table": "trades", "fields": fields, "at_par": ["USDT"]}
    for body in (text.encode("gb18030"), text.encode("utf-8-sig"), gzip.compress(text.encode())):
        [row] = read(written(tmp_path, body), said).good.to_pylist()
        assert (row["uid"], row["fee"], row["asset"]) == ("七", -10_000_000, "USDT")


def test_a_file_that_is_none_of_ours_says_what_to_do(tmp_path: Path):
    for body, code in (
        (b"PK\x03\x04....", "workbook"),
        (b"hello\n", "unknown_format"),
        (b"PAR1 no", "damaged"),
    ):
        with pytest.raises(BadInput) as refused:
            formats.look(written(tmp_path, body))
        assert refused.value.code == code
    with pytest.raises(BadInput, match="no column"):
        read(written(tmp_path, "a,b\n1,2\n"))
    with pytest.raises(BadInput, match="time zone"):
        mapping.from_json({"table": "trades", "fields": {"executed_at": {"column": "x", "zone": "Mars/One"}}})


def test_an_asset_nobody_named_is_refused_and_so_is_a_volume_nobody_converted(tmp_path: Path):
    head = "trade_id,uid,executed_at,symbol,liquidity,notional,fee,asset\n"
    line = "{0},7,2026-10-05T08:00:00Z,X-Y,taker,5,0,{1}\n"
    fields = {name: name for name in head.strip().split(",")}
    said = {
        "table": "trades",
        "fields": {**fields, "volume": {"is_at_par": True}},
        "assets": ["USDT", "BTC"],
        "at_par": ["USDT"],
    }
    done = read(
        written(tmp_path, head + line.format(1, "usdt") + line.format(2, "BTC") + line.format(3, "DOGE")),
        said,
    )
    assert done.good.column("asset").to_pylist() == ["USDT"]
    assert [(bad.line, bad.field) for bad in done.bad] == [(3, "volume"), (4, "asset")]


@settings(max_examples=40)
@given(st.binary(max_size=300))
def test_any_bytes_are_lines_with_reasons_never_a_crash(body: bytes):
    one = mapping.native("trades")
    lines = jsonlines.stretch(b'{"trade_id":1}\n' + body, 1, one.kinds())
    done = rows.convert(lines, one, "okx", NOW)
    assert done.good.num_rows == 0
    assert all(bad.reason.en and bad.reason.zh for bad in done.bad)


def test_what_the_manual_shows_is_so():
    page = (Path(__file__).resolve().parents[4] / "docs" / "feeds.md").read_text()
    blocks = [part.partition("\n```")[0] for part in page.split("```python\n")[1:]]
    said: dict[str, Any] = {}
    exec(blocks[0], said)
    asked = ("secret", 1790000000, "POST", "/api/v1/feeds/house/batches?table=trades", "key", b"{}\n")
    assert said["signature"](*asked) == signing.sign(*asked)
    shown = [json.loads(part.partition("\n```")[0]) for part in page.split("```json\n")[1:]]
    row, one = shown
    assert mapping.to_json(mapping.from_json(one))["fields"]["executed_at"]["zone"] == "Asia/Kolkata"
    native = mapping.native("trades")
    lines = jsonlines.stretch(json.dumps(row).encode(), 1, native.kinds())
    assert rows.convert(lines, native, "house", NOW).good.column("notional").to_pylist() == [5_000_000_001]


def test_a_small_file_that_would_fill_the_memory_is_refused_before_it_does(tmp_path: Path):
    path = tmp_path / "bomb.parquet"
    once = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int32()), pa.array(["x" * 100_000]))
    pq.write_table(pa.table({"symbol": once, "uid": once}), path, compression="zstd", store_schema=False)
    assert path.stat().st_size < 100_000
    kinds = mapping.native("trades").kinds()
    with pytest.raises(BadInput, match="more text than a batch may"):
        list(formats.stretches(path, formats.look(path), kinds))
    long = pa.table({"flags": pa.array([[""] * 500_000], pa.list_(pa.string())), "uid": pa.array(["1"])})
    pq.write_table(long, path)
    with pytest.raises(BadInput, match="more text than a batch may"):
        list(formats.stretches(path, formats.look(path), kinds))


def test_texts_kept_once_for_many_rows_are_read_as_what_they_are(tmp_path: Path):
    path = tmp_path / "many.parquet"
    words = [f"{place:06d}{'w' * 100}" for place in range(5_000)]
    pq.write_table(pa.table({"symbol": [words[place % 5_000] for place in range(20_000)]}), path)
    [stretch] = formats.stretches(path, formats.look(path), mapping.native("trades").kinds())
    assert stretch.table.column("symbol").to_pylist()[4_999:5_001] == [words[4_999], words[0]]
    assert stretch.table.schema.field("symbol").type == pa.string()


def test_an_asset_that_could_never_be_settled_is_no_asset_of_a_mapping():
    for code in ("A:B", "日元", "X" * 31):
        with pytest.raises(BadInput):
            mapping.from_json({**FILLS_MAPPING, "assets": [code]})
