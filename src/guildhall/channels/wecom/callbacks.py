"""The addresses WeCom and Official Accounts call: who is believed, how old a call may be, what of it is
recorded.

A call is believed when its signature, made with a token only WeChat and we know, fits its cipher text, when
that decrypts to a message meant for this very account, and when it is younger than five minutes. WeChat
itself repeats a call it got no answer to, for half a minute: such a repetition is known by its delivery
key, recorded in the transaction of the first, and changes nothing; one that comes later is refused.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

import orjson
from django.db import close_old_connections

from guildhall.channels.actions.deliveries import delivery_key
from guildhall.channels.hooks import OK, Answer, Call
from guildhall.channels.models import Delivery
from guildhall.channels.port import Inbound
from guildhall.channels.wecom import adapter as adapters
from guildhall.channels.wecom import corp_reading, oa_reading, wire
from guildhall.channels.wecom.crypto import Crypto, Forged
from guildhall.channels.wecom.models import (
    State,
    WechatAccount,
    WecomCorp,
    callback_key_name,
    callback_token_name,
)
from guildhall.core import secrets
from guildhall.core.errors import BadInput, NotFound

CORP_PREFIX, ACCOUNT_PREFIX = "/hooks/wecom/", "/hooks/wechat/"
MOST_BYTES = 256 * 1024
STALE = timedelta(minutes=5)
REPEATED_FOR = timedelta(seconds=30)
"""So long after its time a call may be WeChat's own repetition of one we answered too late."""
KNOWN_S = 3.0
"""How long an account's token and key are believed: changed ones are in force within seconds."""
_MOST_KNOWN = 500
_MOST_QUERY = 4096
_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
_DIGITS = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class Caller:
    """An account as the door knows it until `until` (monotonic). `crypto` None: nobody is believed."""

    receiver: str
    crypto: Crypto | None
    is_open: bool
    until: float


@dataclass(frozen=True, slots=True)
class _Signed:
    """What every call carries in its query."""

    signature: str
    timestamp: str
    nonce: str
    echo: str


class CallbackHook:
    """The callbacks of one kind of account. `platform`, `prefix`: as the port and the door know it."""

    methods = frozenset({"GET", "POST"})
    most_bytes = MOST_BYTES

    def __init__(
        self,
        platform: str,
        prefix: str,
        look_up: Callable[[str], tuple[str, bool] | None],
        *,
        name: str,
        greets_in_plain: bool,
        parse: Callable[[bytes], Inbound],
    ) -> None:
        self.platform, self.prefix = platform, prefix
        self._look_up, self._name = look_up, name
        self._greets_in_plain, self._parse = greets_in_plain, parse
        self._callers: dict[str, Caller] = {}

    def admit(self, call: Call) -> int:
        if not _ID.fullmatch(call.path):
            return 404
        caller = self._caller(call.path)
        if caller is None:
            return 404
        if caller.crypto is None:
            return 403
        if not caller.is_open:
            return 503
        signed = self._signed(call)
        return OK if signed is not None and _is_fresh(signed.timestamp, call.at) else 403

    def receive(self, call: Call) -> Answer:
        caller, signed = self._caller(call.path), self._signed(call)
        if caller is None or caller.crypto is None or signed is None:
            return Answer(403)
        if call.method == "GET":
            return self._greeted(caller.crypto, signed)
        try:
            encrypted = wire.read(call.body.decode()).get("Encrypt")
        except (BadInput, UnicodeDecodeError):
            return Answer(400)
        if not isinstance(encrypted, str):
            return Answer(400)
        try:
            message = caller.crypto.open(
                signed.signature, signed.timestamp, signed.nonce, "".join(encrypted.split())
            )
        except Forged:
            return Answer(403)
        body = orjson.dumps({self._name: caller.receiver, "xml": message.decode("utf-8", "replace")})
        if call.at - _moment(signed.timestamp, call.at) > REPEATED_FOR and self._is_recorded(caller, body):
            return Answer(403)
        return Answer(OK, (body,), b"success")

    def _greeted(self, crypto: Crypto, signed: _Signed) -> Answer:
        """The address was just put in: whoever asks must know the token, and we show that we do."""
        if self._greets_in_plain:
            parts = "".join(sorted((crypto.token, signed.timestamp, signed.nonce)))
            expected = hashlib.sha1(parts.encode("utf-8", "surrogatepass")).hexdigest()  # noqa: S324 - Tencent's choice
            given = signed.signature.encode("utf-8", "surrogatepass")
            is_real = bool(signed.echo) and hmac.compare_digest(expected.encode(), given)
            return Answer(OK, reply=signed.echo.encode()) if is_real else Answer(403)
        try:
            return Answer(
                OK, reply=crypto.open(signed.signature, signed.timestamp, signed.nonce, signed.echo)
            )
        except Forged:
            return Answer(403)

    def _signed(self, call: Call) -> _Signed | None:
        """What the query says; None when something is missing or said twice."""
        if len(call.query) > _MOST_QUERY:
            return None
        try:
            pairs = parse_qsl(call.query, keep_blank_values=True, max_num_fields=20)
        except ValueError:
            return None
        given = dict(pairs)
        if len(given) != len(pairs):
            return None
        plain = self._greets_in_plain and call.method == "GET"
        signature = given.get("signature" if plain else "msg_signature", "")
        timestamp, nonce = given.get("timestamp", ""), given.get("nonce", "")
        if not signature or not nonce or not _DIGITS.fullmatch(timestamp):
            return None
        return _Signed(signature, timestamp, nonce, given.get("echostr", ""))

    def _is_recorded(self, caller: Caller, body: bytes) -> bool:
        try:
            said = self._parse(body)
        except BadInput:
            return False  # it will be put aside, and what is put aside twice is one row
        close_old_connections()
        key = delivery_key(said.platform, said.receiver, said.delivery_id)
        return bool(key) and Delivery.objects.filter(pk=key).exists()

    def _caller(self, pk: str) -> Caller | None:
        """What is known of an account, looked up again every few seconds. Raises DatabaseError."""
        now = time.monotonic()
        known = self._callers.get(pk)
        if known is not None and now < known.until:
            return known
        close_old_connections()
        try:
            found = self._look_up(pk)
            caller = None if found is None else Caller(found[0], crypto_of(found[0]), found[1], now + KNOWN_S)
        finally:
            close_old_connections()
        if caller is not None:
            if len(self._callers) >= _MOST_KNOWN:
                self._callers.clear()
            self._callers[pk] = caller
        return caller


def crypto_of(receiver: str) -> Crypto | None:
    """The crypto of an account's callback address; None while it has none."""
    try:
        return Crypto(
            secrets.get(callback_token_name(receiver)), secrets.get(callback_key_name(receiver)), receiver
        )
    except NotFound:
        return None


def corp_hook() -> CallbackHook:
    """Where WeCom calls."""
    return CallbackHook(
        corp_reading.PLATFORM,
        CORP_PREFIX,
        _corp,
        name="corp",
        greets_in_plain=False,
        parse=adapters.WecomAdapter().parse,
    )


def account_hook() -> CallbackHook:
    """Where WeChat calls for an Official Account."""
    return CallbackHook(
        oa_reading.PLATFORM,
        ACCOUNT_PREFIX,
        _account,
        name="app",
        greets_in_plain=True,
        parse=adapters.WechatOaAdapter().parse,
    )


def _corp(pk: str) -> tuple[str, bool] | None:
    row = WecomCorp.objects.filter(pk=pk).values_list("corpid", "state").first()
    return None if row is None else (row[0], row[1] != State.PAUSED)


def _account(pk: str) -> tuple[str, bool] | None:
    row = WechatAccount.objects.filter(pk=pk).values_list("appid", "state").first()
    return None if row is None else (row[0], row[1] != State.PAUSED)


def _is_fresh(timestamp: str, at: datetime) -> bool:
    return abs(at.timestamp() - int(timestamp)) <= STALE.total_seconds()


def _moment(timestamp: str, at: datetime) -> datetime:
    """When a call was signed; `_is_fresh` made sure that it is a time of these minutes."""
    return datetime.fromtimestamp(int(timestamp), at.tzinfo)
