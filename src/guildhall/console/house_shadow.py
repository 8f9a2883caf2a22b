"""What a trial of a policy found, as people read it: what would have changed, with examples, and how right
it would have been.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from guildhall.channels.models import Message
from guildhall.guard import shadow
from guildhall.guard.models import ShadowRun
from guildhall.guard.types import SEVERITY, Measure
from guildhall.people.models import Staff

MEASURES: dict[str, str | Promise] = {
    Measure.ALLOW: gettext_lazy("allowed"),
    Measure.REVIEW: gettext_lazy("to review"),
    Measure.DELETE: gettext_lazy("removed"),
    Measure.WARN: gettext_lazy("warned"),
    Measure.RESTRICT: gettext_lazy("restricted"),
    Measure.BAN: gettext_lazy("banned"),
}
_EXCERPT = 160
_EXAMPLES = 8


@dataclass(frozen=True, slots=True)
class Example:
    """One message that would have been treated otherwise. `text` is empty for whoever may not read
    messages.
    """

    message_id: str
    text: str
    score_before: int
    score_after: int
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """How many messages go from one treatment to another; `harder` when the new one hits them harder."""

    before: str | Promise
    after: str | Promise
    count: int
    harder: bool
    examples: tuple[Example, ...]


def shown_run(run: ShadowRun, reader: Staff) -> dict[str, Any]:
    """A trial for the page: progress, totals by treatment, moves, and precision and recall over decided
    messages.
    """
    tally = run.result or {}
    texts = _texts(tally) if reader.may("messages.view") else {}
    moves = [
        _move(key, count, tally.get("samples", {}).get(key, []), texts)
        for key, count in tally.get("moves", {}).items()
    ]
    decided = tally.get("decided", {})
    return {
        "run": run,
        "is_running": run.state == ShadowRun.State.RUNNING,
        "percent": 100 if not run.total else min(100, run.seen * 100 // run.total),
        "totals": [
            {
                "label": label,
                "before": tally.get("before", {}).get(measure, 0),
                "after": tally.get("after", {}).get(measure, 0),
            }
            for measure, label in MEASURES.items()
        ],
        "moves": sorted(moves, key=lambda move: (not move.harder, -move.count)),
        "changed": sum(tally.get("moves", {}).values()),
        "decided": [
            {"name": name, **_quality(decided[name])} for name in ("before", "after") if name in decided
        ],
        "has_decided": any(sum(matrix.values()) for matrix in decided.values()),
    }


def _quality(matrix: dict[str, int]) -> dict[str, Any]:
    return {
        "precision": _percent(shadow.precision(matrix)),
        "recall": _percent(shadow.recall(matrix)),
        "wrongly": matrix["wrongly"],
        "missed": matrix["missed"],
    }


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{share * 100:.1f} %"


def _move(key: str, count: int, samples: list[dict[str, Any]], texts: dict[str, str]) -> Move:
    before, _arrow, after = key.partition(">")
    examples = tuple(
        Example(
            sample["message"],
            texts.get(sample["message"], ""),
            sample["score_before"],
            sample["score_after"],
            tuple(sample["rules"]),
        )
        for sample in samples[:_EXAMPLES]
    )
    return Move(
        MEASURES.get(before, before),
        MEASURES.get(after, after),
        count,
        SEVERITY[Measure(after)] > SEVERITY[Measure(before)],
        examples,
    )


def _texts(tally: dict[str, Any]) -> dict[str, str]:
    wanted = [
        sample["message"] for samples in tally.get("samples", {}).values() for sample in samples[:_EXAMPLES]
    ]
    rows = Message.objects.filter(pk__in=wanted).values_list("pk", "text")
    return {pk: text[:_EXCERPT] + ("…" if len(text) > _EXCERPT else "") for pk, text in rows}
