"""Furnishes an empty house with two demo spaces, so that the whole of it can be tried at once.

Does nothing when any space exists or ever existed here: a house that has been lived in is left alone.
"""

from __future__ import annotations

from guildhall.channels import actions as channels
from guildhall.channels.models import Space
from guildhall.channels.webchat import PLATFORM

ACTOR = "system:demo"
SPACES = (
    ("demo-en", "Demo: traders' lounge", "en"),
    ("demo-zh", "演示：交易者茶馆", "zh-hans"),
)


def furnish() -> int:
    """Make the demo spaces in an empty house; returns how many were made."""
    if Space.objects.exists():
        return 0
    for slug, name, language in SPACES:
        channels.create_space(platform=PLATFORM, slug=slug, name=name, language=language, by=ACTOR)
    return len(SPACES)
