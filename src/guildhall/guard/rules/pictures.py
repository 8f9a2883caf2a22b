"""IMG: what stands on pictures: codes, words, and pictures known from before.

The words and links of a picture are part of the subject already, so every other family judges them too;
here is only what is known of the picture as a picture.
"""

from __future__ import annotations

from guildhall.core.text import Text
from guildhall.guard import domains
from guildhall.guard.rules.evidence import Evidence, Rule, by_id, reason
from guildhall.guard.types import Reason

RULES = by_id(
    Rule(
        "IMG-1",
        900,
        Text(
            "The picture, or one that looks the same, was removed as spam or a scam before.",
            "该图片（或外观相同的图片）此前已作为垃圾或诈骗内容被移除。",
        ),
        "perceptual hash of pictures that moderators removed",
        group="picture",
    ),
    Rule(
        "IMG-2",
        380,
        Text(
            "A newcomer's picture carries a code that leads to {domain}.",
            "新成员的图片含有指向 {domain} 的二维码。",
        ),
        "codes in pictures, which no link filter sees",
    ),
    Rule(
        "IMG-3",
        520,
        Text(
            "{accounts} other accounts showed the same picture within a day.",
            "一天内另有 {accounts} 个账户发布了同一图片。",
        ),
        "image spam from many accounts",
        group="picture",
    ),
)
_COPIES = 3


def find(evidence: Evidence) -> list[Reason]:
    """The family's evidence in one message."""
    out = []
    for picture in evidence.subject.pictures:
        if picture.is_fine:
            continue
        if picture.is_bad or picture.distance >= 0:
            weight = RULES["IMG-1"].weight - 25 * max(picture.distance, 0)
            out.append(reason(RULES["IMG-1"], weight=weight))
        if evidence.is_newcomer and picture.accounts >= _COPIES:
            out.append(reason(RULES["IMG-3"], accounts=str(picture.accounts)))
        if evidence.is_newcomer and picture.codes:
            strange = [link for link in evidence.links if link.kind == "qr" and not link.is_allowed]
            if strange:
                out.append(reason(RULES["IMG-2"], domain=strange[0].domain))
            elif any(not domains.registrable(code) for code in picture.codes):
                out.append(reason(RULES["IMG-2"], weight=250, domain="?"))
    return out
