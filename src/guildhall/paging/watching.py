"""What raises pages by itself: troubles of the house that last, and events that other rooms announce.

A trouble that takes the database away cannot be told by what lives in the database; `guildhall doctor` and
the process manager see that one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import NoReverseMatch, reverse

from guildhall.channels.models import Space
from guildhall.core import troubles
from guildhall.core.text import Text
from guildhall.paging.actions import raise_page, resolve_by_key
from guildhall.paging.kinds import PageState, Severity
from guildhall.paging.models import Page

ACTOR = "system:paging"
TROUBLE, RAID = "trouble", "raid"
LASTS = timedelta(seconds=90)
"""So long a trouble has to last before somebody is woken for it."""
_GRAVE = frozenset({troubles.DATABASE_FULL, troubles.DISK_FULL, troubles.AUDIT_CUT, troubles.DATABASE_LOCKED})
_RAIDED = Text("{space} is being raided", "{space} 正遭遇突袭")
_MAY_BE = Text("{space} may be raided: please look", "{space} 疑似遭遇突袭，请查看")


def look_at_troubles(now: datetime) -> None:
    """Raise a page for each trouble that lasts; the page of one that is over is over too."""
    on = {one.kind: one for one in reversed(troubles.current())}
    raised = Page.objects.filter(kind__startswith=f"{TROUBLE}.").exclude(state=PageState.RESOLVED)
    known = dict(raised.values_list("kind", "dedupe_key"))
    for kind, trouble in on.items():
        name = f"{TROUBLE}.{kind}"[:60]
        if name in known or now - trouble.since < LASTS:
            continue
        severity = Severity.CRITICAL if kind in _GRAVE else Severity.WARNING
        body = Text(trouble.detail, trouble.detail)
        raise_page(name, trouble.text, by=ACTOR, severity=severity, body=body, link=_path("settings"))
    for name, key in known.items():
        if name.removeprefix(f"{TROUBLE}.") not in {kind[: 60 - len(TROUBLE) - 1] for kind in on}:
            resolve_by_key(key, ACTOR)


def hear(event: str, payload: Mapping[str, Any]) -> None:
    """An event was announced; called inside the transaction that causes it."""
    if event not in ("raid.declared", "raid.suspected", "raid.ended"):
        return
    key = f"{RAID}:{payload.get('raid')}"
    if event == "raid.ended":
        resolve_by_key(key, ACTOR)
        return
    space = Space.objects.filter(pk=payload.get("space")).first()
    if space is not None and space.settings.get("is_demo"):
        return  # made up: nobody is woken for it
    name = space.name if space is not None else "?"
    is_on = event == "raid.declared"
    words = (_RAIDED if is_on else _MAY_BE).format(space=name[:80])
    with transaction.atomic():
        raise_page(
            RAID,
            words,
            by=ACTOR,
            severity=Severity.CRITICAL if is_on else Severity.WARNING,
            link=_path("raid", str(payload.get("raid"))),
            dedupe_key=key,
        )


def _path(name: str, *args: str) -> str:
    """A page of the console, which stands above this room; '' where it is not there."""
    try:
        return reverse(f"console:{name}", args=args)
    except NoReverseMatch:
        return ""
