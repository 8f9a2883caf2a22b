"""How long the clocks of many tickets take from file to file, beside only parsing its JSON; and how long
the desk's figures of as many tickets take to read and reckon.

TICKETS: how many (default 100000), with ten events each.
"""

from __future__ import annotations

import json
import os
import random
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.machine import Figure, machine, report
from guildhall.desk.clocks.files import clocks_of_files
from guildhall.desk.figures import summary
from guildhall.desk.figures.columns import Columns

TICKETS = int(os.environ.get("TICKETS", "100000"))
DAYS, EVENTS = 90, 10
_DAYS = ("mon", "tue", "wed", "thu", "fri")
POLICY = {
    "calendars": {
        "split": {
            "tz": "Asia/Shanghai",
            "weekly": {day: [["09:00", "12:30"], ["13:30", "18:00"]] for day in _DAYS},
            "holidays": ["2026-10-01"],
        },
        "night": {"tz": "America/New_York", "weekly": {day: [["22:00", "06:00"]] for day in _DAYS}},
    },
    "targets": [
        {"metric": "first_response", "priority": "*", "seconds": 3_600, "calendar": "split"},
        {"metric": "next_response", "priority": "*", "seconds": 7_200, "calendar": "night"},
        {"metric": "resolution", "priority": "high", "seconds": 36_000, "calendar": "night"},
        {"metric": "resolution", "priority": "*", "seconds": 100_000, "calendar": "always"},
    ],
    "pause": {"resolution": ["pending"]},
}


def write_events(path: Path) -> None:
    """Random lives of tickets over 300 days, one ticket after another."""
    rng = random.Random(7)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    with path.open("w", encoding="utf-8") as file:
        for number in range(TICKETS):
            at = start + timedelta(seconds=rng.randrange(300 * 86_400))
            for turn in range(EVENTS):
                event: dict[str, str] = {"ticket": f"t{number}", "at": at.strftime("%Y-%m-%dT%H:%M:%SZ")}
                draw = rng.random()
                if turn == 0:
                    event |= {"type": "opened", "priority": rng.choice(("low", "normal", "high"))}
                elif draw < 0.7:
                    event["type"] = "customer_message" if draw < 0.35 else "agent_reply"
                elif draw < 0.9:
                    event |= {"type": "status", "to": rng.choice(("open", "pending", "solved", "closed"))}
                else:
                    event |= {"type": "priority", "to": rng.choice(("low", "high"))}
                file.write(json.dumps(event) + "\n")
                at += timedelta(seconds=rng.randrange(20_000))


def columns() -> list[bytes]:
    """As many tickets as days of figures hold them, packed."""
    rng = random.Random(8)
    packed = []
    for day in range(DAYS):
        one = Columns()
        for _ticket in range(TICKETS // DAYS):
            first, over = rng.randrange(20_000), rng.random() < 0.8
            words = {
                "language": rng.choice(("en", "zh-hans", "vi")),
                "category": rng.choice(("deposit", "withdrawal", "kyc", "fee", "other")),
                "agent": str(rng.randrange(200)),
                "priority": rng.choice(("low", "normal", "high")),
            }
            numbers = {
                "opened": 1_790_000_000 + day * 86_400 + rng.randrange(86_400),
                "closed": 1_790_000_000 + day * 86_400 + 90_000 if over else None,
                "reopened": 0, "replies": 2, "rating": rng.choice((None, 4, 5, 2)), "at_once": over or None,
                "first_counted": first, "first_passed": first * 2, "first_kept": first < 3_600,
                "resolution_counted": first * 3, "resolution_passed": first * 9, "resolution_kept": over,
            }  # fmt: skip
            one.add(words, numbers, [(rng.randrange(9_000), rng.randrange(20_000), True)])
        packed.append(one.pack())
    return packed


def cpu() -> float:
    """CPU seconds of this process so far."""
    return time.process_time()


def main() -> None:
    print(f"{machine()}, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        policy, events, out = folder / "policy.json", folder / "events.jsonl", folder / "clocks.jsonl"
        policy.write_text(json.dumps(POLICY), encoding="utf-8")
        write_events(events)
        began = cpu()
        with events.open("rb") as file:
            for line in file:
                json.loads(line)
        parsing = cpu() - began
        began = cpu()
        rows = clocks_of_files(policy, events, out)
        reckoning = cpu() - began
    packed = columns()
    began = cpu()
    every = Columns()
    for body in packed:
        every.extend(Columns.unpack(body))
    summary.overall(every)
    summary.by_word(every, "agent")
    figures = cpu() - began
    of = f"{TICKETS:,} tickets"
    report(
        Figure(
            "clocks",
            f"{of}, {EVENTS} events each, {rows:,} clocks, CPU",
            reckoning,
            "s",
            baseline="parsing the same lines as JSON",
            ratio=reckoning / parsing,
            ceiling=60 * TICKETS / 100_000,
        )
    )
    report(
        Figure(
            "clocks",
            f"figures of {of}, read and reckoned as a whole and by agent, CPU",
            figures,
            "s",
            ceiling=5 * TICKETS / 100_000,
        )
    )


if __name__ == "__main__":
    main()
