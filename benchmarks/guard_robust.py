"""Does the guard hold under disguise and leave decoration in peace? On a file of labelled messages.

Trains on two thirds of the messages (near copies stay together; or takes `--model`), measures on the rest:
recall at the threshold that 1 % of the plain honest messages pass, before and after `guard_attack.obfuscate`,
for every method; and how many of up to 5,000 honest messages that the default policy lets through become
punished by it when decorated. `--out` keeps those, and the spam that got away. The attacker was written by
somebody who had not read how the guard undoes disguises.

.venv/bin/python -m benchmarks.guard_robust messages.jsonl --out offenders.jsonl
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from benchmarks.guard_attack import METHODS, obfuscate, suits
from benchmarks.guard_decoration import DECORATIONS, decorate
from guildhall.guard.commands.scoring import score
from guildhall.guard.commands.training import train
from guildhall.guard.model import textmodel
from guildhall.guard.model.clusters import clusters

Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("messages", type=Path)
    parser.add_argument("--model", type=Path, help="a trained model, of other messages than these")
    parser.add_argument("--strength", type=float, default=0.6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--honest", type=int, default=5000, help="how many honest messages are decorated")
    parser.add_argument("--out", type=Path, help="where to write the messages that went wrong")
    arguments = parser.parse_args()

    rows = [json.loads(line) for line in arguments.messages.read_text("utf-8").splitlines()]
    with tempfile.TemporaryDirectory() as folder:
        model = arguments.model
        held = rows
        if model is None:
            known, held = parted(rows)
            model = Path(folder) / "model"
            _train(known, model)
        print(f"{len(held)} messages not trained on; strength {arguments.strength}, seed {arguments.seed}")
        missed = list(disguises(held, model, arguments.strength, arguments.seed))
        wronged = list(decorations(held, model, arguments.honest, arguments.seed, Path(folder)))
    if arguments.out:
        with arguments.out.open("w", encoding="utf-8") as target:
            for offender in [*wronged, *missed]:
                target.write(json.dumps(offender, ensure_ascii=False) + "\n")


def parted(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """Two thirds to learn from and one third to measure on; a cluster of near copies goes to one side."""
    cluster = clusters([row["text"] for row in rows])
    known: list[Row] = []
    held: list[Row] = []
    for row, of in zip(rows, cluster, strict=True):
        side = hashlib.sha256(f"robust {of}".encode()).digest()[0] % 3
        (known if side else held).append(row)
    return known, held


def _train(rows: list[Row], model: Path) -> None:
    data = model.with_suffix(".jsonl")
    data.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    with contextlib.redirect_stdout(io.StringIO()):
        train(data, model)


def disguises(rows: list[Row], model: Path, strength: float, seed: int) -> Iterator[Row]:
    """Print recall before and after every disguise, by language; yield spam that only the disguise saved."""
    scorer = textmodel.load(model)
    for lang in ("en", "zh", "ru"):
        honest = [row["text"] for row in rows if row["lang"] == lang and not row["label"]]
        spam = [row["text"] for row in rows if row["lang"] == lang and row["label"]]
        if min(len(honest), len(spam)) < 20:
            continue
        threshold = float(np.quantile(scorer.probabilities(honest), 0.99, method="higher"))
        plain = np.asarray(scorer.probabilities(spam)) > threshold
        rng = Random(f"{seed} decorated {lang}")
        decorated = np.asarray(scorer.probabilities([decorate(text, rng) for text in honest])) > threshold
        print(f"\n{lang}: {len(spam)} spam, {len(honest)} honest; recall at 1 % {plain.mean():.3f}")
        print(f"  honest above that threshold when decorated: {100 * decorated.mean():.2f} %")
        for name in ("any method", *METHODS):
            rng = Random(f"{seed} {name} {lang}")
            at = [i for i, text in enumerate(spam) if name == "any method" or suits(name, text)]
            if len(at) < 20:
                continue
            method = METHODS.get(name, obfuscate)
            disguised = [method(spam[i], rng, strength) for i in at]
            caught = np.asarray(scorer.probabilities(disguised)) > threshold
            before, after = float(plain[at].mean()), float(caught.mean())
            lost = 100 * (before - after)
            print(f"  {name:22} n {len(at):5}  {before:.3f} -> {after:.3f}  lost {lost:6.1f} points")
            for i, text, kept in zip(at, disguised, caught, strict=True):
                if plain[i] and not kept:
                    yield {
                        "problem": "disguised",
                        "method": name,
                        "lang": lang,
                        "text": text,
                        "plain": spam[i],
                    }


def decorations(rows: list[Row], model: Path, most: int, seed: int, folder: Path) -> Iterator[Row]:
    """Print how many honest messages the default policy punishes only when decorated; yield them."""
    rng = Random(seed)
    honest = [row for row in rows if not row["label"]]
    rng.shuffle(honest)
    plain = _actions([row["text"] for row in honest], model, folder)
    punished = [row for row, (action, _) in zip(honest, plain, strict=True) if action in ("remove", "ban")]
    free = [row for row, (action, _) in zip(honest, plain, strict=True) if action not in ("remove", "ban")]
    once = free[:most]
    # Short of messages, the same one is decorated again in another way.
    again = [free[at % len(free)] for at in range(most)] if len(free) < most else once
    decorated = [decorate(row["text"], rng) for row in again]
    after = _actions(decorated, model, folder)
    wronged = [
        {
            "problem": "decorated",
            "lang": row["lang"],
            "source": row["source"],
            "text": text,
            "plain": row["text"],
            "reasons": reasons,
        }
        for row, text, (action, reasons) in zip(again, decorated, after, strict=True)
        if action in ("remove", "ban")
    ]
    print(f"\nhonest and plain: {len(punished)} of {len(honest)} punished by the default policy")
    print(
        f"honest, let through, then decorated: {len(wronged)} of {len(again)} punished "
        f"({len(once)} different messages)"
    )
    by_method: dict[str, int] = defaultdict(int)
    for name, decoration in DECORATIONS.items():
        sample = [decoration(row["text"], rng) for row in again[:1000]]
        by_method[name] = sum(action in ("remove", "ban") for action, _ in _actions(sample, model, folder))
    print(
        "of 1,000 with one decoration each: "
        + ", ".join(f"{name} {count}" for name, count in by_method.items())
    )
    yield from wronged
    yield from (
        {"problem": "plain", "lang": r["lang"], "source": r["source"], "text": r["text"]} for r in punished
    )


def _actions(texts: Sequence[str], model: Path, folder: Path) -> list[tuple[str, list[Any]]]:
    """What `guard score` says of each text by the default policy: the action, and why."""
    source, out = folder / "in.jsonl", folder / "out.jsonl"
    source.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    with contextlib.redirect_stdout(io.StringIO()):
        score(str(source), out, model, None, "")
    answers = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    return [(answer["action"], answer["reasons"]) for answer in answers]


if __name__ == "__main__":
    main()
