"""Bybit: what each client did in the last 30 and the last 365 days, by cursor.

These are windows that roll: a figure can fall because old days leave it, which is no reversal. `differences`
tells the two apart. Bybit tells no fees, so the commission it credits, coin by coin, stands in their place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from guildhall.core.text import Text
from guildhall.exchange.venues import readings
from guildhall.exchange.venues.readings import Account, Fields, Page, Reading, Totals, Unreadable
from guildhall.exchange.venues.wire import (
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

RECEIVE_MS = "5000"
PAGE = 100
_CODES = {
    Trouble.CLOCK: ("10002",),
    Trouble.PACE: ("10006", "10018", "403"),
    Trouble.CREDENTIALS: ("10003", "10004", "10005", "10007", "10010", "10009", "33004", "401"),
    Trouble.BUSY: ("10000", "10016"),
}


class Bybit(Adapter):
    name = "bybit"
    label = Text("Bybit", "Bybit")
    hosts = {"": "https://api.bybit.com"}
    base = Base.COMMISSION
    every_s = 0.2
    lag = timedelta(hours=24)
    clock = Ask("clock", "/v5/market/time")

    def first(self, window: Window) -> list[Ask]:
        query = {"size": str(PAGE), "needDeposit": "true", "need30": "true", "need365": "true", "cursor": ""}
        return [Ask("list", "/v5/affiliate/aff-user-list", tuple(query.items()))]

    def sign(self, ask: Ask, credentials: Credentials, at_ms: int, origin: str) -> Signed:
        query = urlencode(ask.query)
        headers = {
            "X-BAPI-API-KEY": credentials.key,
            "X-BAPI-TIMESTAMP": str(at_ms),
            "X-BAPI-RECV-WINDOW": RECEIVE_MS,
            "X-BAPI-SIGN": hex_hmac(credentials.secret, f"{at_ms}{credentials.key}{RECEIVE_MS}{query}"),
        }
        return Signed(ask.method, origin + ask.target, headers, None)

    def judge(self, status: int, headers: Mapping[str, str], said: Said) -> Refusal | None:
        code = str(said.get("retCode", "")) if isinstance(said, dict) else ""
        words = str(said.get("retMsg", ""))[:200] if isinstance(said, dict) else ""
        if code == "0" and status == 200:
            return None
        code = code or str(status)
        return by_status(status, headers, code, words) or Refusal(sorted_into(code, _CODES), code, words)

    def read(self, ask: Ask, said: Said) -> Page:
        result = said.get("result")
        if not isinstance(result, dict):
            raise readings.ChangedShape
        given: Any = result.get("list")
        good, bad = readings.rows(given, _client)
        cursor = result.get("nextPageCursor")
        goes_on = isinstance(cursor, str) and cursor and cursor != ask.value("cursor") and given
        more = (ask.with_values(cursor=cursor),) if goes_on else ()
        return Page(tuple(good), more, tuple(bad), rows=len(given))

    def server_time(self, said: Said) -> int:
        return int(said["result"]["timeNano"]) // 1_000_000


def _client(row: Fields) -> Iterable[Reading]:
    uid = readings.uid(row, "userId")
    is_known = row.get("isKyc") is True
    found: list[Reading] = [
        Account(
            uid,
            readings.instant(row, "registerTime"),
            link=readings.word(row, "source"),
            kyc_level=1 if is_known else 0,
            kyc_status="passed" if is_known else None,
        )
    ]
    for days in (30, 365):
        commissions = _coins(row, f"commissions{days}Day")
        found.append(
            Totals(
                uid,
                "USDT",
                readings.units(row, f"tradeVol{days}Day"),
                commissions.pop("USDT", 0),
                readings.units(row, f"depositAmount{days}Day", empty=0),
                window_days=days,
            )
        )
        found += [Totals(uid, coin, fee=fee, window_days=days) for coin, fee in commissions.items()]
    return found


def _coins(row: Fields, name: str) -> dict[str, int]:
    given = row.get(name)
    if not isinstance(given, Mapping):
        raise Unreadable(name, Text("the field is missing or empty", "缺少该字段或为空"))
    return {coin.upper(): readings.units(given, coin, empty=0) for coin in given}
