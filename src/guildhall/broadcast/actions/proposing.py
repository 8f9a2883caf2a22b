"""What the second pair of eyes is shown, and approves: the whole content, whom it reaches, when.

The hash of it is what an approval holds for; nothing that decides what is sent may be missing here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guildhall.broadcast import targets
from guildhall.broadcast.audience import MEMBERS, Audience
from guildhall.broadcast.models import Broadcast, Version
from guildhall.core.settings import settings
from guildhall.core.text import Text

if TYPE_CHECKING:
    from guildhall.broadcast.actions.writing import Written

APPROVAL = "broadcast.send"
GROWTH = 2
"""An approved audience may have grown by this factor until it is sent; beyond it somebody approves again."""


def needs_eyes(audience: Audience, places: int) -> bool:
    """Whether somebody else must approve: more places than the setting says, or people's private talks."""
    return audience.to == MEMBERS or places > settings.broadcast_four_eyes


def payload(one: Broadcast, version: Version, written: Written) -> dict[str, Any]:
    """What is proposed. Counts the audience."""
    found = targets.find(written.audience)
    return {
        "broadcast": one.id,
        "name": one.name,
        "version": version.number,
        **written.columns(),
        "places": len(found),
        "platforms": sorted({target.platform for target in found}),
    }


def describe(said: dict[str, Any]) -> Text:
    """A proposal in one sentence."""
    name, places = said.get("name", ""), said.get("places", 0)
    return Text(f"Say “{name}” in {places} places", f"群发“{name}”至 {places} 处")
