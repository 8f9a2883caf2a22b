"""One thing heard that may be a command: what came in, where, from whom, and under which of our ids."""

from __future__ import annotations

from dataclasses import dataclass

from guildhall.channels.models import Space
from guildhall.channels.port import Inbound
from guildhall.people.actions import Known


@dataclass(frozen=True, slots=True)
class Heard:
    """A new message that starts with a command, any private message, or a pressed button.

    `message_id` is our id of the message; '' for a button.
    """

    inbound: Inbound
    space: Space
    account: Known
    message_id: str = ""
