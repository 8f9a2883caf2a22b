"""MEXC: commissions by referral, product and day, and running totals of deposits beside them.

Days are those of UTC+8, booked as MEXC names them. Rows of sub-affiliates (`sourceType` 2) belong to somebody
else and are left out. Fees are not told; the commission credited to us stands in their place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from guildhall.core.text import Text
from guildhall.exchange.venues import readings
from guildhall.exchange.venues.readings import STABLE, Account, Day, Fields, Page, Reading, Totals
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
    ms,
    sorted_into,
)

PAGE = 100
AHEAD = 8
_SUB_AFFILIATE = "2"
_CODES = {
    Trouble.CLOCK: ("700003", "700005"),
    Trouble.PACE: ("429", "510"),
    Trouble.CREDENTIALS: ("400", "401", "602", "10072", "700001", "700002", "700006", "700007"),
    Trouble.NOT_OURS: ("1035",),
    Trouble.BUSY: ("500", "503", "504"),
}


class Mexc(Adapter):
    name = "mexc"
    label = Text("MEXC", "MEXC")
    hosts = {"": "https://api.mexc.com"}
    base = Base.COMMISSION
    every_s = 0.2
    restates = 4
    tells_days = True
    clock = Ask("clock", "/api/v3/time")

    def first(self, window: Window) -> list[Ask]:
        asks = [
            Ask("days", "/api/v3/rebate/affiliate/commission/detail", _paged(begin, end))
            for begin, end in window.slices(30, hours=AHEAD)
        ]
        begin = ms(window.since.replace(year=2018, month=1, day=1))
        end = int(window.now.timestamp() * 1000)
        return [*asks, Ask("referrals", "/api/v3/rebate/affiliate/referral", _paged(begin, end))]

    def sign(self, ask: Ask, credentials: Credentials, at_ms: int, origin: str) -> Signed:
        query = urlencode((*ask.query, ("recvWindow", "5000"), ("timestamp", str(at_ms))))
        signature = hex_hmac(credentials.secret, query)
        headers = {"X-MEXC-APIKEY": credentials.key, "Content-Type": "application/json"}
        return Signed(ask.method, f"{origin}{ask.path}?{query}&signature={signature}", headers, None)

    def judge(self, status: int, headers: Mapping[str, str], said: Said) -> Refusal | None:
        code = str(said.get("code", "")) if isinstance(said, dict) else ""
        words = str(said.get("msg") or said.get("message") or "")[:200] if isinstance(said, dict) else ""
        if code == "0" and status == 200 or (isinstance(said, dict) and "serverTime" in said):
            return None
        code = code or str(status)
        return by_status(status, headers, code, words) or Refusal(sorted_into(code, _CODES), code, words)

    def read(self, ask: Ask, said: Said) -> Page:
        data = said.get("data")
        if not isinstance(data, dict):
            raise readings.ChangedShape
        given: Any = data.get("resultList")
        good, bad = readings.rows(given, _part if ask.step == "days" else _referral)
        page, pages = int(ask.value("page")), data.get("totalPage")
        goes_on = given and (page < pages if type(pages) is int else len(given) >= PAGE)
        more = (ask.with_values(page=page + 1),) if goes_on else ()
        return Page(tuple(good), more, tuple(bad), readings.unvalued(good), rows=len(given))

    def server_time(self, said: Said) -> int:
        return int(said["serverTime"])


def _paged(begin: int, end: int) -> tuple[tuple[str, str], ...]:
    return ("startTime", str(begin)), ("endTime", str(end)), ("page", "1"), ("pageSize", str(PAGE))


def _part(row: Fields) -> Iterable[Reading]:
    if str(row.get("sourceType")) == _SUB_AFFILIATE:
        return ()
    uid, code = readings.uid(row, "uid"), readings.asset(row, "currency")
    at = readings.instant(row, "date", needed=True)
    value = readings.units(row, "usdtAmount")
    if readings.asset(row, "amountCurrency") == code:
        amount = readings.units(row, "takerAmount", empty=0) + readings.units(row, "makerAmount", empty=0)
    else:
        amount = value if code in STABLE else 0
    item = f"{row.get('type')}:{readings.word(row, 'symbol')}:{row.get('rate')}"
    day = readings.day_of(at, AHEAD)
    return Account(uid), Day(uid, day, code, readings.units(row, "commission"), amount, value, item=item)


def _referral(row: Fields) -> Iterable[Reading]:
    uid = readings.uid(row, "uid")
    level = row.get("identification")
    checked = level - 1 if type(level) is int and level >= 1 else None
    return (
        Account(
            uid,
            readings.instant(row, "registerTime", "inviteTime"),
            readings.word(row, "inviteCode"),
            kyc_level=checked,
            kyc_status="passed" if checked else None,
        ),
        Totals(
            uid,
            "USDT",
            deposits=readings.units(row, "depositAmount", empty=0),
            withdrawals=readings.units(
                row, "withdrawAmount" if "withdrawAmount" in row else "withdrawalAmount", empty=0
            ),
        ),
    )
