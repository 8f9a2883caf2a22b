"""Carrying one leased effect out: call its performer and say what it came to. No database of the engine's
is touched.

Shared by the worker's threads and by the tests' `drain`, so both read errors the same way.
"""

from __future__ import annotations

from django.db import InterfaceError, OperationalError

from guildhall.core.errors import GuildhallError, Permanent, Temporary, Uncertain
from guildhall.core.log import get_logger
from guildhall.effects import performers
from guildhall.effects.claim import Lease
from guildhall.effects.lifecycle import Event
from guildhall.effects.settle import Outcome, explain
from guildhall.effects.types import Done, Mode

_logger = get_logger(__name__)


def perform(lease: Lease) -> tuple[Outcome, Exception | None]:
    """The outcome, and what the performer raised if that was unforeseen. Never raises an Exception
    itself.
    """
    known = performers.find(lease.kind)
    if known is None:
        return Outcome(
            lease, Event.UNKNOWN_KIND, error=f"no performer for {lease.kind} in this process"
        ), None
    try:
        done = known.perform(lease.claimed()) or Done()
    except Temporary as error:
        after = None if error.retry_after is None else max(0, int(error.retry_after * 1000))
        return Outcome(lease, Event.TEMPORARY, error=_said(error), retry_after_ms=after), None
    except Permanent as error:
        return Outcome(lease, Event.PERMANENT, error=_said(error)), None
    except Uncertain as error:
        return Outcome(lease, Event.UNCERTAIN, error=_said(error)), None
    except (OperationalError, InterfaceError) as error:
        # Bad weather of our own database, not a bug: what may be repeated waits for it as long as it takes.
        event = Event.TEMPORARY if lease.mode is Mode.REPEATABLE else Event.UNFORESEEN
        return Outcome(lease, event, error=explain(error)), error
    except Exception as error:
        # Whatever else a performer raises is an outcome of this effect alone.
        _logger.exception("effect.raised", effect=lease.id, kind=lease.kind, attempt=lease.attempt)
        return Outcome(lease, Event.UNFORESEEN, error=explain(error)), error
    return Outcome(lease, Event.DONE, result=done.result, record=done.record), None


def _said(error: GuildhallError) -> str:
    """What the performer said, without the name of our error class."""
    return explain(error).partition(": ")[2] or type(error).__name__
