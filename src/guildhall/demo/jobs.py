"""What the demo gives to the registries below: the performer of its removal, and its line on every page."""

from __future__ import annotations

from guildhall.core.text import Text
from guildhall.demo import banner, sweeping
from guildhall.demo.actions import REMOVAL
from guildhall.effects import performers
from guildhall.effects.types import Claimed, Done
from guildhall.ui import banners


def register() -> None:
    """Called once, when Django starts."""
    performers.performer(REMOVAL, lease_s=60, describe=Text("Remove the demo", "移除演示数据"))(perform)
    banners.add("demo", banner.draw)


def perform(effect: Claimed) -> Done:
    """Remove the demo; done already when it is gone."""
    sweeping.sweep()
    return Done()
