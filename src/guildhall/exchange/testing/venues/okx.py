"""A made-up OKX: `invitee/list` without a count of pages, `invitee/detail`, 51621 for strangers."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from typing import Any

from guildhall.channels.testing.http import Request
from guildhall.exchange.testing.venues.server import KEY, PASSPHRASE, SECRET, Refused, VenueServer
from guildhall.exchange.testing.venues.world import Person, millis, text


class OkxServer(VenueServer):
    pace_code, key_code = "50011", "50111"
    renames = ("totalFee",)

    def time(self, path: str) -> Any | None:
        return {"code": "0", "data": [{"ts": str(self.now_ms)}]} if path == "/api/v5/public/time" else None

    def check(self, request: Request, query: dict[str, str]) -> None:
        stamp = request.headers.get("ok-access-timestamp", "")
        target = request.path + (f"?{request.query}" if request.query else "")
        text_ = f"{stamp}{request.verb}{target}{request.body.decode()}"
        mac = base64.b64encode(hmac.new(SECRET.encode(), text_.encode(), hashlib.sha256).digest()).decode()
        if request.headers.get("ok-access-key") != KEY:
            raise Refused(401, "50111", "Invalid OK-ACCESS-KEY")
        if request.headers.get("ok-access-passphrase") != PASSPHRASE:
            raise Refused(401, "50105", "OK-ACCESS-PASSPHRASE incorrect")
        if request.headers.get("ok-access-sign") != mac:
            raise Refused(401, "50113", "Invalid Sign")
        if abs(millis(datetime.fromisoformat(stamp)) - self.now_ms) > 30_000:
            raise Refused(401, "50102", "Timestamp request expired")

    def said(self, path: str, given: dict[str, str]) -> Any:
        if path == "/api/v5/affiliate/invitee/detail":
            person = self.world.people.get(given["uid"])
            if person is None or person.uid in self.world.gone:
                raise Refused(200, "51621", "The user isn't your invitee")
            return [_detail(person)]
        if path != "/api/v5/affiliate/invitee/list":
            raise Refused(404, "50000", "no such path")
        size, page = max(1, min(100, int(given.get("limit", "100")))), int(given.get("page", "1"))
        people = self.world.listed()
        if self.world.clamps_pages:
            page = min(page, max(1, -(-len(people) // size)))
        return [_listed(one) for one in people[(page - 1) * size : page * size]]

    def good(self, said: Any) -> Any:
        return {"code": "0", "msg": "", "data": said}

    def bad(self, refused: Refused) -> Any:
        return {"code": refused.code, "msg": refused.said, "data": []}


def _listed(one: Person) -> dict[str, Any]:
    return {
        "uid": one.uid, "country": one.region, "joinTime": str(millis(one.joined_at)), "firstTradeTime": "",
        "channelName": one.code, "rebateRate": "0.1600", "feeTierRank": "0",
        "kycStatus": "verified" if one.kyc else "unverified",
        "kycTime": str(millis(one.joined_at)) if one.kyc else "",
        "depAmt": text(sum(d.amount for d in one.deposits), 10),
        "totalVol": text(sum(t.volume for t in one.trades), 10),
        "totalFee": text(sum(t.fee for t in one.trades), 10),
        "totalCommission": text(sum(t.commission for t in one.trades), 10), "isCompliant": True,
    }  # fmt: skip


def _detail(one: Person) -> dict[str, Any]:
    return {
        "accFee": text(sum(t.fee for t in one.trades)), "affiliateCode": one.code, "level": "Lv1",
        "depAmt": text(sum(d.amount for d in one.deposits)), "firstTradeTime": "", "inviteeLevel": "2",
        "inviteeRebateRate": "0.39", "joinTime": str(millis(one.joined_at)), "kycTime": "",
        "region": one.region, "totalCommission": "0", "volMonth": "0", "wdAmt": text(one.withdrawn),
        "totalVol": text(sum(t.volume for t in one.trades)),
    }  # fmt: skip
