"""What a made-up exchange reports day by day: late rows, rows that come twice, corrections and reversals.

Truth is what stands at the end: `in_force` keeps of every trade its last revision, and nothing of one that
was taken back. Whoever takes the reports in, in any order and however often, has to arrive there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from guildhall.exchange.simulator.people import MOMENT
from guildhall.exchange.simulator.shape import DAY_US, PPM, Shape


class Report(NamedTuple):
    """Rows of the facts table `trades` that one venue hands over on one day; `id` names the batch."""

    id: str
    venue: str
    day: int
    rows: pa.Table


class Fates(NamedTuple):
    """What becomes of each trade of a day: which come late, twice, corrected or taken back, and how many days
    after it.
    """

    late: np.ndarray
    doubled: np.ndarray
    corrected: np.ndarray
    taken_back: np.ndarray
    delay: np.ndarray


def fates(shape: Shape, day: int, count: int) -> Fates:
    """Drawn for one day alone."""
    random = shape.draws("fates", day)
    first, second = random.integers(0, PPM, count), random.integers(0, PPM, count)
    corrected = second < shape.corrected_ppm
    return Fates(
        late=first < shape.late_ppm,
        doubled=(first >= shape.late_ppm) & (first < shape.late_ppm + shape.doubled_ppm),
        corrected=corrected,
        taken_back=~corrected & (second < shape.corrected_ppm + shape.reversed_ppm),
        delay=random.integers(1, 6, count),
    )


def corrected_fees(fees: pa.Array) -> pa.Array:
    """The fee as the venue corrects it: a quarter less, rounded down."""
    units = np.asarray(fees)
    return pa.array(units - units // 4)


def in_force(shape: Shape, day: int, trades: pa.RecordBatch) -> pa.RecordBatch:
    """The trades of a day as they stand at the end."""
    fate = fates(shape, day, trades.num_rows)
    at = trades.schema.get_field_index("fee")
    fee = pc.if_else(pa.array(fate.corrected), corrected_fees(trades["fee"]), trades["fee"])
    return trades.set_column(at, "fee", fee).filter(pa.array(~fate.taken_back))


def reports(shape: Shape, days: Iterator[pa.RecordBatch]) -> Iterator[Report]:
    """Every report, in the order of the days; those of what was outstanding come after the last day."""
    waiting: dict[int, list[pa.Table]] = defaultdict(list)
    day = -1
    for day, trades in enumerate(days):
        fate = fates(shape, day, trades.num_rows)
        rows = _rows(trades, 0, "live")
        now = rows.filter(pa.array(~fate.late))
        for delay in range(1, 6):
            due = fate.delay == delay
            waiting[day + delay].append(rows.filter(pa.array(due & (fate.late | fate.doubled))))
            # A correction follows what it corrects, however late that came.
            fixed = rows.filter(pa.array(due & fate.corrected))
            at = fixed.schema.get_field_index("fee")
            fixed = fixed.set_column(at, "fee", corrected_fees(fixed["fee"]))
            waiting[day + delay + 1].append(_revised(fixed, "live"))
            waiting[day + delay + 1].append(
                _revised(rows.filter(pa.array(due & fate.taken_back)), "reversed")
            )
        yield from _handed_over(shape, day, [now, *waiting.pop(day, [])])
    for later in sorted(waiting):
        yield from _handed_over(shape, later, waiting[later])


def _rows(trades: pa.RecordBatch, revision: int, state: str) -> pa.Table:
    table = pa.Table.from_batches([trades])
    table = table.append_column("state", pa.repeat(pa.scalar(state), len(table)))
    return table.add_column(2, "revision", pa.repeat(pa.scalar(revision, pa.int64()), len(table)))


def _revised(rows: pa.Table, state: str) -> pa.Table:
    rows = rows.set_column(
        rows.schema.get_field_index("state"), "state", pa.repeat(pa.scalar(state), len(rows))
    )
    at = rows.schema.get_field_index("revision")
    return rows.set_column(at, "revision", pa.repeat(pa.scalar(1, pa.int64()), len(rows)))


def _handed_over(shape: Shape, day: int, parts: list[pa.Table]) -> Iterator[Report]:
    table = pa.concat_tables(parts).combine_chunks()
    received = pa.scalar(shape.start_us + (day + 1) * DAY_US + 3_600_000_000, pa.int64()).cast(MOMENT)
    table = table.append_column("received_at", pa.repeat(received, len(table)))
    for venue in shape.venues:
        mine = table.filter(pc.equal(table["venue"], venue))
        if len(mine):
            yield Report(f"{venue}-{shape.seed}-{day:04d}", venue, day, mine)
