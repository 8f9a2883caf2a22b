"""Bitget: commissions by client, coin and day, with the fee that was really paid; clients, checks and
deposits beside them.

Its days are those of UTC+8, and a row is booked on the day Bitget names. The list of commissions is paged
backwards by `idLessThan`; the others by page number until a page is short.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from guildhall.core.text import Text
from guildhall.exchange.venues import readings
from guildhall.exchange.venues.readings import Account, Day, Fields, Moved, Page, Reading
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
    base64_hmac,
    by_status,
    sorted_into,
)

PAGE, LIST_PAGE = 1000, 500
AHEAD = 8
_CODES = {
    Trouble.CLOCK: ("40005", "40008"),
    Trouble.PACE: ("30007", "40429", "429"),
    Trouble.CREDENTIALS: (
        "40001", "40002", "40003", "40006", "40009", "40011", "40012", "40014", "40018", "40037", "40038",
    ),
    Trouble.BUSY: ("40010", "40015", "40725", "45001"),
}  # fmt: skip


class Bitget(Adapter):
    name = "bitget"
    label = Text("Bitget", "Bitget")
    hosts = {"": "https://api.bitget.com"}
    base = Base.FEE
    every_s = 0.2
    restates = 4
    has_passphrase = True
    tells_days = True
    clock = Ask("clock", "/api/v2/public/time")

    def first(self, window: Window) -> list[Ask]:
        asks = [_page("list", "/api/v2/broker/customer-list", {})]
        for begin, end in window.slices(30, hours=AHEAD):
            between = {"startTime": str(begin), "endTime": str(end)}
            query = (*between.items(), ("limit", str(PAGE)))
            asks.append(Ask("commissions", "/api/v2/broker/customer-commissions", query))
            asks.append(Ask("kyc", "/api/v2/broker/customer-kyc-result", query))
            asks.append(_page("deposits", "/api/v2/broker/customer-deposit", between))
        return asks

    def sign(self, ask: Ask, credentials: Credentials, at_ms: int, origin: str) -> Signed:
        sign = base64_hmac(credentials.secret, f"{at_ms}{ask.method}{ask.target}{ask.body}")
        headers = {
            "ACCESS-KEY": credentials.key,
            "ACCESS-SIGN": sign,
            "ACCESS-TIMESTAMP": str(at_ms),
            "ACCESS-PASSPHRASE": credentials.passphrase,
            "Content-Type": "application/json",
        }
        return Signed(ask.method, origin + ask.target, headers, ask.body.encode() or None)

    def judge(self, status: int, headers: Mapping[str, str], said: Said) -> Refusal | None:
        code = str(said.get("code", "")) if isinstance(said, dict) else ""
        words = str(said.get("msg", ""))[:200] if isinstance(said, dict) else ""
        if code == "00000" and status == 200:
            return None
        code = code or str(status)
        return by_status(status, headers, code, words) or Refusal(sorted_into(code, _CODES), code, words)

    def read(self, ask: Ask, said: Said) -> Page:
        data = said.get("data")
        if ask.step in ("list", "deposits"):
            good, bad = readings.rows(data, _client if ask.step == "list" else _deposit)
            more = (_turned(ask),) if len(data) >= LIST_PAGE else ()
            return Page(tuple(good), more, tuple(bad), rows=len(data))
        if not isinstance(data, dict):
            raise readings.ChangedShape
        is_kyc = ask.step == "kyc"
        given: Any = data.get("userList" if is_kyc else "commissionList")
        good, bad = readings.rows(given, _checked if is_kyc else _commission)
        end = readings.word(data, "endId")
        goes_on = end and len(given) >= PAGE and end != ask.value("idLessThan")
        more = (ask.with_values(idLessThan=end),) if goes_on else ()
        return Page(tuple(good), more, tuple(bad), readings.unvalued(good), rows=len(given))

    def server_time(self, said: Said) -> int:
        return int(said["data"]["serverTime"])


def _page(step: str, path: str, values: Mapping[str, str]) -> Ask:
    body = json.dumps(dict(values) | {"pageNo": "1", "pageSize": str(LIST_PAGE)}, separators=(",", ":"))
    return Ask(step, path, method="POST", body=body)


def _turned(ask: Ask) -> Ask:
    said = json.loads(ask.body)
    said["pageNo"] = str(int(said["pageNo"]) + 1)
    return Ask(ask.step, ask.path, method="POST", body=json.dumps(said, separators=(",", ":")))


def _client(row: Fields) -> Iterable[Reading]:
    return (Account(readings.uid(row, "uid"), readings.instant(row, "registerTime")),)


def _checked(row: Fields) -> Iterable[Reading]:
    is_passed = row.get("kycResult") == "passed"
    status = "passed" if is_passed else None
    return (Account(readings.uid(row, "uid"), kyc_level=int(is_passed), kyc_status=status),)


def _commission(row: Fields) -> Iterable[Reading]:
    uid, code = readings.uid(row, "uid"), readings.asset(row, "coin")
    day = readings.day_of(readings.instant(row, "date", needed=True), AHEAD)
    amount, paid = readings.units(row, "dealAmount"), readings.units(row, "feePaid")
    item = f"{readings.word(row, 'productType')}:{readings.word(row, 'symbol')}"
    return Account(uid), Day(uid, day, code, paid, amount, readings.valued(amount, code), item=item)


def _deposit(row: Fields) -> Iterable[Reading]:
    at = readings.instant(row, "depositTime", needed=True)
    uid, key = readings.uid(row, "uid"), readings.word(row, "orderId")
    if key is None or at is None:
        raise readings.Unreadable("orderId", Text("the field is missing or empty", "缺少该字段或为空"))
    amount = readings.units(row, "depositAmount")
    return Account(uid), Moved(uid, key, at, readings.asset(row, "depositCoin"), amount)
