"""How well the domain model tells names registered to deceive from honest ones; no lists are consulted.

    python -m benchmarks.guard_domains MALICIOUS.jsonl BENIGN.jsonl [--until 2025-07]

Rows: {"domain", "first_seen"?, "source"?}. Prints one JSON object. `later`: a model trained on everything
first seen before --until, three quarters of the honest names and our own rows, tested on what came after and
on the quarter of honest names it had not seen, in turn. `shipped`: the model that comes with the house on
rows it was not trained on, and its speed.
"""

from __future__ import annotations

import argparse
import json
import re
import time
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import machine
from guildhall.guard import domain_model
from guildhall.guard.domain_model import features
from guildhall.guard.domain_model.own.generate import own_rows

_FOLDS = 4
_TRADE = "eth-phishing"
Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("malicious", type=Path)
    parser.add_argument("benign", type=Path)
    parser.add_argument("--until", default="2025-07")
    asked = parser.parse_args()
    bad, good = _read(asked.malicious), _read(asked.benign)
    result = {
        "machine": machine(),
        "later": later(bad, good, asked.until),
        "shipped": shipped(bad, good),
    }
    print(json.dumps(result, indent=1, ensure_ascii=False))


def later(bad: Sequence[Row], good: Sequence[Row], until: str) -> dict[str, Any]:
    """Trained before, tested after; honest names in turn."""
    early = [row for row in bad if (row.get("first_seen") or "") < until]
    late = [row for row in bad if (row.get("first_seen") or "") >= until]
    families = {_family(row["domain"]) for row in early}
    new = np.array([_family(row["domain"]) not in families for row in late])
    fold = np.array([zlib.crc32(features.name_of(row["domain"]).label.encode()) % _FOLDS for row in good])
    honest = np.zeros(len(good))
    scores = []
    for number in range(_FOLDS):
        rows = [{**row, "label": 1} for row in early]
        rows += [{**row, "label": 0} for row, f in zip(good, fold, strict=True) if f != number]
        model = domain_model.load(domain_model.train_domains(rows))
        held = fold == number
        honest[held] = model.scores([row["domain"] for row, h in zip(good, held, strict=True) if h])
        scores.append(np.array(model.scores([row["domain"] for row in late])))
    return {
        "trained_on": {"malicious": len(early), "benign": f"3/4 of {len(good)}"},
        "tested_on": {"malicious": len(late), "of_families_never_seen": int(new.sum())},
        **_figures(honest, good, scores, new),
    }


def shipped(bad: Sequence[Row], good: Sequence[Row]) -> dict[str, Any]:
    """The shipped model on rows of sources it never saw."""
    model = domain_model.shipped()
    trained = {row["domain"] for row in bad if row.get("source") == "polkadot-js"}
    own = {row.domain for row in own_rows()}
    late = [row for row in bad if row["domain"] not in trained and (row.get("first_seen") or "") >= "2025"]
    unseen = [row for row in good if row["domain"] not in own]
    began = time.process_time()
    honest = np.array(model.scores([row["domain"] for row in unseen]))
    scores = np.array(model.scores([row["domain"] for row in late]))
    spent = time.process_time() - began
    return {
        "version": model.version,
        "tested_on": {"malicious_since_2025": len(late), "benign_not_in_our_list": len(unseen)},
        **_figures(honest, unseen, [scores], np.ones(len(late), dtype=bool)),
        "names_per_cpu_second": round((len(unseen) + len(late)) / spent),
    }


def _figures(honest: Any, good: Sequence[Row], scores: Sequence[Any], new: Any) -> dict[str, Any]:
    sources = np.array([row.get("source") or "" for row in good])
    trade = np.char.startswith(sources, _TRADE)
    out: dict[str, Any] = {}
    for name, line in (
        ("at_1_percent", _line(honest, 0.01)),
        ("at_0.2_percent", _line(honest, 0.002)),
        ("at_its_own_line", 0.5),
    ):
        out[name] = {
            "score": round(float(line), 4),
            "recall": _mean([np.mean(s > line) for s in scores]),
            "recall_new_families": _mean([np.mean(s[new] > line) for s in scores]),
            "false_positives": {
                source: _mean([np.mean(honest[sources == source] > line)]) for source in sorted(set(sources))
            },
            "false_positives_all": _mean([np.mean(honest > line)]),
            "false_positives_trade": _mean([np.mean(honest[trade] > line)]),
        }
    return out


def _line(honest: Any, share: float) -> float:
    return float(np.sort(honest)[::-1][int(share * len(honest))])


def _mean(values: Sequence[Any]) -> float:
    return round(float(np.mean(values)), 4)


def _family(domain: str) -> str:
    label = features.name_of(domain).label
    return max(re.findall("[a-z]{4,}", label), key=len, default=label)[:8]


def _read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


if __name__ == "__main__":
    main()
