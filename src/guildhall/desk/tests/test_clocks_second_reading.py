"""The clocks' command says what an independent reading of its rules says."""

from __future__ import annotations

from pathlib import Path

from guildhall.desk.testing.comparing import disagreements
from guildhall.desk.testing.oracle import Oracle


def test_two_thousand_random_lives_have_the_clocks_the_second_reading_gives_them(tmp_path: Path) -> None:
    for seed in range(5000, 5040):
        assert disagreements(seed, 50, tmp_path) == []


def test_the_second_reading_knows_the_worked_case() -> None:
    week = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    policy = {
        "calendars": {"w": {"tz": "UTC", "weekly": week}},
        "targets": [{"metric": "first_response", "priority": "*", "seconds": 3600, "calendar": "w"}],
        "pause": {"resolution": ["pending"]},
    }
    opened = {"ticket": "a", "at": "2026-11-13T16:30:00Z", "type": "opened", "priority": "normal"}

    def first(*more: dict[str, str]) -> dict[str, object]:
        return Oracle(policy).rows([opened, *({"ticket": "a", **line} for line in more)])[0]

    assert first()["due_at"] == "2026-11-16T09:30:00Z"
    on_time = first({"at": "2026-11-16T09:30:00Z", "type": "agent_reply"})
    assert (on_time["state"], on_time["breached_at"]) == ("met", None)
    late = first({"at": "2026-11-16T09:30:01Z", "type": "agent_reply"})
    assert (late["state"], late["breached_at"]) == ("met", "2026-11-16T09:30:00Z")
