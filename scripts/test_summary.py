"""Adds up the JUnit files that the stages of a test run left, names what failed and what was skipped and why.

The last line has the form `N passed, N failed, N skipped`, for people and machines alike.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path


def summarise(folder: Path) -> tuple[Counter[str], list[str], Counter[str]]:
    """Counts by outcome, the names of failed tests, and the skip reasons with how often each was given."""
    counts: Counter[str] = Counter()
    failures: list[str] = []
    reasons: Counter[str] = Counter()
    for report in sorted(folder.glob("*.xml")):
        for case in ElementTree.parse(report).getroot().iter("testcase"):  # noqa: S314 - pytest wrote it just now
            skipped = case.find("skipped")
            if case.find("failure") is not None or case.find("error") is not None:
                counts["failed"] += 1
                failures.append(f"{report.stem}: {case.get('classname')}::{case.get('name')}")
            elif skipped is not None:
                counts["skipped"] += 1
                reasons[f"{report.stem}: {skipped.get('message', '')}"] += 1
            else:
                counts["passed"] += 1
    return counts, failures, reasons


def main(folder: str, seconds: str) -> None:
    counts, failures, reasons = summarise(Path(folder))
    for name in failures:
        print(f"failed:  {name}")
    for reason, times in reasons.most_common():
        print(f"skipped: {times} x {reason}")
    print(f"total time {int(seconds) // 60} min {int(seconds) % 60} s")
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")


if __name__ == "__main__":
    main(*sys.argv[1:3])
