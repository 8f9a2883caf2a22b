"""Reads settings that somebody copied out of Combot: stop words, links, limits of warnings and floods.

Source of the format: no export of Combot's own and no sample of one could be found; what Combot publishes is
the list of ids of its Anti-Spam (read by `tables`) and a description of its warnings (three, then a ban,
forgotten after thirty days). So this reads JSON with the plain names of those settings, and nothing of it
could be checked against a file of Combot's.
"""

from __future__ import annotations

from collections.abc import Mapping

from guildhall.core.text import Text
from guildhall.guard.types import Measure, Step
from guildhall.intake.importing import values, words
from guildhall.intake.importing.records import COMBOT, Aside, FloodLimit, Rules

_WORDS = ("stop_words", "stopwords", "stopWords", "blacklist", "phrases")
_LINKS = ("links_blacklist", "blacklisted_links", "blocked_links")
_GOOD_LINKS = ("links_whitelist", "whitelisted_links", "allowed_links")
_KNOWN = frozenset({*_WORDS, *_LINKS, *_GOOD_LINKS, "warns", "flood", "rules"})


def read_rules(value: object) -> Rules | None:
    """The settings, or None when the JSON names none of them."""
    if not isinstance(value, dict) or not _KNOWN & value.keys():
        return None
    aside = Aside()
    sorted_out = words.sort_out(_entries(value, (*_WORDS, *_LINKS)), aside)
    text = value.get("rules")
    left = [Text(f"{key}: no counterpart", f"{key}：无对应项") for key in value if key not in _KNOWN]
    return Rules(
        COMBOT,
        block_domains=sorted_out.domains,
        allow_domains=words.sort_out(_entries(value, _GOOD_LINKS), aside).domains,
        words=sorted_out.words,
        ladder=_ladder(value.get("warns")),
        flood=_flood(value.get("flood")),
        strikes_last_days=_lasting(value.get("warns")),
        rules_text=text.replace("\x00", "").strip()[:4000] if isinstance(text, str) else "",
        left=tuple(left[:100]),
        bad=tuple(aside.rows),
    )


def _entries(value: Mapping[str, object], keys: tuple[str, ...]) -> list[str]:
    out: list[str] = []
    for key in keys:
        given = value.get(key)
        if isinstance(given, list):
            out += [str(one) for one in given if isinstance(one, str)]
        elif isinstance(given, str):
            out += given.splitlines()
    return out


def _number(part: object, *keys: str) -> int:
    for key in keys:
        found = part.get(key) if isinstance(part, dict) else None
        if isinstance(found, int) and not isinstance(found, bool) and 0 < found <= 1000:
            return found
    return 0


def _ladder(warns: object) -> tuple[Step, ...]:
    limit = _number(warns, "limit", "max", "count")
    if not 1 <= limit <= 100:
        return ()
    action = str(warns.get("action", "ban")).lower() if isinstance(warns, dict) else "ban"
    if action not in ("ban", "mute"):
        return ()
    last = Step(limit, Measure.BAN if action == "ban" else Measure.RESTRICT)
    return (last,) if limit == 1 else (Step(1, Measure.WARN), last)


def _lasting(warns: object) -> int | None:
    if not isinstance(warns, dict) or "expire" not in warns:
        return None
    try:
        length = values.seconds(warns["expire"])
    except ValueError:
        return None
    return max(1, min(3650, -(-length // 86_400))) if length else 3650


def _flood(flood: object) -> FloodLimit | None:
    messages, seconds = _number(flood, "messages", "limit"), _number(flood, "seconds", "interval")
    return FloodLimit(messages, min(seconds, 600)) if messages else None
