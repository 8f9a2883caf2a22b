"""A made-up Bybit: `aff-user-list` by cursor, with windows of 30 and 365 days that roll with the clock."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from guildhall.channels.testing.http import Request
from guildhall.core import clock
from guildhall.exchange.testing.venues.server import KEY, RECEIVE_MS, SECRET, Refused, VenueServer
from guildhall.exchange.testing.venues.world import Person, text, window


class BybitServer(VenueServer):
    pace_code, key_code = "10006", "10003"
    renames = ("tradeVol30Day", "tradeVol365Day")

    def time(self, path: str) -> Any | None:
        if path != "/v5/market/time":
            return None
        return {"retCode": 0, "result": {"timeNano": str(self.now_ms * 1_000_000)}}

    def check(self, request: Request, query: dict[str, str]) -> None:
        at = request.headers.get("x-bapi-timestamp", "")
        receive = request.headers.get("x-bapi-recv-window", "")
        mac = hmac.new(SECRET.encode(), f"{at}{KEY}{receive}{request.query}".encode(), hashlib.sha256)
        if request.headers.get("x-bapi-api-key") != KEY:
            raise Refused(200, "10003", "API key is invalid.")
        if not -1000 <= self.now_ms - int(at) <= RECEIVE_MS:
            raise Refused(200, "10002", "invalid request, please check your server timestamp")
        if request.headers.get("x-bapi-sign") != mac.hexdigest():
            raise Refused(200, "10004", "error sign!")

    def said(self, path: str, given: dict[str, str]) -> Any:
        if path != "/v5/affiliate/aff-user-list":
            raise Refused(404, "404", "no such path")
        begin, size = int(given.get("cursor") or 0), int(given.get("size") or 100)
        people = self.world.listed()
        shown = people[begin : begin + size]
        cursor = str(begin + size) if begin + size < len(people) else ""
        return {"list": [_client(one) for one in shown], "nextPageCursor": cursor}

    def good(self, said: Any) -> Any:
        return {"retCode": 0, "retMsg": "", "result": said, "retExtInfo": {}, "time": self.now_ms}

    def bad(self, refused: Refused) -> Any:
        return {"retCode": int(refused.code), "retMsg": refused.said, "result": {}, "time": self.now_ms}


def _client(one: Person) -> dict[str, Any]:
    row: dict[str, Any] = {
        "userId": one.uid, "registerTime": f"{one.joined_at:%Y-%m-%d}", "source": one.code, "remarks": "",
        "isKyc": bool(one.kyc),
    }  # fmt: skip
    for days in (30, 365):
        span = window(clock.now().date(), days)
        traded = one.between(*span)
        coins = dict.fromkeys(("BTC", "ETH", "MNT", "USDC", "USDT"), "")
        for coin in {trade.asset for trade in traded}:
            coins[coin] = text(sum(trade.commission for trade in traded if trade.asset == coin))
        row[f"tradeVol{days}Day"] = text(sum(trade.volume for trade in traded))
        row[f"depositAmount{days}Day"] = text(one.deposited(*span))
        row[f"commissions{days}Day"] = coins
    return row
