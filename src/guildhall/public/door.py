"""The way of a visitor's words into the house: through intake, acknowledged only once they are recorded."""

from __future__ import annotations

from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from typing import Any

from guildhall.core import clock
from guildhall.core.errors import Conflict, Unavailable
from guildhall.core.log import get_logger
from guildhall.core.text import Text

PATIENCE_S = 10.0
_log = get_logger(__name__)


def submit(body: bytes) -> Any:
    """Hand a web chat body to intake and wait for its outcome.

    Raises Unavailable when it was not recorded in time (sending it again is safe: the id is the same),
    Conflict when the same form was sent before with other words.
    """
    from guildhall.channels.webchat import PLATFORM
    from guildhall.intake import batcher
    from guildhall.intake.pipeline import Raw

    try:
        waiting: Future[Any] = batcher.submit(Raw(PLATFORM, body, clock.now()))
        outcome = waiting.result(PATIENCE_S)
    except TooLate as error:
        raise _unavailable() from error
    except Exception as error:
        _log.error("chat.not_recorded", error=type(error).__name__)
        raise _unavailable() from error
    if str(outcome.status) == "quarantined":
        raise Conflict(
            Text(
                "This form was sent before with other words. Reload the page and write it again.",
                "该表单此前已提交过不同内容。请刷新页面后重新填写。",
            ),
            code="replayed",
        )
    return outcome


def _unavailable() -> Unavailable:
    return Unavailable(
        Text(
            "Your message could not be recorded just now. It is still in the box; please send it again.",
            "消息暂时无法送达，内容仍在输入框中，请稍后重新发送。",
        )
    )
