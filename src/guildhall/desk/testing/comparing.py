"""Runs random batches of tickets through the command `guildhall desk clocks` and through the second reading
of its rules, and says where the two differ.
"""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from guildhall.desk.testing.oracle import Oracle
from guildhall.desk.testing.timelines import a_batch


def disagreements(seed: int, tickets: int, folder: Path) -> list[str]:
    """What the command and the second reading say differently about batch `seed`, ready to be read."""
    from guildhall.cli.desk import desk_app

    policy, lines = a_batch(seed, tickets)
    policy_file, events, out = folder / "policy.json", folder / "events.jsonl", folder / "clocks.jsonl"
    policy_file.write_text(json.dumps(policy), encoding="utf-8")
    events.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    out.unlink(missing_ok=True)
    said = CliRunner().invoke(
        desk_app, ["clocks", "--policy", str(policy_file), "--events", str(events), "--out", str(out)]
    )
    if said.exit_code != 0:
        return [f"exit {said.exit_code}: {said.output.strip()} {said.exception!r}"]
    theirs = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    ours = Oracle(policy).rows(lines)
    found = [f"command {a}\n reading {b}" for a, b in zip(theirs, ours, strict=False) if a != b]
    if len(theirs) != len(ours):
        found.append(f"{len(theirs)} rows, the second reading has {len(ours)}")
    return found
