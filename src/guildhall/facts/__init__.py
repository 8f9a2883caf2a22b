"""What happened, kept for good: append-only Delta tables of Parquet, in many rows.

Nouns: table (declared by the room it belongs to), fact (a row with a natural key), batch, conflict (the same
key with another body), query (a named `.sql` file). One shipper writes; nothing is ever changed in place, and
people are known here by pseudonyms only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


def query(
    name: str, params: Mapping[str, Any] | None = None, *, versions: Mapping[str, int] | None = None
) -> pa.Table:
    """Run the named query `<room>/<stem>` on the engine of this house (setting `facts_engine`).

    Returns exactly the columns its header declares. `versions` pins tables to versions read before. Raises
    NotFound for a name, BadInput for parameters, Unavailable when the engine cannot run here.
    """
    from guildhall.facts import querying

    return querying.run(name, params or {}, versions=versions or {})
