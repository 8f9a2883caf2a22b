"""What the desk gives to the engine of effects, the ticker, the approvals and the people below: each part
registers its own.
"""

from __future__ import annotations

from guildhall.desk import (
    assign_jobs,
    clock_jobs,
    door_jobs,
    duty_links,
    escalation_jobs,
    figure_jobs,
    quality_jobs,
    ticket_jobs,
    vendor_jobs,
)


def register() -> None:
    """Called once, when Django starts."""
    ticket_jobs.register()
    escalation_jobs.register()
    clock_jobs.register()
    assign_jobs.register()
    duty_links.register()
    figure_jobs.register()
    quality_jobs.register()
    vendor_jobs.register()
    door_jobs.register()
