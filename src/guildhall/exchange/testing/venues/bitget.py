"""A made-up Bitget: clients by page, commissions backwards by id, days of UTC+8."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from guildhall.channels.testing.http import Request
from guildhall.exchange.testing.venues.server import KEY, PASSPHRASE, SECRET, Refused, VenueServer
from guildhall.exchange.testing.venues.world import eastern, millis, text

MONTH_MS = 30 * 86_400_000


class BitgetServer(VenueServer):
    pace_code, key_code = "429", "40006"
    renames = ("feePaid",)

    def time(self, path: str) -> Any | None:
        return {"code": "00000", "data": {"serverTime": str(self.now_ms)}} if path.endswith("/time") else None

    def check(self, request: Request, query: dict[str, str]) -> None:
        at = request.headers.get("access-timestamp", "")
        target = request.path + (f"?{request.query}" if request.query else "")
        text_ = f"{at}{request.verb}{target}{request.body.decode()}"
        mac = base64.b64encode(hmac.new(SECRET.encode(), text_.encode(), hashlib.sha256).digest()).decode()
        if request.headers.get("access-key") != KEY:
            raise Refused(400, "40006", "Invalid ACCESS_KEY")
        if abs(self.now_ms - int(at)) > 30_000:
            raise Refused(400, "40008", "Request timestamp expired")
        if request.headers.get("access-sign") != mac:
            raise Refused(400, "40009", "sign signature error")
        if request.headers.get("access-passphrase") != PASSPHRASE:
            raise Refused(400, "40012", "apikey/password is incorrect")

    def said(self, path: str, given: dict[str, str]) -> Any:
        if "startTime" in given and int(given["endTime"]) - int(given["startTime"]) > MONTH_MS:
            raise Refused(400, "40020", "Parameter startTime error")
        match path.rpartition("/")[2]:
            case "customer-list":
                rows = [
                    {"uid": int(one.uid), "registerTime": str(millis(one.joined_at))}
                    for one in self.world.listed()
                ]
                return _page(rows, given)
            case "customer-deposit":
                return _page(self._deposits(given), given)
            case "customer-kyc-result":
                rows = [
                    {"uid": one.uid, "kycResult": "passed" if one.kyc else "not_passed"}
                    for one in self.world.listed()
                ]
                return {"userList": rows, "endId": ""}
            case "customer-commissions":
                rows, end = _backwards(self._commissions(given), given)
                return {"commissionList": rows, "endId": end}
        raise Refused(404, "40404", "no such path")

    def good(self, said: Any) -> Any:
        return {"code": "00000", "msg": "success", "requestTime": self.now_ms, "data": said}

    def bad(self, refused: Refused) -> Any:
        return {"code": refused.code, "msg": refused.said, "data": None}

    def _commissions(self, given: dict[str, str]) -> list[dict[str, Any]]:
        begin, end = int(given["startTime"]), int(given["endTime"])
        return [
            {
                "uid": one.uid, "date": str(eastern(trade.day)), "coin": trade.asset, "symbol": trade.symbol,
                "productType": "SPOT", "dealAmount": text(trade.volume), "fee": text(trade.fee),
                "feePaid": text(trade.fee), "rebateAmount": text(trade.commission),
            }
            for one in self.world.listed()
            for trade in one.trades
            if begin <= eastern(trade.day) <= end
        ]  # fmt: skip

    def _deposits(self, given: dict[str, str]) -> list[dict[str, Any]]:
        begin, end = int(given["startTime"]), int(given["endTime"])
        return [
            {
                "orderId": made.id, "uid": one.uid, "depositTime": str(millis(made.at)),
                "depositCoin": made.asset, "depositAmount": text(made.amount),
            }
            for one in self.world.listed()
            for made in one.deposits
            if begin <= millis(made.at) <= end
        ]  # fmt: skip


def _page(rows: list[Any], given: dict[str, str]) -> list[Any]:
    size, page = int(given["pageSize"]), int(given["pageNo"])
    return rows[(page - 1) * size : page * size]


def _backwards(rows: list[Any], given: dict[str, str]) -> tuple[list[Any], str]:
    """Rows with an id smaller than asked for, the newest first; ids are their places."""
    below, limit = int(given.get("idLessThan") or len(rows)), int(given["limit"])
    begin = max(0, below - limit)
    return list(reversed(rows[begin:below])), str(begin)
