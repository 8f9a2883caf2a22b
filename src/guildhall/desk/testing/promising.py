"""SLA policies for tests: put in force without the pages that write them."""

from __future__ import annotations

from typing import Any

from guildhall.core.text import Text
from guildhall.desk import policies
from guildhall.desk.models import PolicyVersion, SlaPolicy
from guildhall.guard import freshness

BY = "system:test"


def content(**seconds: int) -> dict[str, Any]:
    """Round-the-clock targets by metric, in seconds, for every priority; resolution rests while we wait for
    the asker.
    """
    targets = [
        {"metric": metric, "priority": "*", "seconds": wanted, "calendar": "always"}
        for metric, wanted in seconds.items()
    ]
    return {
        "calendars": {},
        "targets": targets,
        "pause": {"resolution": ["pending"]},
        "warn": [],
        "chain": "",
    }


def promise(
    wanted: dict[str, Any], *, order: int = 100, match: dict[str, list[str]] | None = None, name: str = "All"
) -> PolicyVersion:
    """A policy with one version in force."""
    policy = SlaPolicy.objects.create(
        name=Text(name, name).to_json(), order=order, match=match or {}, created_by=BY
    )
    return change(policy, wanted)


def change(policy: SlaPolicy, wanted: dict[str, Any]) -> PolicyVersion:
    """Another version of a policy in force, the one before superseded."""
    before = policy.versions.filter(state=PolicyVersion.State.IN_FORCE)
    before.update(state=PolicyVersion.State.SUPERSEDED)
    version = PolicyVersion.objects.create(
        policy=policy,
        version=policy.versions.count() + 1,
        content=wanted,
        state=PolicyVersion.State.IN_FORCE,
        created_by=BY,
    )
    freshness.touch(policies.STAMP)
    return version
