"""OKX: running totals of every invitee, page by page without a count of pages to rely on.

`invitee/list` with `periodType=total`, oldest first so that newcomers join at the end and move no page;
`invitee/detail` for an account that has vanished from it (51621: not our invitee). Three requests a second.
`rebateRate` of the list and `inviteeRebateRate` of the detail are different things; neither is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from guildhall.core.text import Text
from guildhall.exchange.venues import readings
from guildhall.exchange.venues.readings import Account, Fields, Page, Reading, Totals
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

PAGE = 95
_CODES = {
    Trouble.CLOCK: ("50102", "50112"),
    Trouble.PACE: ("50011", "50061"),
    Trouble.CREDENTIALS: (
        "50100", "50101", "50103", "50104", "50105", "50106", "50110", "50111", "50113", "50114", "50119",
        "50120", "51620", "59509",
    ),
    Trouble.NOT_OURS: ("51621",),
    Trouble.BUSY: ("50001", "50004", "50013", "50026"),
}  # fmt: skip


class Okx(Adapter):
    name = "okx"
    label = Text("OKX", "欧易 OKX")
    hosts = {"": "https://www.okx.com"}
    base = Base.FEE
    every_s = 0.34
    lag = timedelta(hours=2)
    has_passphrase = True
    clock = Ask("clock", "/api/v5/public/time")

    def first(self, window: Window) -> list[Ask]:
        query = {
            "periodType": "total",
            "orderBy": "cTime",
            "orderDir": "asc",
            "page": "1",
            "limit": str(PAGE),
        }
        return [Ask("list", "/api/v5/affiliate/invitee/list", tuple(query.items()))]

    def detail(self, uid: str) -> Ask:
        return Ask("detail", "/api/v5/affiliate/invitee/detail", (("uid", uid),))

    def sign(self, ask: Ask, credentials: Credentials, at_ms: int, origin: str) -> Signed:
        at = datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        stamp = f"{at}.{at_ms % 1000:03d}Z"
        headers = {
            "OK-ACCESS-KEY": credentials.key,
            "OK-ACCESS-SIGN": base64_hmac(credentials.secret, stamp + ask.method + ask.target + ask.body),
            "OK-ACCESS-TIMESTAMP": stamp,
            "OK-ACCESS-PASSPHRASE": credentials.passphrase,
        }
        return Signed(ask.method, origin + ask.target, headers, None)

    def judge(self, status: int, headers: Mapping[str, str], said: Said) -> Refusal | None:
        code = str(said.get("code", "")) if isinstance(said, dict) else ""
        words = str(said.get("msg", ""))[:200] if isinstance(said, dict) else ""
        if code == "0" and status == 200:
            return None
        return by_status(status, headers, code, words) or Refusal(
            sorted_into(code, _CODES), code or str(status), words
        )

    def read(self, ask: Ask, said: Said) -> Page:
        given = said.get("data")
        uid = ask.value("uid")
        if ask.step == "detail":
            good, bad = readings.rows(given, lambda row: _detail(row, uid))
            return Page(tuple(good), (), tuple(bad), rows=len(given))
        good, bad = readings.rows(given, _listed)
        more = (ask.with_values(page=int(ask.value("page")) + 1),) if len(given) >= PAGE else ()
        return Page(tuple(good), more, tuple(bad), rows=len(given))

    def server_time(self, said: Said) -> int:
        return int(said["data"][0]["ts"])


def _listed(row: Fields) -> Iterable[Reading]:
    uid = readings.uid(row, "uid")
    return (
        Account(
            uid,
            readings.instant(row, "joinTime"),
            link=readings.word(row, "channelName"),
            region=readings.word(row, "country"),
            kyc_level=2 if row.get("kycStatus") == "verified" else 0,
            kyc_status="passed" if row.get("kycStatus") == "verified" else None,
            kyc_at=readings.instant(row, "kycTime"),
        ),
        Totals(
            uid,
            "USDT",
            readings.units(row, "totalVol"),
            readings.units(row, "totalFee"),
            readings.units(row, "depAmt", empty=0),
        ),
    )


def _detail(row: Fields, uid: str) -> Iterable[Reading]:
    return (
        Account(
            uid, readings.instant(row, "joinTime"), readings.word(row, "affiliateCode"),
            region=readings.word(row, "region"),
        ),
        Totals(
            uid,
            "USDT",
            readings.units(row, "totalVol"),
            readings.units(row, "accFee"),
            readings.units(row, "depAmt", empty=0),
            readings.units(row, "wdAmt", empty=0),
        ),
    )  # fmt: skip
