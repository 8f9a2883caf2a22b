"""What the two engines say differently, and the few words named queries use instead.

WIDE(x): x as a whole number of 38 digits, for products and sums past 64 bits. PPM(x, rate): ⌊x·rate/10⁶⌋
of x ≥ 0 and 0 ≤ rate ≤ 10⁶. FLOOR_DIV(x, y): ⌊x/y⌋ of y > 0, x of either sign. UTC_DAY(t), UTC_MONTH(t): the
UTC date of a moment, and its month as `2026-10`. HAS(list, text): whether a list holds a text; null holds
nothing. A name that an engine keeps for itself (`at`) stands in double quotes.
"""

from __future__ import annotations

from guildhall.facts.tables import Table

DUCKDB_TYPES = {
    "string": "VARCHAR",
    "int64": "BIGINT",
    "bool": "BOOLEAN",
    "timestamp": "TIMESTAMPTZ",
    "date": "DATE",
    "strings": "VARCHAR[]",
}
DUCKDB = (
    "CREATE TEMP MACRO WIDE(x) AS CAST(x AS HUGEINT)",
    "CREATE TEMP MACRO PPM(x, rate) AS CAST(CAST(x AS HUGEINT) * CAST(rate AS HUGEINT) // 1000000 AS BIGINT)",
    "CREATE TEMP MACRO FLOOR_DIV(x, y) AS "
    "CAST((CAST(x AS HUGEINT) - ((CAST(x AS HUGEINT) % y + y) % y)) // y AS BIGINT)",
    "CREATE TEMP MACRO UTC_DAY(t) AS CAST(t AT TIME ZONE 'UTC' AS DATE)",
    "CREATE TEMP MACRO UTC_MONTH(t) AS strftime(t AT TIME ZONE 'UTC', '%Y-%m')",
    "CREATE TEMP MACRO HAS(list, word) AS coalesce(list_contains(list, word), false)",
)
SPARK = (
    "CREATE OR REPLACE TEMPORARY FUNCTION WIDE(x DECIMAL(38, 0)) RETURNS DECIMAL(38, 0) RETURN x",
    "CREATE OR REPLACE TEMPORARY FUNCTION PPM(x BIGINT, rate BIGINT) RETURNS BIGINT "
    "RETURN (CAST(x AS DECIMAL(19, 0)) * CAST(rate AS DECIMAL(19, 0))) DIV CAST(1000000 AS DECIMAL(19, 0))",
    "CREATE OR REPLACE TEMPORARY FUNCTION FLOOR_DIV(x BIGINT, y BIGINT) RETURNS BIGINT "
    "RETURN CAST(x - pmod(x, y) AS DECIMAL(38, 0)) DIV y",
    "CREATE OR REPLACE TEMPORARY FUNCTION UTC_DAY(t TIMESTAMP) RETURNS DATE RETURN CAST(t AS DATE)",
    "CREATE OR REPLACE TEMPORARY FUNCTION UTC_MONTH(t TIMESTAMP) RETURNS STRING "
    "RETURN date_format(t, 'yyyy-MM')",
    "CREATE OR REPLACE TEMPORARY FUNCTION HAS(list ARRAY<STRING>, word STRING) RETURNS BOOLEAN "
    "RETURN coalesce(array_contains(list, word), false)",
)


def in_force_view(table: Table) -> str:
    """The rows of a table that no higher revision corrects and that are live, in SQL of both engines."""
    names = ", ".join(f'one."{name}"' for name in table.names)
    same = " AND ".join(f'later."{name}" = one."{name}"' for name in table.thing)
    return (
        f"CREATE OR REPLACE TEMP VIEW {table.name}_in_force AS SELECT {names} FROM {table.name} one "
        f"WHERE one.state = 'live' AND NOT EXISTS (SELECT 1 FROM {table.name} later "
        f"WHERE later.revision > 0 AND later.revision > one.revision AND {same})"
    )
