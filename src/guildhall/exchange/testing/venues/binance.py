"""A made-up Binance: spot rebates trade by trade, futures day by day, neither with pages."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from guildhall.channels.testing.http import Request
from guildhall.exchange.testing.venues.server import KEY, RECEIVE_MS, SECRET, Refused, VenueServer
from guildhall.exchange.testing.venues.world import Traded, millis, text

WEEK_MS = 7 * 86_400_000


class BinanceServer(VenueServer):
    pace_code, key_code = "-1003", "-2015"
    renames = ("income", "rebateVol")

    def time(self, path: str) -> Any | None:
        return {"serverTime": self.now_ms} if path == "/api/v3/time" else None

    def check(self, request: Request, query: dict[str, str]) -> None:
        signed, _, signature = request.query.rpartition("&signature=")
        mac = hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).hexdigest()
        if request.headers.get("x-mbx-apikey") != KEY:
            raise Refused(401, "-2014", "API-key format invalid.")
        if signature != mac:
            raise Refused(400, "-1022", "Signature for this request is not valid.")
        if not -1000 <= self.now_ms - int(query["timestamp"]) <= RECEIVE_MS:
            raise Refused(400, "-1021", "Timestamp for this request is outside of the recvWindow.")

    def said(self, path: str, given: dict[str, str]) -> Any:
        begin, end, limit = int(given["startTime"]), int(given["endTime"]), int(given["limit"])
        if end - begin > WEEK_MS or end < begin:
            raise Refused(400, "-1127", "More than 7 days between start and end time.")
        if path == "/sapi/v1/apiReferral/rebate/recentRecord":
            if limit > 500:
                raise Refused(400, "-1130", "limit")
            found = self._spot()
        elif path == "/fapi/v1/apiReferral/traderSummary":
            found = self._futures() if given["type"] == "1" else []
        else:
            raise Refused(404, "-1", "no such path")
        inside = [row for row in found if begin <= row["time"] <= end]
        return sorted(inside, key=lambda row: -row["time"])[:limit]

    def good(self, said: Any) -> Any:
        return said

    def bad(self, refused: Refused) -> Any:
        return {"code": int(refused.code), "msg": refused.said}

    def _traded(self, prefix: str) -> list[tuple[str, int, Traded]]:
        return [
            (one.uid, number, trade)
            for one in self.world.listed()
            for number, trade in enumerate(one.trades)
            if trade.symbol.startswith(prefix)
        ]

    def _spot(self) -> list[dict[str, Any]]:
        return [
            {
                "customerId": uid, "email": "om***@***.com", "income": text(trade.commission),
                "asset": trade.asset, "symbol": trade.symbol, "orderId": 54321678,
                "time": millis(trade.day) + 1000 * (number % 86_000),
                "tradeId": 9_007_199_254_740_993 + number,
                "commissionAsset": trade.asset, "commission": text(trade.commission), "convertPrice": "1.0",
            }
            for uid, number, trade in self._traded("BTC")
        ]  # fmt: skip

    def _futures(self) -> list[dict[str, Any]]:
        return [
            {
                "customerId": uid, "unit": trade.asset, "tradeVol": text(trade.volume),
                "rebateVol": text(trade.commission), "time": millis(trade.day),
            }
            for uid, _, trade in self._traded("FUT")
        ]  # fmt: skip
