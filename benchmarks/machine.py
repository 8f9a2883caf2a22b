"""What a figure was measured on, and how figures are kept: printed, and as a JSON line each.

A benchmark measures CPU seconds where it can, because they do not depend on what else the machine was doing.
"""

from __future__ import annotations

import json
import math
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).resolve().parent.parent / "build" / "bench"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. `floor`, `ceiling`: what was promised; `ratio`: to the `baseline`."""

    bench: str
    what: str
    value: float
    unit: str
    database: str = ""
    source: str = ""
    baseline: str = ""
    ratio: float | None = None
    floor: float | None = None
    ceiling: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the promise was kept."""
        return (self.floor is None or self.value >= self.floor) and (
            self.ceiling is None or self.value <= self.ceiling
        )


def machine() -> str:
    """Processor, cores, memory, kernel and Python, in one line."""
    model = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.machine(),
    )
    kilobytes = next(
        (int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0
    )
    python = ".".join(map(str, sys.version_info[:3]))
    system = f"Linux {platform.release()}, Python {python}"
    return f"{model}, {os.cpu_count()} cores, {kilobytes / 2**20:.0f} GiB, {system}"


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def report(figure: Figure) -> Figure:
    """Print a figure and keep it."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    kept = {**asdict(figure), "at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine()}
    with (RESULTS / "figures.jsonl").open("a") as file:
        file.write(json.dumps(kept, ensure_ascii=False) + "\n")
    promise = ""
    if figure.floor is not None or figure.ceiling is not None:
        limit = f">= {figure.floor:g}" if figure.floor is not None else f"<= {figure.ceiling:g}"
        promise = f"  [{limit}: {'ok' if figure.holds else 'MISSED'}]"
    ratio = f"  ({figure.ratio:.2f} x {figure.baseline})" if figure.ratio is not None else ""
    where = f" on {figure.database}" if figure.database else ""
    print(
        f"{figure.bench}: {figure.what}{where}: {figure.value:,.4g} {figure.unit}{ratio}{promise}", flush=True
    )
    return figure


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]
