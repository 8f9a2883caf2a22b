"""One signed request to a venue: at its pace, by its clock, with every refusal understood.

A request that is refused because of the time is made once more with the venue's own clock. Never inside a
transaction.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from guildhall.core import clock
from guildhall.core.errors import GuildhallError, Permanent, Temporary
from guildhall.core.settings import settings
from guildhall.core.text import Text
from guildhall.effects import http
from guildhall.exchange.venues.models import VenueConnection
from guildhall.exchange.venues.wire import Adapter, Ask, Credentials, Refusal, Said, Trouble, loads

MOST_BYTES = 8 * 1024 * 1024
WITHIN_S = 20.0
wait = time.sleep


class KeyRefused(GuildhallError):
    """The venue does not take our key for this; only a person can mend that."""

    code = "key_refused"


class NotOurs(GuildhallError):
    """The venue says that this account is not one we brought."""

    code = "not_ours"


@dataclass(frozen=True, slots=True)
class Answered:
    """A good answer: the body as it came, and what it says (`wire.loads`). `skew_ms` as it is known now."""

    status: int
    body: bytes
    said: Said
    skew_ms: int


class Caller:
    """Speaks with one venue, one request at a time; close it (or use it in `with`)."""

    def __init__(self, one: VenueConnection, using: Adapter, credentials: Credentials) -> None:
        self._one = one
        self._adapter = using
        self._credentials = credentials
        self._skew_ms = one.skew_ms
        self._free_at = 0.0
        self._client = http.client(allow_inside=settings.exchange_inside)

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def ask(self, ask: Ask) -> Answered:
        """The answer to one request. Raises Temporary, KeyRefused, NotOurs, Permanent."""
        for attempt in (1, 2):
            reply, said = self._send(ask)
            if said is None and reply.status == 200:
                raise _understood(Refusal(Trouble.BUSY, "200", "no JSON"), self._adapter.label)
            refusal = self._adapter.judge(reply.status, reply.headers, said)
            if refusal is None:
                return Answered(reply.status, reply.body, said, self._skew_ms)
            if refusal is not None and refusal.trouble is Trouble.CLOCK and attempt == 1:
                self._set_clock()
                continue
            break
        raise _understood(refusal or Refusal(Trouble.BUSY, str(reply.status)), self._adapter.label)

    def _send(self, ask: Ask) -> tuple[http.Reply, Said]:
        self._keep_pace()
        at_ms = int(clock.now().timestamp() * 1000) + self._skew_ms
        signed = self._adapter.sign(ask, self._credentials, at_ms, self._origin(ask))
        return self._fetched(signed.method, signed.url, dict(signed.headers), signed.body)

    def _set_clock(self) -> None:
        """Learn how far the venue's clock is from ours."""
        ask = self._adapter.clock
        self._keep_pace()
        reply, said = self._fetched(ask.method, self._origin(ask) + ask.target, {}, None)
        try:
            theirs = self._adapter.server_time(said)
        except (KeyError, TypeError, ValueError, IndexError) as wrong:
            raise Temporary(_no_clock(self._adapter.label, reply.status)) from wrong
        self._skew_ms = theirs - int(clock.now().timestamp() * 1000)

    def _fetched(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None
    ) -> tuple[http.Reply, Said]:
        try:
            reply = http.fetch(
                self._client, method, url, content=body, headers=headers, most_bytes=MOST_BYTES,
                within_s=WITHIN_S,
            )  # fmt: skip
        except http.InsideTarget as wrong:
            raise Permanent(
                Text(
                    "The address is on a private network; GUILDHALL_EXCHANGE_INSIDE allows that.",
                    "该网址位于内网；如需允许，请设置 GUILDHALL_EXCHANGE_INSIDE。",
                )
            ) from wrong
        return reply, loads(reply.body)

    def _origin(self, ask: Ask) -> str:
        return self._one.origin or self._adapter.hosts[ask.host]

    def _keep_pace(self) -> None:
        late = self._free_at - time.monotonic()
        if late > 0:
            wait(late)
        self._free_at = time.monotonic() + self._adapter.every_s


def _understood(refusal: Refusal, label: Text) -> GuildhallError:
    told = f"{refusal.code} {refusal.said}".strip()
    match refusal.trouble:
        case Trouble.CREDENTIALS:
            return KeyRefused(
                Text(
                    f"{label.en} does not take our key ({told}).", f"{label.zh} 拒绝了我们的密钥（{told}）。"
                )
            )
        case Trouble.NOT_OURS:
            return NotOurs(
                Text(f"{label.en}: not our invitee ({told}).", f"{label.zh}：并非我们的邀请用户（{told}）。")
            )
        case Trouble.PACE:
            return Temporary(
                Text(f"{label.en} asks us to slow down ({told}).", f"{label.zh} 要求降低频率（{told}）。"),
                retry_after=refusal.retry_after or 10.0,
            )
        case Trouble.CLOCK | Trouble.BUSY:
            return Temporary(
                Text(f"{label.en} could not answer ({told}).", f"{label.zh} 暂时无法答复（{told}）。"),
                retry_after=refusal.retry_after,
            )
    return Permanent(Text(f"{label.en} refused the request ({told}).", f"{label.zh} 拒绝了请求（{told}）。"))


def _no_clock(label: Text, status: int) -> Text:
    return Text(
        f"{label.en} refuses our time and does not tell its own ({status}).",
        f"{label.zh} 拒绝了我们的时间，且未返回其服务器时间（{status}）。",
    )
