"""Access tokens, one for all processes: fetched by one of them at a time, kept sealed in the database.

WeChat limits how often a token may be asked for, and a new one can make the old one worthless, so whoever
meets an expired token takes a short lease on its row and asks; everybody else waits for that answer.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q

from guildhall.channels.wecom import models
from guildhall.channels.wecom.models import AccessToken
from guildhall.core import clock, secrets
from guildhall.core.errors import GuildhallError, NotFound, Temporary
from guildhall.core.ids import new_id
from guildhall.core.text import Text

EARLY = timedelta(minutes=3)
"""So long before its end a token is not used any more."""
LEASE = timedelta(seconds=20)
PATIENCE_S, LOOK_S = 25.0, 0.1
KNOWN_S = 5.0


@dataclass(frozen=True, slots=True)
class Key:
    """Whose token: a corporation's for one use, or an Official Account's (`use` '')."""

    owner: str
    use: str = ""

    @property
    def name(self) -> str:
        return f"wecom:{self.owner}:{self.use}" if self.use else f"oa:{self.owner}"

    @property
    def secret(self) -> str:
        """Under which name the secret that buys the token is kept."""
        return models.secret_name(self.owner, self.use) if self.use else models.app_secret_name(self.owner)


@dataclass(frozen=True, slots=True)
class Token:
    """A token that should be good; `generation` says which, for whoever finds that it is not."""

    value: str
    generation: int


def current(key: Key) -> Token:
    """The token all processes use now, fetched if there is none. Raises Temporary, SecretRefused, Refused."""
    known = _known.get(key.name)
    if known is not None and known[0] == os.getpid() and time.monotonic() < known[1]:
        return known[2]
    return _remembered(key, _stored(key) or _fetched(key, 0))


def renewed(key: Key, met: Token) -> Token:
    """A token other than the one that was refused. Raises as `current`."""
    _known.pop(key.name, None)
    return _remembered(key, _stored(key, after=met.generation) or _fetched(key, met.generation))


def forget(key: Key) -> None:
    """Drop a token: its secret was changed."""
    _known.pop(key.name, None)
    AccessToken.objects.filter(pk=key.name).update(expires_at=None)


def forget_all() -> int:
    """Drop every token: they were sealed with a key that is being retired. For `secrets.on_rotate`."""
    _known.clear()
    AccessToken.objects.filter(expires_at__isnull=False).update(value="", expires_at=None)
    return 0


_known: dict[str, tuple[int, float, Token]] = {}


def _remembered(key: Key, token: Token) -> Token:
    _known[key.name] = os.getpid(), time.monotonic() + KNOWN_S, token
    return token


def _stored(key: Key, after: int = -1) -> Token | None:
    row = AccessToken.objects.filter(pk=key.name).first()
    if row is None or row.expires_at is None or row.generation <= after:
        return None
    if row.expires_at - EARLY <= clock.now():
        return None
    try:
        return Token(secrets.unseal(row.value, key.name), row.generation)
    except GuildhallError:
        return None  # sealed with a key that is gone: a new one is fetched


def _fetched(key: Key, met: int) -> Token:
    """A fresh token, by this process or by another that is at it. `met`: the generation that was refused."""
    me, until = f"{os.getpid()}:{new_id()}", time.monotonic() + PATIENCE_S
    AccessToken.objects.get_or_create(pk=key.name)
    while True:
        if _leased(key, me):
            try:
                found = _stored(key, after=met) if met else _stored(key)
                return found or _ask(key, me, was_refused=bool(met))
            finally:
                AccessToken.objects.filter(pk=key.name, lease_owner=me).update(
                    lease_owner="", lease_until=None
                )
        if time.monotonic() > until:
            raise Temporary(
                Text(
                    "Another process has been asking for an access token for long.",
                    "获取 access_token 超时。",
                ),
                retry_after=5.0,
            )
        time.sleep(LOOK_S)
        found = _stored(key, after=met) if met else _stored(key)
        if found is not None:
            return found


def _leased(key: Key, me: str) -> bool:
    now = clock.now()
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    return bool(AccessToken.objects.filter(free, pk=key.name).update(lease_owner=me, lease_until=now + LEASE))


def _ask(key: Key, me: str, *, was_refused: bool) -> Token:
    from guildhall.channels.wecom import client  # it calls this module

    try:
        secret = secrets.get(key.secret)
    except NotFound:
        from guildhall.channels.wecom.errors import reason

        raise reason("nobody_serves") from None
    value, lasts = client.ask_for_token(key, secret, was_refused=was_refused)
    row = AccessToken.objects.get(pk=key.name)
    row.value, row.generation = secrets.seal(value, key.name), row.generation + 1
    row.expires_at = clock.now() + timedelta(seconds=lasts)
    row.save(update_fields=["value", "generation", "expires_at"])
    return Token(value, row.generation)
