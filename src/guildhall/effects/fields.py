"""JSON kept as plain text, for columns that are only ever read and written whole.

PostgreSQL's jsonb refuses a null character inside a string, and messages do contain them; escaped JSON text
is ASCII, stores anything on both databases, and needs no parsing by the server on the hot path.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    _TextField = models.TextField[Any, Any]
else:
    _TextField = models.TextField


def dumps(value: Any) -> str:
    """Compact ASCII JSON. Raises TypeError or ValueError for what is not JSON (NaN included)."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


class JsonText(_TextField):
    """A JSON value in a text column; Python sees the value, never the text. Not for filtering."""

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        return None if value is None else json.loads(value)

    def get_prep_value(self, value: Any) -> Any:
        return value if value is None or hasattr(value, "resolve_expression") else dumps(value)

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        return dumps(self.value_from_object(obj))
