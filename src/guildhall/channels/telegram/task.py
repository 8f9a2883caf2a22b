"""One act on its way out: with Telegram's ids for what it names and the doorstep it goes by."""

from __future__ import annotations

from dataclasses import dataclass

from guildhall.channels.port import Act, Refs
from guildhall.channels.telegram.doorstep import Doorstep
from guildhall.channels.telegram.errors import reason


@dataclass(frozen=True, slots=True)
class Task:
    """An act with the platform's ids and the doorstep it goes out by."""

    act: Act
    refs: Refs
    door: Doorstep

    @property
    def chat_id(self) -> int:
        return int(self.door.chat)

    @property
    def message_id(self) -> int:
        return _message_id(self.refs.message_external_id)

    @property
    def account_id(self) -> int:
        try:
            return int(self.refs.account_external_id)
        except ValueError:
            raise reason("user_gone") from None


def _message_id(external_id: str) -> int:
    if not external_id.isdigit():
        raise reason("before_migration" if ":" in external_id else "message_gone")
    return int(external_id)
