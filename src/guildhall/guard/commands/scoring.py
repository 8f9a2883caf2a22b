"""`guildhall guard score`: messages of a file judged one by one, a row out for every row in. Needs no house.

A row carries `text` and whatever else is known: `links`, `sender`, `space`, `at`, `joined_at`. Rows that name
a sender build up that sender's past as the file is read; of a row without one, nothing is concluded from the
sender being unknown. Memory stays bounded however long the file is.
"""

from __future__ import annotations

import gc
import json
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

import orjson

from guildhall.channels import links as linkifier
from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.guard.canonical import canonical, text_hash
from guildhall.guard.commands import reading, writing
from guildhall.guard.commands.reading import BadRow
from guildhall.guard.judge import judge
from guildhall.guard.model import textmodel
from guildhall.guard.model.textmodel import Prepared, TextModel
from guildhall.guard.policy import ByPlace, parse, shipped
from guildhall.guard.rules import names
from guildhall.guard.types import (
    SEVERITY,
    Context,
    Copies,
    Link,
    Lists,
    Measure,
    Mode,
    Place,
    Policy,
    Scorer,
    SenderHistory,
    Subject,
)

LONGEST_LINE = reading.LONGEST_LINE

_MOST_KEPT = 200_000
"""Senders and texts remembered; the ones longest unheard of are forgotten first."""

_TOGETHER = 32
_TOGETHER_BYTES = 20_000
_MOST_LINKS = 200
_SCANNED = 100_000
"""Code points of a text searched for links when the row names none."""

_DOTS = (".", "。", "．", "｡", "․", "点", "://", "：//", "[:]")
_FIRST_YEAR, _LAST_YEAR = 1970, 9000
_RECENT = timedelta(minutes=10)
_SPREAD = timedelta(hours=24)
_MOST_RECENT = 20
_MOST_COPIES = 50


_NOBODY, _FRESH, _NO_COPIES = SenderHistory(is_known=False), SenderHistory(), Copies()


def score(source: str, out: Path, model: Path | None, policy: Path | None, only: str) -> int:
    """Judge every row of `source` (`-` is standard input) into `out`; the number of rows that could not be.
    The last line on stdout is JSON.
    """
    if only not in ("", "text"):
        raise BadInput(
            Text(f"--only knows `text`, not `{only}`.", f"--only 只支持 `text`，不支持 `{only}`。"),
            field="only",
        )
    writing.refuse_same(out, source, model, policy)
    scorer = textmodel.load(model) if model is not None else textmodel.shipped()
    rules = parse(_source(policy), slug=policy.stem) if policy is not None else shipped()
    scoring = OnlyText(scorer) if only else Whole(scorer, rules)
    with writing.written(out, source, model, policy) as target, reading.opened(source) as lines:
        # What is loaded stays: the collector need not look through it again and again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(100_000, 20, 100)
        summary = run(lines, target, scoring)
    print(json.dumps({**summary, "model": scorer.version}))
    return int(summary["errors"])


def run(lines: Iterator[bytes], target: IO[bytes], scoring: OnlyText | Whole) -> dict[str, float]:
    """Judge every line into `target`; counts and speeds."""
    times: Counter[int] = Counter()
    messages = errors = 0
    began = time.process_time()
    for chunk in _chunks(lines):
        # The features of a chunk's texts are worked out together; each message carries its share of that.
        at = time.process_time_ns()
        rows = [_row_or_bad(line) for line in chunk]
        _prepare(scoring, [row["text"] for row in rows if isinstance(row, dict)])
        share = (time.process_time_ns() - at) // len(rows)
        for row in rows:
            at = time.process_time_ns()
            answer, failed = _answer(scoring, row)
            errors += failed
            target.write(answer + b"\n")
            times[_rounded((share + time.process_time_ns() - at) // 1000)] += 1
        messages += len(rows)
    spent = time.process_time() - began
    return {
        "messages": messages,
        "cpu_seconds": round(spent, 4),
        "per_cpu_second": round(messages / spent, 1) if spent else 0.0,
        "p50_ms": _quantile(times, 0.5) / 1000,
        "p99_ms": _quantile(times, 0.99) / 1000,
        "errors": errors,
    }


def _prepare(scoring: OnlyText | Whole, texts: list[str]) -> None:
    try:
        scoring.prepare(texts)
    except Exception:  # noqa: BLE001 - each is then judged by itself, and the one at fault says so in its row
        scoring.prepare([])


def _answer(scoring: OnlyText | Whole, row: dict[str, Any] | BadRow) -> tuple[bytes, bool]:
    """The row out, and whether it tells of a failure: no row ends the run."""
    try:
        return orjson.dumps(scoring.judge(_good(row))), False
    except BadRow as bad:
        why = str(bad)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is said in the row
        why = reading.unforeseen(error)
    return orjson.dumps({**reading.UNJUDGED, "error": why}), True


class OnlyText:
    """The text model alone: its probability, and its own cut-offs for what to do."""

    def __init__(self, model: TextModel) -> None:
        self._model = model
        self._scorer: Scorer = model

    def prepare(self, texts: list[str]) -> None:
        """Texts that will be asked about next."""
        self._scorer = Prepared(self._model, [canonical(text).text for text in texts])

    def judge(self, row: dict[str, Any]) -> dict[str, Any]:
        opinion = self._scorer.opinion(canonical(row["text"]))
        sure = opinion.probability
        action = (
            "remove"
            if sure >= self._scorer.punish_at
            else "review"
            if sure >= self._scorer.review_at
            else "allow"
        )
        reasons = []
        if action != "allow":
            rule = "MODEL-2" if action == "remove" else "MODEL-1"
            reasons.append({"rule": rule, "spans": opinion.spans, "weight": round(sure, 4)})
        return {"score": round(sure, 6), "action": action, "reasons": reasons}


class Whole:
    """Every rule family under a policy, with the past the file itself tells."""

    def __init__(self, model: TextModel, policy: Policy) -> None:
        self._model, self._policy = model, ByPlace(policy)
        self._lists = Lists(names=names.index(names.shipped_brands()))
        self._senders: OrderedDict[tuple[str, str], SenderHistory] = OrderedDict()
        self._spread: OrderedDict[str, deque[tuple[datetime, str, str]]] = OrderedDict()
        self._now = datetime.now(UTC)
        self.prepare([])

    def prepare(self, texts: list[str]) -> None:
        """Texts that will be asked about next."""
        self._scorer = Prepared(self._model, [canonical(text).text for text in texts])
        self._nobody = Context(self._now, _NOBODY, _NO_COPIES, self._lists, scorer=self._scorer)

    def judge(self, row: dict[str, Any]) -> dict[str, Any]:
        text = row["text"]
        at = _time(row, "at")
        now = at or self._now
        sender, name, username = _sender(row)
        space = _word(row, "space")
        history, copies, mark = _NOBODY, _NO_COPIES, ""
        if sender:
            joined = _time(row, "joined_at")
            history = self._senders.get((space, sender), _FRESH)
            since = now - _RECENT
            history = replace(
                history,
                joined_at=joined or history.joined_at,
                recent=tuple(item for item in history.recent if item[0] > since),
            )
            mark = text_hash(text) if at is not None else ""
            copies = self._copies(mark, sender, now)
        subject = Subject(text, _links(row), sender_name=name, sender_username=username, sent_at=at)
        context = self._nobody
        if sender or at is not None:
            context = Context(now, history, copies, self._lists, scorer=self._scorer)
        verdict = judge(subject, context, self._policy(Place(space)))
        if sender:
            self._remember(space, sender, history, mark, at, bool(subject.links))
        return {
            "score": verdict.score / 1000,
            "action": _action(verdict.action, verdict.mode),
            "reasons": [
                {"rule": item.rule_id, "spans": item.spans, "weight": item.weight / 1000}
                for item in verdict.reasons
            ],
        }

    def _copies(self, mark: str, sender: str, now: datetime) -> Copies:
        seen = self._spread.get(mark) if mark else None
        if not seen:
            return Copies()
        since = now - _SPREAD
        others = [(who, space) for at, who, space in seen if who != sender and at > since]
        return Copies(len({who for who, _ in others}), len({space for _, space in others}), len(others))

    def _remember(
        self, space: str, sender: str, history: SenderHistory, mark: str, at: datetime | None, linked: bool
    ) -> None:
        recent = (*history.recent[1 - _MOST_RECENT :], (at, mark)) if at is not None else history.recent
        self._senders[space, sender] = replace(
            history,
            first_seen=history.first_seen or at,
            messages_seen=history.messages_seen + 1,
            links_seen=history.links_seen + linked,
            recent=recent,
        )
        self._senders.move_to_end((space, sender))
        if len(self._senders) > _MOST_KEPT:
            self._senders.popitem(last=False)
        if mark and at is not None:
            self._spread.setdefault(mark, deque(maxlen=_MOST_COPIES)).append((at, sender, space))
            self._spread.move_to_end(mark)
            if len(self._spread) > _MOST_KEPT:
                self._spread.popitem(last=False)


def _action(measure: Measure, mode: Mode) -> str:
    if measure is Measure.ALLOW or mode is Mode.SHADOW:
        return "allow"
    if measure is Measure.REVIEW or mode is Mode.REVIEW:
        return "review"
    return "ban" if SEVERITY[measure] >= SEVERITY[Measure.BAN] else "remove"


def _chunks(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    """Lines by the dozen, fewer when they are long."""
    chunk: list[bytes] = []
    size = 0
    for line in lines:
        chunk.append(line)
        size += len(line)
        if len(chunk) == _TOGETHER or size > _TOGETHER_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _row_or_bad(line: bytes) -> dict[str, Any] | BadRow:
    try:
        return reading.row(line, "text")
    except BadRow as bad:
        return bad


def _good(row: dict[str, Any] | BadRow) -> dict[str, Any]:
    if isinstance(row, BadRow):
        raise row
    return row


def _sender(row: dict[str, Any]) -> tuple[str, str, str]:
    """Id, name and username; a sender may be an id or an object with `id`, `name` and `username`."""
    sender = row.get("sender")
    if isinstance(sender, dict):
        return (
            _word(sender, "id") or _word(sender, "username"),
            _word(sender, "name"),
            _word(sender, "username"),
        )
    return _word(row, "sender"), "", ""


def _word(row: dict[str, Any], key: str) -> str:
    value = row.get(key)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise BadRow(f"`{key}` is neither a string nor a number")
    return str(value)[:200]


def _time(row: dict[str, Any], key: str) -> datetime | None:
    """An ISO 8601 time or seconds since 1970; without a zone it is taken for UTC. A time out of all reason,
    such as the year 1 some programs write for "unknown", is none.
    """
    value = row.get(key)
    if value is None or value == "":
        return None
    try:
        if isinstance(value, str):
            told = datetime.fromisoformat(value)
            told = told if told.tzinfo else told.replace(tzinfo=UTC)
            return told if _FIRST_YEAR <= told.year < _LAST_YEAR else None
        if isinstance(value, int | float) and not isinstance(value, bool):
            told = datetime.fromtimestamp(value, UTC)
            return told if _FIRST_YEAR <= told.year < _LAST_YEAR else None
    except (ValueError, OverflowError, OSError) as error:
        raise BadRow(f"`{key}` is not a time") from error
    raise BadRow(f"`{key}` is not a time")


def _links(row: dict[str, Any]) -> tuple[Link, ...]:
    """The row's links, else those found in the text."""
    given = row.get("links")
    if given is None:
        text = row["text"]
        if not any(dot in text for dot in _DOTS) and "dot" not in text.lower():
            return ()
        found = linkifier.scan(row["text"][:_SCANNED])
        return tuple(Link(link.url, link.text, link.kind.value, link.start, link.end) for link in found)
    if not isinstance(given, list):
        raise BadRow("`links` is not a list")
    out = []
    for item in given[:_MOST_LINKS]:
        if isinstance(item, str):
            start = row["text"].find(item) if item else -1
            out.append(Link(item, item, "url", start, start + len(item) if start >= 0 else -1))
        elif isinstance(item, dict) and isinstance(item.get("url"), str):
            out.append(
                Link(
                    item["url"],
                    _word(item, "text"),
                    _word(item, "kind") or "url",
                    _place(item, "start"),
                    _place(item, "end"),
                )
            )
        else:
            raise BadRow("`links` holds something that is neither a string nor an object with `url`")
    return tuple(out)


def _place(item: dict[str, Any], key: str) -> int:
    value = item.get(key, -1)
    return value if isinstance(value, int) and not isinstance(value, bool) else -1


def _source(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise reading.unreadable(path) from error


def _rounded(micros: int) -> int:
    """Microseconds in steps small enough for a percentile, so that a count of them stays small."""
    return micros // 5 * 5 if micros < 10_000 else micros // 500 * 500


def _quantile(times: Counter[int], share: float) -> float:
    wanted = share * sum(times.values())
    seen = 0
    for micros in sorted(times):
        seen += times[micros]
        if seen >= wanted:
            return float(micros)
    return 0.0
