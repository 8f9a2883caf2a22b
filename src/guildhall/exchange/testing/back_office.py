"""A made-up back office on loopback: checks every question as the protocol says, answers from what it was
told, and misbehaves on demand.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from guildhall.channels.testing.http import Doorway, Reply, Request
from guildhall.core import clock
from guildhall.effects.webhooks import sign
from guildhall.exchange.lookup import protocol

EVERYDAY: dict[tuple[str, str], list[dict[str, Any]]] = {
    ("100001", "deposit"): [
        {
            "id": "D-9001", "at": "2026-11-20T08:15:00+00:00", "asset": "USDT", "amount": "1250.5",
            "state": "credited", "network": "TRC20", "txid": "a7f3c2e19b04d5586f", "confirmations": 20,
            "needed": 20,
        },
        {
            "id": "D-9002", "at": "2026-11-23T07:58:00+00:00", "asset": "ETH",
            "amount": "0.123456789012345678", "state": "pending", "network": "ERC20",
            "txid": "0x5be1d0c94a7718ee42", "confirmations": 7, "needed": 12,
        },
    ],
    ("100001", "withdrawal"): [
        {
            "id": "W-7001", "at": "2026-11-22T11:00:00+00:00", "asset": "USDT", "amount": "800",
            "state": "held", "network": "TRC20", "txid": None, "address": "TQ9…h4Kc",
        }
    ],
    ("100001", "kyc"): [
        {"level": 2, "state": "verified", "region": "SG", "at": "2026-03-01T00:00:00+00:00"}
    ],
    ("100001", "risk_hold"): [
        {
            "id": "H-31", "since": "2026-11-22T11:05:00+00:00", "state": "active", "scope": "withdrawals",
            "until": "2026-11-24T11:05:00+00:00",
            "says": {
                "en": "Withdrawals pause for 48 hours after a password change.",
                "zh": "修改密码后 48 小时内暂停提现。",
            },
        }
    ],
}  # fmt: skip


@dataclass
class BackOffice:
    """What it knows, by (uid, kind), and how it misbehaves: `mischief` is worn by the next questions.

    Mischief: `silent` (holds for `hold_s`), `cut`, `500`, `429`, `redirect`, `unsigned`, `other_secret`,
    `stale`, `other_question`, `nonsense`, `float`, `unknown_state`, `too_long`.
    """

    secret: str
    known: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=lambda: dict(EVERYDAY))
    mischief: list[str] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    hold_s: float = 3.0
    path: str = "/lookup"
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request: Request) -> Reply:
        """What it says to one request."""
        refusal = self._refusal(request)
        if refusal is not None:
            self.refused.append(refusal)
            return _plain(401, refusal) if refusal != "path" else _plain(404, refusal)
        asked = json.loads(request.body)
        with self._lock:
            self.asked.append(asked)
            trick = self.mischief.pop(0) if self.mischief else ""
        return self._tricked(asked, trick)

    def _refusal(self, request: Request) -> str | None:
        if (request.verb, request.path) != ("POST", self.path):
            return "path"
        header = request.headers.get(protocol.SIGNATURE.lower(), "")
        if not protocol.is_signed(self.secret, request.body, header, int(clock.now().timestamp())):
            return "signature"
        return None

    def _tricked(self, asked: dict[str, Any], trick: str) -> Reply:
        match trick:
            case "cut":
                return Reply(200, b"", cut=True)
            case "500" | "429":
                return _plain(int(trick), "mischief")
            case "redirect":
                return _plain(302, "elsewhere")
        said = self._said(asked)
        if trick == "other_question":
            said["question"] = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
        if trick == "float" and said["records"]:
            said["records"][0] = said["records"][0] | {"amount": 1250.5}
        if trick == "unknown_state" and said["records"]:
            said["records"][0] = said["records"][0] | {"state": "teleported"}
        body = b"<html>" if trick == "nonsense" else json.dumps(said).encode()
        if trick == "too_long":
            body = b'{"x":"' + b"x" * 400_000 + b'"}'
        at = int(clock.now().timestamp()) - (900 if trick == "stale" else 0)
        secret = "a secret of somebody else" if trick == "other_secret" else self.secret
        reply = Reply(200, body, hold=self.hold_s if trick == "silent" else 0.0)
        if trick != "unsigned":
            reply.content_type += f"\r\n{protocol.SIGNATURE}: {sign(secret, body, at)}"
        return reply

    def _said(self, asked: dict[str, Any]) -> dict[str, Any]:
        rows = self.known.get((asked["uid"], asked["kind"]))
        wanted = asked.get("txid", "")
        if rows is not None and wanted:
            rows = [row for row in rows if wanted in (row.get("txid"), row.get("id"))] or None
        return {
            "version": protocol.VERSION,
            "question": asked["question"],
            "found": rows is not None,
            "as_of": clock.now().astimezone(UTC).isoformat(),
            "records": list(rows or []),
        }


def _plain(status: int, why: str) -> Reply:
    return Reply(status, json.dumps({"error": why}).encode())


@contextmanager
def standing(office: BackOffice, port: int = 0) -> Iterator[str]:
    """The back office on loopback for a while; yields the address questions go to."""
    door = Doorway(office.answer, port)
    door.open()
    try:
        yield f"http://127.0.0.1:{door.port}{office.path}"
    finally:
        door.stopping.set()
        door.close()
