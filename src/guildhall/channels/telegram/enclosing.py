"""Words with a file: which method of Telegram's takes it, and how a file travels only once for each bot.

Loads python-telegram-bot.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import telegram

from guildhall.channels import enclosures
from guildhall.channels.port import Receipt
from guildhall.channels.telegram.task import Task

_METHODS = {"image/png": "photo", "image/jpeg": "photo", "image/webp": "photo", "image/gif": "animation",
            "video/mp4": "video", "audio/mpeg": "audio", "audio/ogg": "voice"}  # fmt: skip


def speak(task: Task, **how: Any) -> Receipt:
    """Send the words of an act, with its file if it has one. `how`: place, look, what is answered. Raises
    NotFound when the file is no longer kept.
    """
    if not task.act.media:
        sent = task.door.say("send_message", text=task.act.text, **how)
        return Receipt(str(sent.message_id))
    digest, where = task.act.media[0], f"telegram:{task.door.bot_id}"
    file = enclosures.read(digest)
    kind = _METHODS.get(file.mime, "document")
    given: Any = enclosures.known(digest, where) or telegram.InputFile(file.body, filename=file.name)
    sent = task.door.say(f"send_{kind}", caption=task.act.text, **{kind: given}, **how)
    kept = _file_id(sent, kind)
    return Receipt(
        str(sent.message_id), record=partial(enclosures.note_kept, digest, where, kept) if kept else None
    )


def _file_id(sent: telegram.Message, kind: str) -> str:
    found: Any = getattr(sent, kind, None) or sent.document
    if isinstance(found, tuple | list):
        found = found[-1] if found else None
    return str(found.file_id) if found is not None else ""
