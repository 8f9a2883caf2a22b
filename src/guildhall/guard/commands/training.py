"""`guildhall guard train`: a file of labelled rows in, a model out. Needs no house.

Rows with `text` train the text model, rows with `domain` the domain model; a file with both gives a model
with both. A row that cannot be used is put aside with the reason, and the rest is used.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.guard.commands import writing
from guildhall.guard.model.rows import Row

LONGEST_TEXT = 100_000
_HALF_A_PAIR = re.compile("[\ud800-\udfff]")
_SAME_AS = {"0": 0, "1": 1, "ham": 0, "spam": 1, "scam": 1, "honest": 0, "clean": 0}


@dataclass
class Read:
    """What a file held: usable rows, how many were left out because they are held back for measuring, and
    for the rest (line number, reason, line).
    """

    rows: list[Row] = field(default_factory=list)
    domains: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[tuple[int, str, str]] = field(default_factory=list)
    held_back: int = 0


def train(
    data: Path, out: Path, base: Path | None = None, seed: int = 1, without_own: bool = False
) -> list[Text]:
    """Train on `data` and write the model to `out`; what is worth saying besides. The last line on stdout is
    JSON.
    """
    began = time.process_time()
    with writing.written(out, data) as file:
        read = text_rows(data, leave_held_back=True)
        notes = _put_aside(out, read, (data, base))
        text_part = _text_part(read.rows, base, seed, without_own) if read.rows else b""
        domain_part = _domain_part(read.domains, seed, without_own) if read.domains else b""
        if not (text_part or domain_part):
            said = [Text(f"{data} holds no row to train on.", f"{data} 中没有可用于训练的数据。"), *notes]
            raise BadInput(
                Text(" ".join(one.en for one in said), "".join(one.zh for one in said)), code="no_rows"
            )
        from guildhall.guard.model.parts import join

        both = join(text_part, domain_part)
        file.write(both)
    summary: dict[str, Any] = {
        "model": str(out),
        "bytes": len(both),
        "rows": len(read.rows),
        "domains": len(read.domains),
        "rejected": len(read.rejected),
        "held_back": read.held_back,
        "cpu_seconds": round(time.process_time() - began, 1),
    }
    if text_part:
        from guildhall.guard.model.textmodel import load

        header = load(text_part).header
        for name in ("version", "base", "sources", "cut_offs"):
            summary[name] = header[name]
    print(json.dumps(summary, ensure_ascii=False))
    return notes


def text_rows(data: Path, *, leave_held_back: bool = False) -> Read:
    """The rows of a JSON Lines file, and what could not be used with the reason. Rows marked `held_back` are
    for measuring: with `leave_held_back` they are only counted.
    """
    read = Read()
    try:
        with data.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                try:
                    _take(line, read, leave_held_back)
                except ValueError as error:
                    read.rejected.append((number, str(error), line.decode("utf-8", "replace").rstrip("\n")))
    except OSError as error:
        raise BadInput(
            Text(f"{data} cannot be read: {error.strerror}.", f"无法读取 {data}：{error.strerror}。"),
            field="data",
        ) from error
    return read


def _take(line: bytes, read: Read, leave_held_back: bool) -> None:
    """One line into `read`; ValueError says why not."""
    try:
        entry = json.loads(line)
    except ValueError as error:
        raise ValueError("not JSON") from error
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(entry, dict):
        raise ValueError("not an object")
    for key in ("text", "domain", "lang", "source", "group", "first_seen"):
        if isinstance(entry.get(key), str) and _HALF_A_PAIR.search(entry[key]):
            raise ValueError(f"{key} holds half of a surrogate pair")
    label = _label(entry.get("label"))
    if leave_held_back and entry.get("held_back") in (True, "true"):
        read.held_back += 1
        return
    if isinstance(entry.get("domain"), str):
        if not entry["domain"].strip():
            raise ValueError("empty domain")
        read.domains.append({**entry, "label": label})
        return
    text = entry.get("text")
    if not isinstance(text, str):
        raise ValueError("neither text nor domain")
    if not text.strip():
        raise ValueError("empty text")
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"text longer than {LONGEST_TEXT:,} characters")
    weight = entry.get("weight", 1.0)
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= 1000:
        raise ValueError("weight is not a number from 0 to 1000")
    lang, source, group = (_name(entry, key) for key in ("lang", "source", "group"))
    read.rows.append(Row(text, label, lang, source, group, float(weight)))


def _name(entry: dict[str, Any], key: str) -> str:
    value = entry.get(key)
    if value is None:
        return ""
    if not isinstance(value, str | int):
        raise ValueError(f"{key} is not text")
    return str(value)


def _label(value: object) -> int:
    if isinstance(value, bool | int | float) and value in (0, 1):
        return int(value)
    if isinstance(value, str) and value.strip().lower() in _SAME_AS:
        return _SAME_AS[value.strip().lower()]
    raise ValueError("label is neither 0 (honest) nor 1 (spam or scam)")


def _text_part(rows: list[Row], base: Path | None, seed: int, without_own: bool) -> bytes:
    from guildhall.guard.model.learning import train as learn
    from guildhall.guard.model.own import own_rows
    from guildhall.guard.model.textmodel import load

    if base is not None:
        return learn(rows, base=load(base), seed=seed)
    return learn([*rows, *([] if without_own else own_rows())], seed=seed)


def _domain_part(rows: list[dict[str, Any]], seed: int, without_own: bool) -> bytes:
    from guildhall.guard.domain_model import train_domains

    return train_domains(rows, seed=seed, without_own=without_own)


def _put_aside(out: Path, read: Read, inputs: tuple[Path | None, ...]) -> list[Text]:
    """Write the rows that cannot be used beside the model, where that is a file; says so. An older file of
    that name stays as it is when there is nothing to write.
    """
    notes = []
    if read.held_back:
        notes.append(
            Text(
                f"Rows held back for measuring, and not trained on: {read.held_back}.",
                f"{read.held_back} 行留作评测，未用于训练。",
            )
        )
    if not read.rejected:
        return notes
    count = len(read.rejected)
    if writing.goes_straight(out):
        number, reason, _ = read.rejected[0]
        said = Text(
            f"Rows that could not be used: {count}, the first on line {number} ({reason}).",
            f"{count} 行无法使用，首个在第 {number} 行：{reason}。",
        )
    else:
        aside = out.with_name(out.name + ".rejected.jsonl")
        with writing.written(aside, *inputs) as file:
            for number, reason, line in read.rejected:
                row = {"line": number, "error": reason, "row": line}
                file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
        said = Text(
            f"Rows that could not be used: {count}; see {aside}.", f"{count} 行无法使用，详见 {aside}。"
        )
    return [*notes, said]
