"""Private talks on platforms that are our own pages: one visitor and the house, nobody else."""

from __future__ import annotations

import hashlib

from django.db import transaction

from guildhall.channels.models import Space
from guildhall.core import audit

ACTOR = "system:webchat"


def open_talk(of: Space, asker: str) -> Space:
    """The talk of one visitor (their id on the platform) beside a public chat, made when first wanted."""
    name = "ask-" + hashlib.blake2b(f"{of.pk}:{asker}".encode(), digest_size=16).hexdigest()
    known = Space.objects.filter(platform=of.platform, external_id=name).first()
    if known is not None:
        return known
    with transaction.atomic():
        made, new = Space.objects.get_or_create(
            platform=of.platform,
            external_id=name,
            defaults={
                "slug": name,
                "kind": "private",
                "name": of.name,
                "language": of.language,
                "region": of.region,
                "tier": of.tier,
                "settings": {
                    "asker": asker,
                    "of": of.slug,
                    "text_limit": of.settings.get("text_limit", 4000),
                    "is_demo": bool(of.settings.get("is_demo")),
                },
            },
        )
        if new:
            audit.record(ACTOR, "space.talk_opened", f"space:{made.pk}", {"of": of.pk})
    return made


def may_enter(space: Space, visitor: str) -> bool:
    """Whether a visitor (their id, '' for nobody) may see a chat: a private talk is its asker's alone."""
    return space.kind != "private" or (bool(visitor) and space.settings.get("asker") == visitor)
