"""Connecting a back office: its address and secret, its limits, switching it off. The only writers of
`BackOffice`.
"""

from __future__ import annotations

import re
import secrets as randomness

from django.db import transaction

from guildhall.core import audit, secrets
from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.core.text import Text
from guildhall.effects.webhooks import check_url
from guildhall.exchange.lookup.models import BackOffice

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,29}")
_LIMITS = {"timeout_s": (1, 30), "person_minute": (1, 600), "house_minute": (1, 6000)}
Limits = dict[str, int]


def is_available(venue: str) -> bool:
    """Whether somebody could be asked about accounts of this exchange."""
    return BackOffice.objects.filter(venue=venue, is_on=True).exists()


def connect(venue: str, url: str, by: str, *, secret: str = "", limits: Limits | None = None) -> BackOffice:
    """Connect the back office of an exchange; makes a secret when none is given (read it with `secret_of`).

    Raises BadInput naming the field, Conflict when this exchange has one already.
    """
    if not _SLUG.fullmatch(venue):
        raise BadInput(
            Text(
                "Name the exchange in small letters, digits, - and _.",
                "交易所标识只能使用小写字母、数字、- 和 _。",
            ),
            field="venue",
        )
    check_url(url)
    _check(limits or {}, secret)
    with transaction.atomic():
        if BackOffice.objects.filter(venue=venue).exists():
            raise Conflict(
                Text(
                    f"{venue} has a back office already; change that one.",
                    f"{venue} 已有后台连接，请直接修改。",
                )
            )
        office = BackOffice.objects.create(venue=venue, url=url, made_by=by, **(limits or {}))
        secrets.put(office.secret_name, secret or randomness.token_urlsafe(32), by)
        audit.record(by, "back_office.connected", f"back_office:{office.pk}", {"venue": venue})
    return office


def change(office_id: str, url: str, by: str, *, secret: str = "", limits: Limits | None = None) -> None:
    """Change address, limits or (when one is given) secret. Raises BadInput, NotFound."""
    check_url(url)
    _check(limits or {}, secret)
    with transaction.atomic():
        office = _locked(office_id)
        changed = {"url": url} | (limits or {})
        told = sorted(name for name, value in changed.items() if getattr(office, name) != value)
        BackOffice.objects.filter(pk=office.pk).update(**changed)
        if secret:
            secrets.put(office.secret_name, secret, by)
            told.append("secret")
        audit.record(by, "back_office.changed", f"back_office:{office.pk}", {"fields": told})


def switch(office_id: str, is_on: bool, by: str) -> None:
    """Stop asking it, or ask it again. Raises NotFound."""
    with transaction.atomic():
        office = _locked(office_id)
        BackOffice.objects.filter(pk=office.pk).update(is_on=is_on)
        verb = "back_office.resumed" if is_on else "back_office.paused"
        audit.record(by, verb, f"back_office:{office.pk}")


def remove(office_id: str, by: str) -> None:
    """Forget it and its secret; who asked what stays. Raises NotFound."""
    with transaction.atomic():
        office = _locked(office_id)
        secrets.delete(office.secret_name, by)
        audit.record(by, "back_office.removed", f"back_office:{office.pk}", {"venue": office.venue})
        office.delete()


def secret_of(office: BackOffice) -> str:
    """The shared secret, to be shown once and to sign with."""
    return secrets.get(office.secret_name)


def _locked(office_id: str) -> BackOffice:
    office = BackOffice.objects.select_for_update().filter(pk=office_id).first()
    if office is None:
        raise NotFound(Text("There is no such back office.", "没有该后台连接。"))
    return office


def _check(limits: Limits, secret: str) -> None:
    for name, value in limits.items():
        least, most = _LIMITS[name]
        if not least <= value <= most:
            raise BadInput(
                Text(f"From {least} to {most}, please.", f"取值范围为 {least} 到 {most}。"), field=name
            )
    if secret and len(secret) < 16:
        raise BadInput(Text("A secret has at least 16 characters.", "密钥至少 16 个字符。"), field="secret")
