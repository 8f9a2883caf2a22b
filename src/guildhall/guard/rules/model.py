"""MODEL: what the text model says of the words; its probability becomes a weight by its own cut-offs.

Of a text that hardly says anything (a price, a "+1") it says nothing, and of a short one, or one that is all
link, nothing that removes. Below the model's `review_at` it is silent. From there to `punish_at` its word
alone asks for a person, and never more; from `punish_at` on (where a tenth of one percent of honest messages
were seen to lie) it may call for removal.
"""

from __future__ import annotations

import math
import re

from guildhall.core.text import Text
from guildhall.guard.rules.evidence import Evidence, Rule, by_id, reason
from guildhall.guard.types import Reason, Scorer

REVIEW_FROM, REVIEW_TO = 400, 740
PUNISH_FROM, PUNISH_TO = 760, 960
SAYS_NOTHING, SAYS_LITTLE = 12, 20
"""Letters below which the model is not asked, and below which its word removes nothing. A Chinese character
says as much as three letters; digits and signs say nothing.
"""
_ADDRESS = re.compile(r"(?:https?://)?[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)+(?:[/?#][!-~]*)?")
ALL_LINK = 600
"""The most it says of an address with next to nothing beside it: no removal, even of an invitation."""

_SUREST = 3.0
"""So many logits above `punish_at` the weight has reached PUNISH_TO."""

_MOST_OF_A_LINK = 2_000

RULES = by_id(
    Rule(
        "MODEL-1",
        REVIEW_FROM,
        Text(
            "The text model takes this for spam or a scam ({percent} %), not surely enough to act alone.",
            "文本模型认为此消息像垃圾或诈骗信息（{percent}%），但把握不足以单独据此处理。",
        ),
        "text model",
        "model",
    ),
    Rule(
        "MODEL-2",
        PUNISH_FROM,
        Text(
            "The text model is sure that this is spam or a scam ({percent} %).",
            "文本模型确信此消息是垃圾或诈骗信息（{percent}%）。",
        ),
        "text model",
        "model",
    ),
)


def find(evidence: Evidence) -> list[Reason]:
    """The family's evidence in one message."""
    scorer = evidence.context.scorer
    if scorer is None:
        return []
    said = substance(evidence.canon.text)
    if said < SAYS_NOTHING:
        return []
    opinion = scorer.opinion(evidence.canon)
    weight = weight_of(opinion.probability, scorer)
    if not weight:
        return []
    if said < SAYS_LITTLE:
        weight = min(weight, REVIEW_TO)
    if weight > ALL_LINK and _all_link(evidence.canon.text):
        weight = ALL_LINK
    rule = RULES["MODEL-2" if weight >= PUNISH_FROM else "MODEL-1"]
    # Never "100 %": the model is not.
    percent = f"{min(math.floor(opinion.probability * 1000) / 10, 99.9):.1f}"
    return [reason(rule, opinion.spans, weight, percent=percent)]


def substance(text: str) -> int:
    """How much a canonical text says, in letters; counted no further than it matters."""
    said = 0
    for char in text:
        if char.isalpha():
            said += 3 if "\u3400" <= char <= "\u9fff" else 1
            if said >= SAYS_LITTLE:
                break
    return said


def _all_link(text: str) -> bool:
    """Whether next to nothing is said beside the addresses in a canonical text."""
    return len(text) < _MOST_OF_A_LINK and substance(_ADDRESS.sub(" ", text)) < SAYS_NOTHING


def weight_of(probability: float, scorer: Scorer) -> int:
    """The weight (0..1000) of a probability under a model's cut-offs; 0 says nothing."""
    if probability < scorer.review_at:
        return 0
    at = _logit(probability)
    if probability >= scorer.punish_at:
        share = (at - _logit(scorer.punish_at)) / _SUREST
        return PUNISH_FROM + round((PUNISH_TO - PUNISH_FROM) * min(max(share, 0.0), 1.0))
    low, high = _logit(scorer.review_at), _logit(scorer.punish_at)
    return REVIEW_FROM + round((REVIEW_TO - REVIEW_FROM) * min((at - low) / max(high - low, 1e-9), 1.0))


def _logit(probability: float) -> float:
    bounded = min(max(probability, 1e-6), 1 - 1e-6)
    return math.log(bounded / (1 - bounded))
