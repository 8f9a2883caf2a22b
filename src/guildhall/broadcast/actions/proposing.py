"""What the second pair of eyes is shown, and approves: the whole content, whom it reaches, when.

The hash of it is what an approval holds for; nothing that decides what is sent may be missing here.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from guildhall.broadcast import targets
from guildhall.broadcast.audience import MEMBERS, Audience, parse_audience
from guildhall.broadcast.models import Broadcast, Run, Version
from guildhall.core import clock
from guildhall.core.settings import settings
from guildhall.core.text import Text

if TYPE_CHECKING:
    from guildhall.broadcast.actions.writing import Written

APPROVAL = "broadcast.send"
LATELY = timedelta(hours=24)
GROWTH = 2
"""An approved audience may have grown by this factor until it is sent; beyond it somebody approves again."""


def needs_eyes(audience: Audience, places: int) -> bool:
    """Whether somebody else must approve: more places than the setting says, or people's private talks."""
    return audience.to == MEMBERS or places > settings.broadcast_four_eyes


def said_lately(written: Written, beside: str) -> int:
    """How many places got or will get the same words by other broadcasts of these hours that nobody approved.

    Cut into pieces, a large one is still a large one: each piece counts together with those before it.
    """
    texts, since = written.content.to_json()["texts"], clock.now() - LATELY

    def same(version: Version) -> bool:
        return version.approved_targets is None and version.content["texts"] == texts

    places = 0
    for run in Run.objects.filter(due_at__gte=since).exclude(broadcast=beside).select_related("version"):
        if same(run.version):
            laid = run.state != Run.State.PLANNED
            places += run.targets if laid else len(targets.find(parse_audience(run.version.audience)))
    armed = Broadcast.objects.filter(state=Broadcast.State.ARMED, changed_at__gte=since).exclude(pk=beside)
    for one in armed:
        version = Version.objects.get(broadcast=one, number=one.version)
        if same(version):
            places += len(targets.find(parse_audience(version.audience)))
    return places


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
