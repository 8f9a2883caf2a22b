"""`guildhall guard domains`: how much each domain of a file looks like theft, by its name alone. Needs no
house.

Lists are off: neither what the house knows to be fine nor what it blocks is asked. The score is the domain
model's; look-alikes of brands are named as reasons.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from guildhall.channels.text import clean
from guildhall.guard import domain_model, domains
from guildhall.guard.commands import reading, writing
from guildhall.guard.commands.reading import BadRow
from guildhall.guard.rules import names

_AT_ONCE = 4096
_LONGEST = 65_536
_SURELY_FINE = 0.005
"""Below this score nobody looks for a likeness any more; a name that resembles a brand scores higher."""


def score(source: str, out: Path, model: Path | None) -> int:
    """Score every row of `source` (`-`: stdin) into `out`; the number of rows that could not be. The last
    line on stdout is JSON.
    """
    writing.refuse_same(out, source, model)
    using = domain_model.load(model) if model is not None else domain_model.shipped()
    index = names.index(names.shipped_brands())
    began, count, bad = time.process_time(), 0, 0
    with writing.written(out, source, model) as target, reading.opened(source) as lines:
        for some in _batches(lines):
            count += len(some)
            bad += _write(some, using, index, target)
    spent = time.process_time() - began
    summary = {
        "domains": count,
        "errors": bad,
        "cpu_seconds": round(spent, 3),
        "per_cpu_second": round(count / spent) if spent else 0,
        "model": using.version,
    }
    print(json.dumps(summary))
    return bad


def _batches(lines: Iterator[bytes]) -> Iterator[list[str | BadRow]]:
    """Domains in batches; what is wrong where a line holds none."""
    held: list[str | BadRow] = []
    for line in lines:
        held.append(_domain(line))
        if len(held) == _AT_ONCE:
            yield held
            held = []
    if held:
        yield held


def _domain(line: bytes) -> str | BadRow:
    try:
        domain = clean(reading.row(line, "domain")["domain"])
    except BadRow as bad:
        return bad
    if not domain.strip():
        return BadRow("`domain` is empty")
    return domain if len(domain) <= _LONGEST else BadRow(f"`domain` is longer than {_LONGEST} characters")


def _write(some: list[str | BadRow], using: domain_model.DomainModel, index: Any, target: IO[bytes]) -> int:
    good = [domain for domain in some if isinstance(domain, str)]
    try:
        known = dict(zip(good, using.scores(good), strict=True))
    except Exception:  # noqa: BLE001 - each is then scored by itself, and the one at fault says so in its row
        known = {}
    bad = 0
    for domain in some:
        row: dict[str, Any] = {**reading.UNJUDGED}
        try:
            if isinstance(domain, BadRow):
                raise domain
            value = known[domain] if domain in known else using.scores([domain])[0]
            row = {"score": value, "reasons": _reasons(domain, value, using, index)}
        except BadRow as error:
            row["error"] = str(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is said in the row
            row["error"] = reading.unforeseen(error)
        bad += "error" in row
        target.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
    return bad


def _reasons(domain: str, value: float, using: domain_model.DomainModel, index: Any) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = []
    if value >= domain_model.FLAG_AT:
        because = using.because(domain, value)
        said = {"brand": because.brand, "lures": list(because.lures), "ending": because.ending}
        out.append({"rule": "LINK-10", "weight": value, **{key: word for key, word in said.items() if word}})
    if value < _SURELY_FINE:
        return out
    address = domains.take_apart(domain)
    found = names.likeness(address.host, address.domain or address.host, index) if address.host else None
    if found is not None:
        from guildhall.guard.rulebook import all_rules

        weight = found.weight if found.weight is not None else all_rules()[found.rule].weight
        out.append({"rule": found.rule, "weight": weight / 1000, "brand": found.brand.name})
    return out
