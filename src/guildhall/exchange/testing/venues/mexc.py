"""A made-up MEXC: commissions by day of UTC+8 with a count of pages, referrals with running totals."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from guildhall.channels.testing.http import Request
from guildhall.exchange.testing.venues.server import KEY, RECEIVE_MS, SECRET, Refused, VenueServer
from guildhall.exchange.testing.venues.world import eastern, millis, text

MONTH_MS = 30 * 86_400_000


class MexcServer(VenueServer):
    pace_code, key_code = "429", "10072"
    renames = ("commission",)

    def time(self, path: str) -> Any | None:
        return {"serverTime": self.now_ms} if path == "/api/v3/time" else None

    def check(self, request: Request, query: dict[str, str]) -> None:
        signed, _, signature = request.query.rpartition("&signature=")
        mac = hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).hexdigest()
        if request.headers.get("x-mexc-apikey") != KEY:
            raise Refused(400, "10072", "Invalid access key")
        if not -1000 <= self.now_ms - int(query["timestamp"]) <= RECEIVE_MS:
            raise Refused(400, "700003", "Timestamp for this request is outside of the recvWindow.")
        if signature != mac:
            raise Refused(400, "602", "Signature verification failed")

    def said(self, path: str, given: dict[str, str]) -> Any:
        begin, end = int(given["startTime"]), int(given["endTime"])
        match path:
            case "/api/v3/rebate/affiliate/commission/detail":
                if end - begin > MONTH_MS:
                    raise Refused(400, "33333", "at most 30 days")
                rows = self._days(begin, end)
            case "/api/v3/rebate/affiliate/referral":
                rows = self._referrals(begin, end)
            case _:
                raise Refused(404, "404", "no such path")
        size, page = int(given["pageSize"]), int(given["page"])
        return {
            "pageSize": size, "totalCount": len(rows), "totalPage": -(-len(rows) // size),
            "currentPage": page, "resultList": rows[(page - 1) * size : page * size],
        }  # fmt: skip

    def good(self, said: Any) -> Any:
        return {"success": True, "code": 0, "message": None, "data": said}

    def bad(self, refused: Refused) -> Any:
        return {"code": int(refused.code), "msg": refused.said}

    def _days(self, begin: int, end: int) -> list[dict[str, Any]]:
        rows = [
            {
                "type": 1, "sourceType": 1, "state": 2, "date": eastern(trade.day), "uid": one.uid,
                "rate": 0.1, "symbol": trade.symbol, "takerAmount": text(trade.volume), "makerAmount": "0",
                "amountCurrency": trade.asset, "usdtAmount": text(trade.volume),
                "commission": text(trade.commission), "currency": trade.asset,
            }
            for one in self.world.listed()
            for trade in one.trades
            if begin <= eastern(trade.day) <= end
        ]  # fmt: skip
        others = [row | {"sourceType": 2, "uid": "77777777"} for row in rows[:1]]
        return rows + others

    def _referrals(self, begin: int, end: int) -> list[dict[str, Any]]:
        return [
            {
                "uid": one.uid, "nickName": None, "email": "", "registerTime": millis(one.joined_at),
                "inviteCode": one.code, "depositAmount": text(sum(d.amount for d in one.deposits)),
                "tradingAmount": "0", "commission": "0", "firstDepositTime": None, "asset": "0 USDT",
                "withdrawAmount": text(one.withdrawn), "identification": one.kyc + 1,
            }
            for one in self.world.listed()
            if begin <= millis(one.joined_at) <= end
        ]  # fmt: skip
