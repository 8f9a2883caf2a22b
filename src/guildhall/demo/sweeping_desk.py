"""Takes the demo's desk away: what hangs on its staff, its vendor and its teams. Its tickets go with the
spaces they were asked in. Each part may be done twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from guildhall.demo import desk
from guildhall.desk.figures import collecting
from guildhall.desk.models import ExchangeTeam, Vendor
from guildhall.people.models import Team

Sweep = Callable[[type[Any], Sequence[Any]], None]
_TEAMS = (desk.TEAM, desk.VENDOR_TEAM, *(f"demo-{slug}" for slug in desk.SPECIALISTS))


def forget(sweep_below: Sweep) -> None:
    """Everything of it but the tickets. `sweep_below` removes rows of a model with whatever hangs on them."""
    sweep_below(ExchangeTeam, [f"demo-{slug}" for slug in desk.SPECIALISTS])
    sweep_below(Vendor, list(Vendor.objects.filter(team__slug__in=_TEAMS).values_list("pk", flat=True)))
    sweep_below(Team, list(Team.objects.filter(slug__in=_TEAMS).values_list("pk", flat=True)))
    collecting.forget()
