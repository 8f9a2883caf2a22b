"""`guildhall guard domains`: how much each domain of a file looks like theft, by its name alone. Needs no
house.

Lists are off: neither what the house knows to be fine nor what it blocks is asked. The score is the domain
model's; look-alikes of brands are named as reasons.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.guard import domain_model, domains
from guildhall.guard.rules import names

_AT_ONCE = 4096
_LONGEST = 65_536
_SURELY_FINE = 0.005
"""Below this score nobody looks for a likeness any more; a name that resembles a brand scores higher."""


def score(source: str, out: Path, model: Path | None) -> int:
    """Score every row of `source` (`-`: stdin) into `out`; the number of rows that could not be. The last
    line on stdout is JSON.
    """
    using = domain_model.load(model) if model is not None else domain_model.shipped()
    index = names.index(names.shipped_brands())
    began, count, bad = time.process_time(), 0, 0
    try:
        with ExitStack() as stack:
            lines: TextIO = sys.stdin
            if source != "-":
                lines = stack.enter_context(Path(source).open(encoding="utf-8", errors="replace"))
            target = stack.enter_context(out.open("w", encoding="utf-8"))
            for some in _batches(lines):
                count += len(some)
                bad += _write(some, using, index, target)
    except OSError as error:
        raise BadInput(
            Text(
                f"{error.filename} cannot be used: {error.strerror}.",
                f"无法使用 {error.filename}：{error.strerror}。",
            )
        ) from error
    spent = time.process_time() - began
    if bad:
        print(f"{bad} rows could not be scored; each says why in its place.", file=sys.stderr)
    summary = {
        "domains": count,
        "errors": bad,
        "cpu_seconds": round(spent, 3),
        "per_cpu_second": round(count / spent) if spent else 0,
        "model": using.version,
    }
    print(json.dumps(summary))
    return bad


def _batches(lines: TextIO) -> Iterator[list[str | None]]:
    """Domains in batches; None where a line holds none."""
    held: list[str | None] = []
    for line in lines:
        if not line.strip():
            continue
        held.append(_domain(line))
        if len(held) == _AT_ONCE:
            yield held
            held = []
    if held:
        yield held


def _domain(line: str) -> str | None:
    if len(line) > _LONGEST:
        return None
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    domain = row.get("domain") if isinstance(row, dict) else None
    return domain if isinstance(domain, str) and domain.strip() else None


def _write(some: list[str | None], using: domain_model.DomainModel, index: Any, target: TextIO) -> int:
    good = [domain for domain in some if domain is not None]
    scores = iter(using.scores(good))
    for domain in some:
        if domain is None:
            row: dict[str, Any] = {"score": 0.0, "reasons": [], "error": "no domain in this row"}
        else:
            value = next(scores)
            row = {"score": value, "reasons": _reasons(domain, value, using, index)}
        target.write(json.dumps(row, ensure_ascii=False) + "\n")
    return len(some) - len(good)


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
