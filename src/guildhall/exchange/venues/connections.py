"""Connecting a venue's affiliate API: its keys, the day it counts from, pausing it. The only writers of
`VenueConnection` beside `pulling`, which notes how a pull went.
"""

from __future__ import annotations

import json
import re
from datetime import date

from django.db import transaction

from guildhall.core import audit, clock, secrets
from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.core.text import Text
from guildhall.effects.webhooks import check_url
from guildhall.exchange.venues.adapters import adapter
from guildhall.exchange.venues.models import VenueConnection
from guildhall.exchange.venues.wire import Credentials

State = VenueConnection.State
_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,29}")
LEAST_MIN, MOST_MIN = 5, 1440


def connect(
    platform: str,
    by: str,
    credentials: Credentials,
    *,
    venue: str = "",
    origin: str = "",
    count_from: date | None = None,
    every_min: int = 60,
) -> VenueConnection:
    """Connect an affiliate account. `venue`: how facts name it (the platform when empty); `origin`: another
    address than the venue's own; `count_from`: first UTC day that counts (today when None).

    Raises BadInput naming the field, Conflict when the name is taken.
    """
    found = adapter(platform)
    venue = venue.strip() or platform
    if not _SLUG.fullmatch(venue):
        raise BadInput(
            Text("Name it in small letters, digits, - and _.", "标识只能使用小写字母、数字、- 和 _。"),
            field="venue",
        )
    _check(origin, every_min)
    _check_keys(credentials, needs_passphrase=found.has_passphrase)
    day = count_from or clock.now().date()
    with transaction.atomic():
        if VenueConnection.objects.filter(venue=venue).exists():
            raise Conflict(Text(f"{venue} is connected already.", f"{venue} 已连接。"))
        made = VenueConnection.objects.create(
            platform=platform, venue=venue, origin=origin, count_from=day, every_min=every_min, made_by=by
        )
        _keep(made, credentials, by)
        audit.record(
            by,
            "venue.connected",
            f"venue:{made.pk}",
            {"venue": venue, "platform": platform, "from": str(day)},
        )
    return made


def change(
    connection_id: str, by: str, *, every_min: int, origin: str = "", credentials: Credentials | None = None
) -> None:
    """Change how often it is pulled, its address, or (when given) its keys; a refused one works again with
    new keys. Raises BadInput, NotFound.
    """
    _check(origin, every_min)
    with transaction.atomic():
        one = locked(connection_id)
        given = {"origin": origin, "every_min": every_min}
        told = sorted(name for name, value in given.items() if getattr(one, name) != value)
        if credentials is not None:
            _check_keys(credentials, needs_passphrase=adapter(one.platform).has_passphrase)
            _keep(one, credentials, by)
            told.append("keys")
            if one.state == State.REFUSED:
                given |= {"state": State.ACTIVE, "problem": None, "problem_since": None, "begun_at": None}
        VenueConnection.objects.filter(pk=one.pk).update(**given)
        audit.record(by, "venue.changed", f"venue:{one.pk}", {"fields": told})


def pause(connection_id: str, by: str) -> None:
    """Pull nothing from it for a while; a pull that is under way is given up. Raises NotFound, Conflict."""
    _switch(connection_id, by, State.ACTIVE, State.PAUSED)


def resume(connection_id: str, by: str) -> None:
    """Pull again. What happened meanwhile arrives with the next totals. Raises NotFound, Conflict."""
    _switch(connection_id, by, State.PAUSED, State.ACTIVE)


def credentials_of(one: VenueConnection) -> Credentials:
    """Its keys, to sign with."""
    said = json.loads(secrets.get(one.secret_name))
    return Credentials(said["key"], said["secret"], said["passphrase"])


def locked(connection_id: str) -> VenueConnection:
    """The connection, held until the caller's transaction ends. Raises NotFound."""
    one = VenueConnection.objects.select_for_update().filter(pk=connection_id).first()
    if one is None:
        raise NotFound(Text("There is no such connection.", "没有该交易所连接。"))
    return one


def _switch(connection_id: str, by: str, old: State, new: State) -> None:
    with transaction.atomic():
        one = locked(connection_id)
        if one.state != old:
            raise Conflict(Text("It is in that state already.", "当前状态无法执行此操作。"))
        VenueConnection.objects.filter(pk=one.pk).update(state=new)
        verb = "venue.paused" if new is State.PAUSED else "venue.resumed"
        audit.record(by, verb, f"venue:{one.pk}")


def _keep(one: VenueConnection, credentials: Credentials, by: str) -> None:
    said = {
        "key": credentials.key, "secret": credentials.secret, "passphrase": credentials.passphrase,
    }  # fmt: skip
    secrets.put(one.secret_name, json.dumps(said), by)


def _check(origin: str, every_min: int) -> None:
    if origin:
        check_url(origin)
        if origin.endswith("/"):
            raise BadInput(Text("Without a slash at the end.", "网址末尾不要带斜杠。"), field="origin")
    if not LEAST_MIN <= every_min <= MOST_MIN:
        raise BadInput(
            Text(f"From {LEAST_MIN} to {MOST_MIN} minutes.", f"取值范围为 {LEAST_MIN} 到 {MOST_MIN} 分钟。"),
            field="every_min",
        )


def _check_keys(credentials: Credentials, *, needs_passphrase: bool) -> None:
    wanted = {"key": credentials.key, "secret": credentials.secret}
    if needs_passphrase:
        wanted["passphrase"] = credentials.passphrase
    for name, value in wanted.items():
        if not value or not value.isascii() or not value.isprintable() or len(value) > 300:
            raise BadInput(Text("Copy it whole from the exchange.", "请从交易所完整复制。"), field=name)
