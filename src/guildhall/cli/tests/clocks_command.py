"""What `guildhall desk clocks` says of small cases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from guildhall.cli.app import words
from guildhall.cli.desk import desk_app
from guildhall.core.errors import GuildhallError


class Desk:
    """The command, on files in one folder."""

    def __init__(self, folder: Path) -> None:
        self.policy, self.events = folder / "policy.json", folder / "events.jsonl"
        self.out = folder / "clocks.jsonl"

    def run(self, terms: object, lines: list[dict[str, Any]] | str | bytes) -> tuple[int, str]:
        """Exit status and what was said on standard error."""
        body = lines if isinstance(lines, str | bytes) else "".join(f"{json.dumps(one)}\n" for one in lines)
        self.policy.write_text(terms if isinstance(terms, str) else json.dumps(terms), encoding="utf-8")
        self.events.write_bytes(body.encode() if isinstance(body, str) else body)
        return command(self.policy, self.events, self.out)

    def rows(self, terms: object, lines: list[dict[str, Any]] | str | bytes) -> list[dict[str, Any]]:
        """The rows written."""
        status, said = self.run(terms, lines)
        assert status == 0, said
        return [json.loads(one) for one in self.out.read_text(encoding="utf-8").splitlines()]

    def clock(
        self, terms: object, *lines: dict[str, Any], metric: str = "resolution", instance: int = 1
    ) -> Any:
        """The row of one clock of a single ticket."""
        found = [r for r in self.rows(terms, [*lines]) if (r["metric"], r["instance"]) == (metric, instance)]
        assert len(found) == 1
        return found[0]

    def refusal(self, terms: object, lines: list[dict[str, Any]] | str | bytes) -> str:
        """What was said of a file that is refused: one line, status 1, nothing written."""
        self.out.unlink(missing_ok=True)
        status, said = self.run(terms, lines)
        assert (status, self.out.exists()) == (1, False)
        assert said.endswith("\n")
        assert said.count("\n") == 1
        assert not list(self.out.parent.glob(f".{self.out.name}*"))
        return said


def command(policy_file: Path, events: Path, out: Path) -> tuple[int, str]:
    """`guildhall desk clocks` within this process: exit status and standard error."""
    args = ["clocks", "--policy", str(policy_file), "--events", str(events), "--out", str(out)]
    done = CliRunner().invoke(desk_app, args)
    if isinstance(done.exception, GuildhallError):
        return 1, f"guildhall: {words(done.exception.message)}\n"
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stderr
