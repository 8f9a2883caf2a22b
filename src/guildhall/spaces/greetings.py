"""The words that greet who enters, decided region by region: with the link where compliance allows it, in
plain words where it does not, not at all where not even those may be said.

Asks compliance through the gate it is given; sends nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from guildhall.channels.links import extract
from guildhall.compliance.acts import Act
from guildhall.compliance.decide import Decision
from guildhall.compliance.gate import Gate
from guildhall.core.clearance import Clearance
from guildhall.core.text import Text

MOST_BYTES = 4000
"""Of a welcome at WeCom, in UTF-8."""
PLAIN = Text(
    "Thank you for adding us. Write here whenever you need help.",
    "您好，感谢添加。如需帮助，请随时在此留言。",
)


@dataclass(frozen=True, slots=True)
class Greeting:
    """What may be said. `text` '' when nothing may; `is_plain`: it goes without the link that was wanted.

    `reasons`: why the link, or all of it, was held ([{rule, en, zh}]).
    """

    text: str
    clearance: Clearance | None
    is_plain: bool
    reasons: tuple[dict[str, str], ...]


def decide(words: Text, link: str, region: str, language: str, gate: Gate) -> Greeting:
    """The greeting for an audience in `region`, written in `language`. Raises ValueError for a region that
    cannot exist.
    """
    said = (words.for_language(language) or words.en or words.zh).strip()
    wanted = "\n".join(part for part in (said, link) if part)
    has_link = bool(link) or bool(extract(said))
    reasons: tuple[dict[str, str], ...] = ()
    if has_link:
        asked = gate.may(Act.LINK, region, wanted, language=language)
        if asked.allowed and _fits(asked.text):
            return Greeting(asked.text, asked.clearance, False, ())
        reasons = blocking(asked)
    elif said:
        asked = gate.may(Act.SERVICE, region, said, language=language)
        if asked.allowed and _fits(asked.text):
            return Greeting(asked.text, asked.clearance, False, ())
        reasons = blocking(asked)
    else:
        return Greeting("", None, False, ())
    plain = said if said and not extract(said) else PLAIN.for_language(language)
    asked = gate.may(Act.SERVICE, region, plain, language=language)
    if asked.allowed:
        return Greeting(asked.text, asked.clearance, True, reasons)
    return Greeting("", None, True, reasons or blocking(asked))


def blocking(decision: Decision) -> tuple[dict[str, str], ...]:
    """The reasons of a refusal, ready to be kept."""
    return tuple(
        {"rule": reason.rule_id, **reason.text.to_json()} for reason in decision.reasons if reason.blocks
    )


def words_of(data: dict[str, Any]) -> Text:
    """Words as kept ({en, zh}, either may be missing)."""
    return Text(str(data.get("en", "")), str(data.get("zh", "")))


def _fits(text: str) -> bool:
    return len(text.encode()) <= MOST_BYTES
