"""Binance: the rebate of each customer, spot trade by trade and futures day by day.

Neither list can be paged: an answer that is as long as the limit is thrown away and its stretch of time asked
for in halves. Customers without an id of ours are masked by Binance and cannot be told apart; such rows are
put aside. Fees are not told; the rebate credited to us stands in their place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from guildhall.core.text import Text
from guildhall.exchange.venues import readings
from guildhall.exchange.venues.readings import Account, Day, Fields, Note, Page, Reading
from guildhall.exchange.venues.wire import (
    DAY_MS,
    Adapter,
    Ask,
    Base,
    Credentials,
    Refusal,
    Said,
    Signed,
    Trouble,
    Window,
    by_status,
    hex_hmac,
    sorted_into,
)

SPOT, FUTURES = 500, 1000
_CODES = {
    Trouble.CLOCK: ("-1021",),
    Trouble.PACE: ("-1003", "403"),
    Trouble.CREDENTIALS: ("-2014", "-2015", "-1022", "-2008", "-1002", "401"),
    Trouble.BUSY: ("-1000", "-1001", "-1007", "-1008"),
}


class Binance(Adapter):
    name = "binance"
    label = Text("Binance", "币安 Binance")
    hosts = {"": "https://api.binance.com", "futures": "https://fapi.binance.com"}
    base = Base.COMMISSION
    every_s = 0.25
    tells_days = True
    clock = Ask("clock", "/api/v3/time")

    def first(self, window: Window) -> list[Ask]:
        spot = [
            Ask("spot", "/sapi/v1/apiReferral/rebate/recentRecord", _between(begin, end, SPOT))
            for begin, end in window.slices(7)
        ]
        futures = [
            Ask(
                "futures",
                "/fapi/v1/apiReferral/traderSummary",
                (("type", kind), *_between(begin, end, FUTURES)),
                host="futures",
            )
            for kind in ("1", "2")
            for begin, end in window.slices(7)
        ]
        return spot + futures

    def sign(self, ask: Ask, credentials: Credentials, at_ms: int, origin: str) -> Signed:
        query = urlencode((*ask.query, ("recvWindow", "5000"), ("timestamp", str(at_ms))))
        signature = hex_hmac(credentials.secret, query)
        headers = {"X-MBX-APIKEY": credentials.key}
        return Signed(ask.method, f"{origin}{ask.path}?{query}&signature={signature}", headers, None)

    def judge(self, status: int, headers: Mapping[str, str], said: Said) -> Refusal | None:
        if status == 200 and said is not None and not (isinstance(said, dict) and "code" in said):
            return None
        code = str(said.get("code", "")) if isinstance(said, dict) else ""
        words = str(said.get("msg", ""))[:200] if isinstance(said, dict) else ""
        code = code or str(status)
        return by_status(status, headers, code, words) or Refusal(sorted_into(code, _CODES), code, words)

    def read(self, ask: Ask, said: Said) -> Page:
        is_spot = ask.step == "spot"
        good, bad = readings.rows(said, _spot if is_spot else _futures(ask.value("type")))
        notes = readings.unvalued(good)
        if len(said) >= int(ask.value("limit")):
            halves = _halves(ask, 1000 if is_spot else DAY_MS)
            if halves:
                return Page(next=halves, rows=len(said))
            notes += (_cut_off(ask),)
        return Page(tuple(good), (), tuple(bad), notes, rows=len(said))

    def server_time(self, said: Said) -> int:
        return int(said["serverTime"])


def _between(begin: int, end: int, limit: int) -> tuple[tuple[str, str], ...]:
    return ("startTime", str(begin)), ("endTime", str(end)), ("limit", str(limit))


def _halves(ask: Ask, least: int) -> tuple[Ask, ...]:
    """The same request over each half of its time; nothing when it cannot be halved any more."""
    begin, end = int(ask.value("startTime")), int(ask.value("endTime")) + 1
    middle = begin + (end - begin) // 2 // least * least
    if not begin < middle < end:
        return ()
    return ask.with_values(endTime=middle - 1), ask.with_values(startTime=middle)


def _cut_off(ask: Ask) -> Note:
    at = readings.instant({"at": ask.value("startTime")}, "at")
    return Note(
        "cut_off",
        Text(
            f"From {at:%Y-%m-%d %H:%M} UTC there are more rows than one answer holds; some are missing.",
            f"自 {at:%Y-%m-%d %H:%M} UTC 起的数据超过单次返回上限，有部分缺失。",
        ),
    )


def _spot(row: Fields) -> Iterable[Reading]:
    uid = readings.uid(row, "customerId")
    day = readings.day_of(readings.instant(row, "time", needed=True))
    item = (
        f"spot:{readings.word(row, 'symbol')}:{readings.word(row, 'tradeId') or readings.word(row, 'time')}"
    )
    income = readings.units(row, "income")
    return Account(uid), Day(uid, day, readings.asset(row, "asset"), income, trades=1, item=item)


def _futures(kind: str) -> Any:
    def read(row: Fields) -> Iterable[Reading]:
        uid = readings.uid(row, "customerId")
        code, amount = readings.asset(row, "unit"), readings.units(row, "tradeVol")
        day = readings.day_of(readings.instant(row, "time", needed=True))
        fee = readings.units(row, "rebateVol")
        item = f"futures:{kind}"
        return Account(uid), Day(uid, day, code, fee, amount, readings.valued(amount, code), item=item)

    return read
