"""What the guard's rules cost and catch, on a file of labelled messages given by its path.

Each line of the file is {"text", "label": 1 = spam or scam, "lang", "source"}. The default policy judges
every message twice: as from an established member and as from a newcomer. Prints CPU per message, and per
language and source precision, recall and false-positive rate at the removal and the review threshold. The
rules were written by people who had seen such files, so these are not figures of an untouched test set.

.venv/bin/python benchmarks/guard_rules.py messages.jsonl
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from guildhall.guard.judge import judge
from guildhall.guard.policy import shipped
from guildhall.guard.rules import names
from guildhall.guard.types import (
    SEVERITY,
    Context,
    Copies,
    Link,
    Lists,
    Measure,
    SenderHistory,
    Subject,
    Verdict,
)

BUDGET_US = 120
"""CPU microseconds a typical message may take (all of intake has 333 at 3,000 messages a CPU-second)."""

NOW = datetime(2026, 11, 23, tzinfo=UTC)
SENDERS = {
    "established member": SenderHistory(NOW - timedelta(days=90), NOW - timedelta(days=90), 100),
    "newcomer": SenderHistory(),
}


class Counts:
    """Messages of one group by label and by what the rules called for."""

    def __init__(self) -> None:
        self.total = {0: 0, 1: 0}
        self.hit = {"review": {0: 0, 1: 0}, "removal": {0: 0, 1: 0}}

    def add(self, label: int, verdict: Verdict) -> None:
        self.total[label] += 1
        if verdict.action is not Measure.ALLOW:
            self.hit["review"][label] += 1
        if SEVERITY[verdict.action] >= SEVERITY[Measure.DELETE]:
            self.hit["removal"][label] += 1

    def line(self, threshold: str) -> str:
        good, bad = self.hit[threshold][1], self.hit[threshold][0]
        precision = f"{good / (good + bad):.3f}" if good + bad else "    -"
        recall = f"{good / self.total[1]:.3f}" if self.total[1] else "    -"
        wrong = f"{bad / self.total[0]:.4f}" if self.total[0] else "     -"
        return f"{precision:>9} {recall:>7} {wrong:>8}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("path", type=Path, help="labelled messages, one JSON object a line")
    rows = [json.loads(line) for line in parser.parse_args().path.read_text(encoding="utf-8").splitlines()]
    lists = Lists(names=names.index(names.shipped_brands()))
    policy = shipped()
    subjects = [Subject(row["text"], links_of(row["text"])) for row in rows]
    machine = f"{platform.machine()}, Python {platform.python_version()}"
    print(f"{machine}, {len(rows)} messages, policy default (shipped)")
    for who, sender in SENDERS.items():
        context = Context(NOW, sender, Copies(), lists)
        for subject in subjects[:2000]:
            judge(subject, context, policy)
        began = time.process_time()
        verdicts = [judge(subject, context, policy) for subject in subjects]
        each = (time.process_time() - began) / len(rows) * 1e6
        print(f"\n{who}: {each:.1f} CPU us a message, {each / BUDGET_US:.2f} of the budget,", end=" ")
        print(f"{1e6 / each:,.0f} a CPU-second")
        report(rows, verdicts)


def report(rows: list[dict[str, object]], verdicts: list[Verdict]) -> None:
    groups: dict[tuple[str, str], Counts] = defaultdict(Counts)
    for row, verdict in zip(rows, verdicts, strict=True):
        label = int(str(row["label"]))
        groups[str(row["lang"]), "all sources"].add(label, verdict)
        groups[str(row["lang"]), str(row["source"])].add(label, verdict)
    head = "precision  recall      FPR"
    print(f"{'':34} {'fine':>6} {'spam':>6} | removal {head} | review {head}")
    for (language, source), counts in sorted(groups.items()):
        print(f"{language:3} {source:30} {counts.total[0]:6} {counts.total[1]:6}", end=" | ")
        print(f"       {counts.line('removal')} |        {counts.line('review')}")


def links_of(text: str) -> tuple[Link, ...]:
    """Links with a scheme, as every platform marks them; the judge finds bare domains itself."""
    out = []
    for scheme in ("https://", "http://"):
        start = text.find(scheme)
        while start >= 0:
            end = start
            while end < len(text) and not text[end].isspace():
                end += 1
            out.append(Link(text[start:end], text[start:end], "url", start, end))
            start = text.find(scheme, end)
    return tuple(out)


if __name__ == "__main__":
    main()
