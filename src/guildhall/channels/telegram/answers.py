"""Reads what Telegram answers beside a result. Pure; shared by the calls and by the loop that fetches
updates.
"""

from __future__ import annotations

from typing import Any

import orjson

from guildhall.channels.telegram.errors import Failure

_LONGEST = 300


def failure_of(status: int, body: bytes) -> Failure:
    """What an error answer says. One that does not come from the Bot API itself (a proxy's page) counts as a
    trouble on the way, so that a wrong address never looks like a refused token.
    """
    try:
        said: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        said = None
    if not isinstance(said, dict) or said.get("ok") is not False:
        return Failure(f"HTTP {status}", status=502 if status < 500 else status)
    extra = said.get("parameters")
    parameters = extra if isinstance(extra, dict) else {}
    wait, moved = parameters.get("retry_after"), parameters.get("migrate_to_chat_id")
    return Failure(
        str(said.get("description") or f"HTTP {status}")[:_LONGEST],
        status=status,
        retry_after=float(wait) if isinstance(wait, int | float) else None,
        migrate_to=str(moved) if isinstance(moved, int) else "",
    )
