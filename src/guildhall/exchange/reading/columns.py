"""Columns as they came become columns of facts: ids, words, choices, assets, flags and counts. Times and
amounts have modules of their own.

Each function answers with a column of the right type, null where the row is at fault, and marks those rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.exchange.reading import reasons
from guildhall.exchange.reading.faults import Faults, mask_of

_ID = r"^[^\s\pC]{1,120}$"
_PLAIN_ID = r"^[A-Za-z0-9_]{1,120}$"
"""What nearly all ids look like, and no damaged one."""
_DECIMAL = r"^[+-]?[0-9]+\.[0-9]+$"
SCIENTIFIC = r"^[+-]?[0-9]+(\.[0-9]+[eE][+-]?[0-9]+|[eE][+-][0-9]+)$"
_WORD = r"^[^\pC]{1,200}$"
_COUNT = r"^[0-9]{1,18}$"


def as_text(column: pa.Array, name: str) -> pa.Array:
    """A column as text; whole numbers written out. Raises BadInput for floating point, which has lost
    digits, and for columns of lists.
    """
    kind = column.type
    if pa.types.is_string(kind):
        return column
    if pa.types.is_dictionary(kind):
        return as_text(column.cast(kind.value_type), name)
    if pa.types.is_floating(kind):
        raise BadInput(
            Text(
                f"The column {name} is floating point, which rounds. Write it as text, int64 or decimal.",
                f"列 {name} 为浮点类型，会丢失精度。请改为文本、int64 或 decimal。",
            ),
            field=name,
            code="floating_point",
        )
    if pa.types.is_nested(kind) or pa.types.is_binary(kind):
        raise BadInput(
            Text(
                f"The column {name} is of the type {kind}; text is needed.",
                f"列 {name} 的类型为 {kind}；应为文本。",
            ),
            field=name,
        )
    return column.cast(pa.string())


def empty(text: pa.Array) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Where there is nothing."""
    return mask_of(pc.or_kleene(pc.is_null(text), pc.equal(pc.binary_length(text), 0)))


def ids(column: pa.Array, field: str, faults: Faults) -> pa.Array:
    """Ids: text without blanks, never rounded by a spreadsheet."""
    text = as_text(column, field)
    if mask_of(pc.match_substring_regex(text, _PLAIN_ID)).all():
        return text
    none = empty(text)
    faults.add(none, field, reasons.missing)
    damaged = mask_of(pc.match_substring_regex(text, SCIENTIFIC))
    faults.add(damaged, field, reasons.rounded_id, text)
    odd = ~mask_of(pc.match_substring_regex(text, _ID)) | mask_of(pc.match_substring_regex(text, _DECIMAL))
    faults.add(odd & ~none & ~damaged, field, reasons.not_an_id, text)
    return text


def words(column: pa.Array, field: str, faults: Faults, *, is_needed: bool) -> pa.Array:
    """Short texts; empty is null where it is not needed."""
    text = as_text(column, field)
    coded = text.dictionary_encode()
    known = coded.dictionary
    if not text.null_count and mask_of(pc.match_substring_regex(known, _WORD)).all():
        return text
    none = empty(text)
    if is_needed:
        faults.add(none, field, reasons.missing)
    faults.add(~none & ~mask_of(pc.match_substring_regex(text, _WORD)), field, reasons.not_an_id, text)
    return pc.if_else(pa.array(none), pa.scalar(None, pa.string()), text) if none.any() else text


def counts(column: pa.Array, field: str, faults: Faults, *, is_needed: bool) -> pa.Array:
    """Whole numbers from 0, int64."""
    text = as_text(column, field)
    none = empty(text)
    if is_needed:
        faults.add(none, field, reasons.missing)
    good = mask_of(pc.match_substring_regex(text, _COUNT))
    faults.add(~good & ~none, field, reasons.not_a_count, text)
    return pc.if_else(pa.array(good), text, pa.scalar(None, pa.string())).cast(pa.int64())


def choices(
    column: pa.Array, field: str, faults: Faults, allowed: tuple[str, ...], values: dict[str, str]
) -> pa.Array:
    """One of a few words, after translation."""
    text = as_text(column, field)
    found = translated(text, lambda said: _chosen(said, allowed, values))
    none = empty(text)
    faults.add(none, field, reasons.missing)
    unknown = mask_of(pc.is_null(found)) & ~none
    faults.add(unknown, field, lambda value: reasons.not_a_choice(value, allowed), text)
    return found


def _chosen(said: str, allowed: tuple[str, ...], values: dict[str, str]) -> str | None:
    word = said.strip().lower()
    word = values.get(word, word)
    return word if word in allowed else None


def assets(column: pa.Array, field: str, faults: Faults, known: Sequence[str]) -> pa.Array:
    """Codes of assets that may appear, in capitals."""
    text = as_text(column, field)
    among = set(known)
    found = translated(text, lambda said: code if (code := said.strip().upper()) in among else None)
    none = empty(text)
    faults.add(none, field, reasons.missing)
    faults.add(mask_of(pc.is_null(found)) & ~none, field, reasons.unknown_asset, text)
    return found


def quotes(symbols: pa.Array, field: str, faults: Faults, known: Sequence[str]) -> pa.Array:
    """The quote assets of markets: BTC-USDT, BTC/USDT, BTCUSDT, BTC-USDT-SWAP."""
    text = as_text(symbols, "symbol")
    longest_first = sorted(known, key=len, reverse=True)
    found = translated(text, lambda said: quote_of(said, longest_first))
    faults.add(mask_of(pc.is_null(found)) & ~empty(text), field, reasons.unknown_quote, text)
    return found


def quote_of(symbol: str, longest_first: Sequence[str]) -> str | None:
    """The quote asset a market's name ends in, or None. `longest_first`: codes that may be one."""
    parts = symbol.upper().replace("/", "-").replace("_", "-").replace(":", "-").split("-")
    if len(parts) > 1:
        return parts[1] if parts[1] in longest_first else None
    return next(
        (code for code in longest_first if parts[0].endswith(code) and len(parts[0]) > len(code)), None
    )


def flags(column: pa.Array, field: str, faults: Faults) -> pa.Array:
    """Lists of words; none is null. Text is cut at |, ; and commas."""
    kind = column.type
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        listed = column.cast(pa.list_(pa.string()))
    else:
        text = as_text(column, field)
        cut = pc.split_pattern_regex(text, r"\s*[|;,]\s*")
        listed = pc.if_else(pa.array(empty(text)), pa.scalar(None, pa.list_(pa.string())), cut)
    lengths = pc.list_value_length(listed)
    none = mask_of(pc.equal(lengths, 0))
    if none.any():
        listed = pc.if_else(pa.array(none), pa.scalar(None, pa.list_(pa.string())), listed)
    inner = listed.flatten()
    if inner.null_count or not mask_of(pc.match_substring_regex(inner, _WORD)).all():
        bad = np.array([_is_bad(one) for one in listed.to_pylist()], dtype=bool)
        faults.add(bad, field, reasons.not_an_id, listed)
    return listed


def _is_bad(one: list[str | None] | None) -> bool:
    return one is not None and any(not flag or len(flag) > 200 or not flag.isprintable() for flag in one)


def translated(text: pa.Array, one: Callable[[str], str | None]) -> pa.Array:
    """Each different text put through `one`, which answers None for what it does not know."""
    coded = text.dictionary_encode()
    known = pa.array(
        [None if word is None else one(word) for word in coded.dictionary.to_pylist()], pa.string()
    )
    return known.take(coded.indices)
