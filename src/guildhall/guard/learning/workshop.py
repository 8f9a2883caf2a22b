"""The process a model is trained in: its own, with bounded time and memory, so that a training that goes
wrong takes nothing with it.

`make` starts it and waits; `python -m guildhall.guard.learning.workshop` is its inside. Rows go in through a
pipe and the model comes out through one: no member's words are written to a disk.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from guildhall.core.errors import Permanent
from guildhall.core.text import Text

LONGEST_S = 600
_MEMORY = 3 << 30
_LARGEST = 32 << 20


@dataclass(frozen=True, slots=True)
class Lesson:
    """One row as the workshop gets it. `label` 1 is a scam or spam; `weight` is at most 1."""

    text: str
    label: int
    language: str
    weight: float


@dataclass(frozen=True, slots=True)
class Made:
    """A trained model and what it cost, in CPU-seconds."""

    blob: bytes
    cpu_seconds: float


def make(lessons: Sequence[Lesson], *, seed: int = 1, longest_s: int = LONGEST_S) -> Made:
    """Adapt the shipped model to the lessons in a process of its own. Raises Permanent when that process
    fails or takes too long; nothing has changed then.
    """
    header = orjson.dumps({"seed": seed, "longest_s": longest_s})
    rows = [
        orjson.dumps([one.text, one.label, one.language, one.weight], option=orjson.OPT_PASSTHROUGH_DATETIME)
        for one in lessons
    ]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "guildhall.guard.learning.workshop"],
            input=b"\n".join([header, *rows]),
            capture_output=True,
            timeout=longest_s,
            check=False,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
    except subprocess.TimeoutExpired as error:
        raise Permanent(
            Text(
                f"The training took longer than {longest_s} s and was stopped; nothing has changed.",
                f"训练超过 {longest_s} 秒，已中止，未做任何更改。",
            )
        ) from error
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode or not done.stdout or len(done.stdout) > _LARGEST:
        said = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2][:300]
        raise Permanent(
            Text(
                f"The training failed ({done.returncode}): {said}. Nothing has changed.",
                f"训练失败（{done.returncode}）：{said}。未做任何更改。",
            )
        )
    spent = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
    return Made(done.stdout, round(spent, 2))


def main() -> None:
    """Read lessons from stdin, write the model to stdout."""
    started = time.monotonic()
    header, *lines = sys.stdin.buffer.read().split(b"\n")
    settings = orjson.loads(header)
    longest = int(settings["longest_s"])
    resource.setrlimit(resource.RLIMIT_CPU, (longest, longest + 5))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    os.nice(5)
    from guildhall.guard.model import learning, textmodel
    from guildhall.guard.model.rows import Row

    rows = []
    for line in lines:
        text, label, language, weight = orjson.loads(line)
        rows.append(Row(text, int(label), lang=language, source="community", weight=float(weight)))
    blob = learning.adapt(textmodel.shipped(), rows, seed=int(settings["seed"]))
    sys.stdout.buffer.write(blob)
    sys.stderr.write(f"{len(rows)} rows, {time.monotonic() - started:.1f} s\n")


if __name__ == "__main__":
    main()
