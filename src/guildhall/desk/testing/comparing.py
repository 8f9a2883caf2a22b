"""Runs random batches of tickets through what `guildhall desk clocks` does and through the second reading
of its rules, and says where the two differ.
"""

from __future__ import annotations

import json
from pathlib import Path

from guildhall.core.errors import BadInput
from guildhall.desk.clocks.files import clocks_of_files
from guildhall.desk.testing.oracle import Oracle
from guildhall.desk.testing.timelines import a_batch


def disagreements(seed: int, tickets: int, folder: Path) -> list[str]:
    """What the command and the second reading say differently about batch `seed`, ready to be read."""
    policy, lines = a_batch(seed, tickets)
    policy_file, events, out = folder / "policy.json", folder / "events.jsonl", folder / "clocks.jsonl"
    policy_file.write_text(json.dumps(policy), encoding="utf-8")
    events.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    out.unlink(missing_ok=True)
    try:
        clocks_of_files(policy_file, events, out)
    except BadInput as error:
        return [f"refused: {error}"]
    theirs = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    ours = Oracle(policy).rows(lines)
    found = [f"command {a}\n reading {b}" for a, b in zip(theirs, ours, strict=False) if a != b]
    if len(theirs) != len(ours):
        found.append(f"{len(theirs)} rows, the second reading has {len(ours)}")
    return found
