"""How good is the text model on messages it has not seen? By cross-validation on labelled messages.

Near copies never stand on both sides and count once when measured. `folds`: trained on four fifths, measured
on the last. `unseen`: trained without one source, measured on it. `fifty`: the same after 50 labels of that
source. `speed`: one message at a time. Our own rows are always part of the training, as in `guard train`.

.venv/bin/python -m benchmarks.guard_text messages.jsonl [--only folds,unseen,fifty,speed]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from guildhall.guard.canonical import canonical
from guildhall.guard.commands.training import text_rows
from guildhall.guard.model import Row, TextModel, load, train
from guildhall.guard.model.calibration import auc, recall_at
from guildhall.guard.model.clusters import clusters
from guildhall.guard.model.own import own_rows

FOLDS = 5
LABELS = 50
UNSEEN = ("janitr-crypto-x", "sms-spam-collection", "tgspam-telegram", "trec06c-like-bbs-mail")


class Rows:
    """The file's rows with clusters, folds and the one row of each cluster that is measured."""

    def __init__(self, path: Path, seed: int = 11) -> None:
        self.rows = text_rows(path).rows
        self.labels = np.array([row.label for row in self.rows])
        self.sources = np.array([row.source for row in self.rows])
        self.languages = np.array([row.lang for row in self.rows])
        self.clusters = clusters([canonical(row.text).text for row in self.rows])
        rng = np.random.default_rng(seed)
        self.folds = rng.permutation(len(self.rows))[self.clusters] % FOLDS
        self.measured = np.zeros(len(self.rows), np.bool_)
        order = rng.permutation(len(self.rows))
        self.measured[order[np.unique(self.clusters[order], return_index=True)[1]]] = True

    def groups(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        for lang in ("en", "zh", "ru"):
            yield f"lang {lang}", self.languages == lang
        for source in UNSEEN:
            yield source, self.sources == source


def trained(rows: Sequence[Row]) -> TextModel:
    """Two folds of its own are enough here: only the order of scores is measured."""
    return load(train([*rows, *own_rows()], folds=2))


def scored(model: TextModel, rows: Sequence[Row]) -> NDArray[np.float64]:
    return np.array([model.margin(canonical(row.text).text) for row in rows])


def folds(data: Rows) -> None:
    margins = np.zeros(len(data.rows))
    for fold in range(FOLDS):
        inside = data.folds == fold
        model = trained([row for row, out in zip(data.rows, inside, strict=True) if not out])
        margins[inside] = scored(model, [row for row, out in zip(data.rows, inside, strict=True) if out])
        print(f"fold {fold} done, {time.process_time():.0f} CPU seconds", flush=True)
    for name, mine in data.groups():
        mine = mine & data.measured
        each = [
            recall_at(margins[mine & (data.folds == k)], data.labels[mine & (data.folds == k)], 0.01)
            for k in range(FOLDS)
        ]
        print(
            f"{name:24} recall at 1 %: {recall_at(margins[mine], data.labels[mine], 0.01):.3f} "
            f"(folds {np.nanmean(each):.3f} ± {np.nanstd(each):.3f}), at 0.1 %: "
            f"{recall_at(margins[mine], data.labels[mine], 0.001):.3f}, "
            f"AUC {auc(margins[mine], data.labels[mine]):.4f}",
            flush=True,
        )


def unseen(data: Rows) -> None:
    for source in UNSEEN:
        theirs = data.sources == source
        model = trained([row for row, out in zip(data.rows, theirs, strict=True) if not out])
        mine = theirs & data.measured
        margins = scored(model, [row for row, take in zip(data.rows, mine, strict=True) if take])
        print(
            f"without {source:24} AUC {auc(margins, data.labels[mine]):.3f}, recall at 1 %: "
            f"{recall_at(margins, data.labels[mine], 0.01):.3f}",
            flush=True,
        )


def fifty(data: Rows, source: str = UNSEEN[0], times: int = 3) -> None:
    theirs = data.sources == source
    found = []
    for draw in range(times):
        mine = np.flatnonzero(theirs & data.measured)
        picked = np.random.default_rng(draw).choice(mine, LABELS, replace=False)
        known = ~theirs
        known[picked] = True
        model = trained([row for row, take in zip(data.rows, known, strict=True) if take])
        rest = mine[~np.isin(data.clusters[mine], data.clusters[picked])]
        margins = scored(model, [data.rows[i] for i in rest])
        found.append((recall_at(margins, data.labels[rest], 0.01), auc(margins, data.labels[rest])))
        print(f"{LABELS} labels of {source}, draw {draw}: recall at 1 % {found[-1][0]:.3f}", flush=True)
    recalls = [recall for recall, _ in found]
    print(
        f"{LABELS} labels of {source}: recall at 1 % {np.mean(recalls):.3f} ± {np.std(recalls):.3f}, "
        f"AUC {np.mean([area for _, area in found]):.3f}"
    )


def speed(data: Rows) -> None:
    began = time.process_time()
    model = load(train([*data.rows, *own_rows()]))
    print(f"training on everything: {time.process_time() - began:.0f} CPU seconds")
    texts = [canonical(row.text) for row in data.rows]
    model.probability(texts[0])
    each = []
    for canon in texts:
        began = time.perf_counter()
        model.opinion(canon)
        each.append(time.perf_counter() - began)
    began = time.process_time()
    for canon in texts:
        model.probability(canon)
    mean = (time.process_time() - began) / len(texts)
    print(
        f"one at a time: {mean * 1e6:.0f} CPU µs a message; opinion with spans p50 "
        f"{np.quantile(each, 0.5) * 1e6:.0f}, p99 {np.quantile(each, 0.99) * 1e6:.0f} µs of wall clock"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("messages", type=Path)
    parser.add_argument("--only", default="speed,folds,unseen,fifty")
    given = parser.parse_args()
    data = Rows(given.messages)
    measures = {"folds": folds, "unseen": unseen, "fifty": fifty, "speed": speed}
    for name in given.only.split(","):
        measures[name](data)


if __name__ == "__main__":
    main()
