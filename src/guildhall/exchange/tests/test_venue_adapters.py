"""How requests to venues are signed, and what is read out of an answer; without network or database."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildhall.exchange.venues import readings
from guildhall.exchange.venues.adapters import ADAPTERS
from guildhall.exchange.venues.readings import ChangedShape, Day, Totals, Unreadable
from guildhall.exchange.venues.wire import Ask, Credentials, Trouble, Window, hex_hmac, loads

OURS = Credentials("key", "secret", "pass")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
WINDOW = Window(date(2026, 11, 20), date(2026, 11, 23), NOON)


def test_the_signature_of_binances_own_documentation_comes_out() -> None:
    secret = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
    query = (
        "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000"
        "&timestamp=1499827319559"
    )
    assert hex_hmac(secret, query) == "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"


@pytest.mark.parametrize("name", sorted(ADAPTERS))
def test_secrets_never_stand_in_what_is_sent_or_printed(name: str) -> None:
    adapter = ADAPTERS[name]
    for ask in adapter.first(WINDOW):
        signed = adapter.sign(ask, OURS, 1_700_000_000_123, "https://x.example")
        whole = signed.url + str({k: v for k, v in signed.headers.items() if "PASSPHRASE" not in k})
        assert "secret" not in whole
        assert Ask.from_json(json.loads(json.dumps(ask.to_json()))) == ask
    assert "secret" not in repr(OURS)
    assert "pass" not in repr(OURS)


def test_okx_signs_time_in_milliseconds_with_method_path_and_query() -> None:
    ask = ADAPTERS["okx"].first(WINDOW)[0]
    signed = ADAPTERS["okx"].sign(ask, OURS, 1_700_000_000_123, "https://x.example")
    assert signed.headers["OK-ACCESS-TIMESTAMP"] == "2023-11-14T22:13:20.123Z"
    assert signed.url.endswith(ask.target)


@given(st.integers(-(2**63), 2**63 - 1), st.integers(0, 6))
def test_an_amount_of_eight_decimals_is_read_exactly_and_a_finer_one_is_cut_downwards(
    units: int, more: int
) -> None:
    sign, size = "-" if units < 0 else "", abs(units)
    text = f"{sign}{size // 10**8}.{size % 10**8:08d}"
    assert readings.units({"x": text + "0" * more}, "x") == units
    finer = Fraction(text + "7" * more)
    if -(2**63) <= finer * 10**8 < 2**63:
        expected = (finer * 10**8).numerator // (finer * 10**8).denominator
        assert readings.units({"x": text + "7" * more}, "x") == expected


@pytest.mark.parametrize("value", ["", None, "1,5", "abc", "1e999", "٣", True, 1.5, [], "9" * 40, "NaN"])
def test_what_is_no_exact_amount_is_refused(value: Any) -> None:
    with pytest.raises(Unreadable):
        readings.units({"x": value}, "x")


def test_numbers_never_become_floats_and_exponents_stay_exact() -> None:
    said = loads(b'{"a": 0.1, "b": 1e-8, "c": 12, "d": "0.30"}')
    assert said == {"a": "0.1", "b": "1e-8", "c": 12, "d": "0.30"}
    assert [readings.units(said, name) for name in "abcd"] == [10_000_000, 1, 1_200_000_000, 30_000_000]
    assert loads(b"<html>") is None


def test_one_bad_row_spoils_no_other_and_is_named() -> None:
    def one(uid: Any, volume: Any) -> dict[str, Any]:
        return {"uid": uid, "joinTime": "1", "totalVol": volume, "totalFee": "1", "kycStatus": ""}

    said = {"data": [one("1", "5"), one("2", ""), one("om***@x.com", "5"), "?", one(4, 7)]}
    page = ADAPTERS["okx"].read(Ask("list", "/", (("page", "1"),)), said)
    assert [one.uid for one in page.readings if isinstance(one, Totals)] == ["1", "4"]
    assert [(bad.row, bad.field) for bad in page.bad] == [(2, "totalVol"), (3, "uid"), (4, "row")]
    assert page.next == ()
    with pytest.raises(ChangedShape):
        ADAPTERS["okx"].read(Ask("list", "/", (("page", "1"),)), {"data": None})


def test_okx_goes_on_while_pages_are_full_for_it_tells_no_count() -> None:
    row = {"uid": "1", "joinTime": "1", "totalVol": "0", "totalFee": "0"}
    ask = ADAPTERS["okx"].first(WINDOW)[0]
    assert ask.value("limit") == "95"
    full = ADAPTERS["okx"].read(ask, {"data": [row] * 95})
    assert full.next[0].value("page") == "2"
    assert ADAPTERS["okx"].read(full.next[0], {"data": [row] * 94}).next == ()


def test_bybits_coins_without_a_figure_are_zero_and_a_missing_map_is_not() -> None:
    row = {
        "userId": 7, "registerTime": "2026-01-01", "isKyc": True, "tradeVol30Day": "10",
        "tradeVol365Day": "20", "depositAmount30Day": "", "depositAmount365Day": "",
        "commissions30Day": {"USDT": "0.5", "BTC": ""}, "commissions365Day": {"USDT": "1", "BTC": "0.01"},
    }  # fmt: skip
    said = {"result": {"list": [row, {k: v for k, v in row.items() if k != "commissions30Day"}]}}
    page = ADAPTERS["bybit"].read(ADAPTERS["bybit"].first(WINDOW)[0], said)
    totals = [one for one in page.readings if isinstance(one, Totals)]
    assert [(one.asset, one.window_days, one.fee) for one in totals] == [
        ("USDT", 30, 50_000_000), ("BTC", 30, 0), ("USDT", 365, 100_000_000), ("BTC", 365, 1_000_000),
    ]  # fmt: skip
    assert [bad.field for bad in page.bad] == ["commissions30Day"]


def test_a_day_in_utc_plus_8_is_booked_as_the_venue_names_it() -> None:
    # The example of MEXC's documentation: 1689264000000 is 2023-07-13 16:00 UTC, the 14th over there.
    row = {
        "type": 2, "sourceType": 1, "state": 2, "date": 1689264000000, "uid": "17875073", "rate": "0.1",
        "symbol": "USDT", "takerAmount": "170.49326", "makerAmount": "0", "amountCurrency": "USDT",
        "usdtAmount": "170.49326", "commission": "0.00085246", "currency": "USDT",
    }  # fmt: skip
    ask = ADAPTERS["mexc"].first(WINDOW)[0]
    page = ADAPTERS["mexc"].read(
        ask, {"data": {"totalPage": 1, "resultList": [row, row | {"sourceType": 2}]}}
    )
    (day,) = [one for one in page.readings if isinstance(one, Day)]
    assert (day.day, day.fee, day.volume) == (date(2023, 7, 14), 85_246, 17_049_326_000)


def test_binance_halves_what_is_cut_off_and_says_so_when_it_cannot() -> None:
    adapter = ADAPTERS["binance"]
    ask = adapter.first(WINDOW)[0]
    row = {"customerId": "a", "income": "1", "asset": "USDT", "symbol": "X", "time": 1, "tradeId": 1}
    page = adapter.read(ask, [row] * 500)
    assert page.readings == ()
    first, second = page.next
    assert int(first.value("endTime")) + 1 == int(second.value("startTime"))
    assert (first.value("startTime"), second.value("endTime")) == (
        ask.value("startTime"),
        ask.value("endTime"),
    )
    least = ask.with_values(startTime=1000, endTime=1999)
    assert [note.code for note in adapter.read(least, [row] * 500).notes] == ["cut_off"]


def test_volume_without_a_rate_counts_as_nothing_and_is_named() -> None:
    row = {"customerId": "a", "unit": "BTC", "tradeVol": "2", "rebateVol": "0.1", "time": 1}
    page = ADAPTERS["binance"].read(ADAPTERS["binance"].first(WINDOW)[-1], [row])
    (day,) = [one for one in page.readings if isinstance(one, Day)]
    assert (day.asset, day.notional, day.volume) == ("BTC", 200_000_000, 0)
    assert [note.code for note in page.notes] == ["not_converted"]


@pytest.mark.parametrize(
    ("name", "status", "said", "trouble"),
    [
        ("okx", 200, {"code": "51621", "msg": "x"}, Trouble.NOT_OURS),
        ("okx", 401, {"code": "50102"}, Trouble.CLOCK),
        ("okx", 200, {"code": "51620"}, Trouble.CREDENTIALS),
        ("okx", 429, {"code": "50011"}, Trouble.PACE),
        ("bybit", 200, {"retCode": 10002}, Trouble.CLOCK),
        ("bybit", 200, {"retCode": 10006}, Trouble.PACE),
        ("bybit", 200, {"retCode": 10003}, Trouble.CREDENTIALS),
        ("binance", 400, {"code": -1021}, Trouble.CLOCK),
        ("binance", 418, None, Trouble.PACE),
        ("binance", 401, {"code": -2015}, Trouble.CREDENTIALS),
        ("bitget", 400, {"code": "40008"}, Trouble.CLOCK),
        ("bitget", 400, {"code": "40009"}, Trouble.CREDENTIALS),
        ("mexc", 400, {"code": 700003}, Trouble.CLOCK),
        ("mexc", 400, {"code": 10072}, Trouble.CREDENTIALS),
        ("mexc", 500, None, Trouble.BUSY),
        ("okx", 502, None, Trouble.BUSY),
        ("bitget", 400, {"code": "99999"}, Trouble.BROKEN),
    ],
)
def test_a_refusal_is_understood(name: str, status: int, said: Any, trouble: Trouble) -> None:
    found = ADAPTERS[name].judge(status, {"retry-after": "7"}, said)
    assert found is not None
    assert found.trouble is trouble


def test_a_pull_covers_every_millisecond_once() -> None:
    for hours, days in ((0, 7), (8, 30), (8, 1)):
        parts = WINDOW.slices(days, hours=hours)
        assert all(later[0] == earlier[1] + 1 for earlier, later in zip(parts, parts[1:], strict=False))
        assert parts[-1][1] + 1 - parts[0][0] == 4 * 86_400_000
