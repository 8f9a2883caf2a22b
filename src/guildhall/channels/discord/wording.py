"""What every message of ours has: its words as they are, ringing for nobody, its controls and files; and
where it stands, noted once it was said.
"""

from __future__ import annotations

from typing import Any

from guildhall.channels import enclosures
from guildhall.channels.discord import buttons
from guildhall.channels.discord.checks import is_yes, params_of
from guildhall.channels.discord.client import File
from guildhall.channels.discord.task import Task
from guildhall.channels.models import Message
from guildhall.core.errors import NotFound, Permanent

NO_PREVIEW, ONLY_YOU, SILENT = 1 << 2, 1 << 6, 1 << 12
CALLS_NOBODY: dict[str, Any] = {"parse": []}


def body_of(task: Task) -> dict[str, Any]:
    """A message as it is: no word in it rings for anybody."""
    body: dict[str, Any] = {"content": task.act.text, "allowed_mentions": CALLS_NOBODY}
    rows = buttons.components(task.act.buttons, task.act.params)
    if rows:
        body["components"] = rows
    params = params_of(task.act)
    flags = (SILENT if is_yes(params, "silent") else 0) | (NO_PREVIEW if is_yes(params, "plain") else 0)
    if flags:
        body["flags"] = flags
    return body


def files_of(task: Task) -> tuple[File, ...]:
    """The files that go along. Raises Permanent when one is no longer kept."""
    try:
        found = [enclosures.read(digest) for digest in task.act.media]
    except NotFound as gone:
        raise Permanent(gone.text) from gone
    return tuple(File(one.name, one.mime, one.body) for one in found)


def keep_place(space_id: str, external_id: str, channel: str) -> None:
    """Where in the server our message stands."""
    Message.objects.filter(space_id=space_id, external_id=external_id, thread_id="").update(thread_id=channel)


def keep_topic(space_id: str, thread: str, name: str, *, is_closed: bool) -> None:
    from guildhall.channels.actions.echoes import TopicSeen, record_topics

    record_topics([TopicSeen(space_id, thread, name, is_closed)])
