"""The terminal's door to compliance: `guildhall compliance may ACT REGION TEXT`."""

from __future__ import annotations

from guildhall.compliance import regions
from guildhall.compliance.gate import may
from guildhall.core.errors import BadInput
from guildhall.core.text import Text

_YES = Text("allowed", "允许")
_NO = Text("refused", "不允许")


def may_lines(act: str, region: str, text: str, *, language: str = "en") -> tuple[bool, list[str]]:
    """The answer and its lines for a terminal. Raises BadInput for an unknown act or an impossible
    region."""
    try:
        decision = may(act, region, text, language=language)
    except ValueError as error:
        raise BadInput(str(error)) from error
    answer = (_YES if decision.allowed else _NO).for_language(language)
    place = regions.name(decision.region).for_language(language)
    lines = [f"{decision.act} · {place}: {answer}"]
    for reason in decision.reasons:
        mark = "-" if reason.blocks else "+"
        lines.append(f"  {mark} {reason.rule_id} (v{reason.version}) {reason.text.for_language(language)}")
    lines += [f"  » {disclosure.for_language(language)}" for disclosure in decision.disclosures]
    return decision.allowed, lines
