"""Web chat as a channel: its pages are in public, its platform is our own database.

Nothing outside happens when an act is performed here, so every verb is exact: what was done is the row,
committed together with the note that it was done.
"""

from guildhall.channels.webchat.adapter import PLATFORM, WebchatAdapter
from guildhall.channels.webchat.raw import (
    delete_body,
    edit_body,
    external_id,
    join_body,
    leave_body,
    message_body,
)

__all__ = [
    "PLATFORM",
    "WebchatAdapter",
    "delete_body",
    "edit_body",
    "external_id",
    "join_body",
    "leave_body",
    "message_body",
]
