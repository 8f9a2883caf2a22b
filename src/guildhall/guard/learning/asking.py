"""Which rows are worth a second look, and how soon. Pure.

First near copies that people labelled differently, then what nobody has reviewed, then where the model and
the decision disagree, then where the model is unsure. What is clear to both asks for nobody's time.
"""

from __future__ import annotations

CONFLICT, WAITING, DISAGREES, UNSURE = 900, 600, 500, 100
_SURE = 0.85
_UNSURE_BAND = 0.25


def usefulness(
    *, label: int, probability: float | None, waits: bool, conflicts: bool, looked_at: bool
) -> int:
    """0 (no look needed) to 1000. `label` 1 is a scam; `probability` is the model's, None when it was not
    asked.
    """
    if looked_at and not conflicts:
        return 0
    doubt = 0.0 if probability is None else 1 - abs(probability - 0.5) * 2
    apart = 0.0 if probability is None else abs(probability - label)
    if conflicts:
        return CONFLICT + round(99 * doubt)
    if waits:
        return WAITING + round(299 * max(doubt, apart))
    if apart >= _SURE:
        return DISAGREES + round(99 * apart)
    if probability is not None and abs(probability - 0.5) <= _UNSURE_BAND:
        return UNSURE + round(300 * doubt)
    return 0
