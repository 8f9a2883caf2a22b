"""How fast the whole judgement is, on a file of messages given by its path, and how it bears strange ones.

Runs what `guildhall guard score` runs: canonical text, links, every rule family, the text model, the default
policy. Speeds are messages per CPU second of one core. The baseline does what any word-counting filter must
do at least with the same rows (JSON, NFKC, lower case, words, one dictionary look-up each), measured beside
it, because CPU seconds grow when others share the machine. Then single messages made to be slow.

.venv/bin/python benchmarks/guard_score.py messages.jsonl [--model MODEL]
"""

from __future__ import annotations

import argparse
import io
import json
import re
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path

from benchmarks.machine import Figure, machine, report
from guildhall.guard.commands import scoring
from guildhall.guard.model import textmodel
from guildhall.guard.policy import shipped

FLOOR = 5_000
CEILING_MS = 5.0
WORST_MS = 200.0
ROUNDS = 3
_WORD = re.compile(r"\w+")

STRANGE: dict[str, str] = {
    "a megabyte of one letter": "a" * 1_000_000,
    "a megabyte of words": "claim your free airdrop now " * 37_000,
    "a megabyte without blanks": "claimyourfreeairdropnow" * 43_000,
    "a megabyte of Chinese": "把你的助记词发给我们的客服" * 77_000,
    "a megabyte of combining marks": "e\u0301\u0336\u0489" * 250_000,
    "a megabyte of overrides": "\u202eabc def\u202c" * 110_000,
    "a megabyte of look-alikes": "сlаim yоur аirdrор " * 53_000,
    "a megabyte of spaced letters": "s e e d " * 125_000,
    "ten thousand links": "https://claim-your-drop.top/x " * 10_000,
    "ten thousand bare domains": "claim.drop.top " * 10_000,
    "half a million dots": "a." * 500_000,
    "brackets and at signs": "[@(" * 300_000,
    "an expression's bad day": "earn " + "9" * 5_000 + " per " + "invest " * 2_000 + "$1 " * 3_000,
    "secret words without end": "send your seed phrase " * 45_000,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("path", type=Path, help="messages, one JSON object with `text` a line")
    parser.add_argument("--model", type=Path, help="a text model; the shipped one if none")
    given = parser.parse_args()
    model = textmodel.load(given.model) if given.model else textmodel.shipped()
    lines = given.path.read_bytes()
    count = lines.count(b"\n")
    print(f"{machine()}\n{count} messages of {given.path.name}, model {model.version}, default policy")

    def whole() -> dict[str, float]:
        return scoring.run(io.BytesIO(lines), io.BytesIO(), scoring.Whole(model, shipped()))

    def alone() -> dict[str, float]:
        return scoring.run(io.BytesIO(lines), io.BytesIO(), scoring.OnlyText(model))

    _best(whole)
    baseline = count / min(_cpu(lambda: _words(lines)) for _ in range(ROUNDS))
    best = _best(whole)
    ratio = best["per_cpu_second"] / baseline
    report(Figure("guard_score", "words counted, nothing judged", baseline, "messages/CPU-s"))
    report(
        Figure(
            "guard_score", "whole pipeline", best["per_cpu_second"], "messages/CPU-s",
            baseline="words counted", ratio=ratio, floor=FLOOR,
        )
    )  # fmt: skip
    report(Figure("guard_score", "whole pipeline, p50", best["p50_ms"], "ms CPU"))
    report(Figure("guard_score", "whole pipeline, p99", best["p99_ms"], "ms CPU", ceiling=CEILING_MS))
    report(Figure("guard_score", "text model alone", _best(alone)["per_cpu_second"], "messages/CPU-s"))
    judging = scoring.Whole(model, shipped())
    for name, text in STRANGE.items():
        judging.prepare([])
        spent = min(_cpu(lambda text=text: judging.judge({"text": text + " "})) for _ in range(2))  # type: ignore[misc]
        report(Figure("guard_score", name, spent * 1000, "ms CPU", ceiling=WORST_MS))


def _best(run: Callable[[], dict[str, float]]) -> dict[str, float]:
    return max((run() for _ in range(ROUNDS)), key=lambda found: found["per_cpu_second"])


def _cpu(run: Callable[[], object]) -> float:
    began = time.process_time()
    run()
    return time.process_time() - began


def _words(lines: bytes) -> int:
    seen: dict[str, int] = {}
    for line in lines.splitlines():
        text = unicodedata.normalize("NFKC", json.loads(line)["text"]).lower()
        for word in _WORD.findall(text):
            seen[word] = seen.get(word, 0) + 1
    return len(seen)


if __name__ == "__main__":
    main()
