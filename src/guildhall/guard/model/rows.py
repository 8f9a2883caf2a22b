"""The rows a text model learns from. A row is one message somebody labelled, with where it came from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled message: `label` 1 is spam or a scam, 0 is honest.

    `source` names the community or data set (sources are balanced against each other); rows with the same
    `group` (a member, a campaign, a cluster of near copies; "" stands alone) together weigh no more than one.
    """

    text: str
    label: int
    lang: str = ""
    source: str = ""
    group: str = ""
    weight: float = 1.0
