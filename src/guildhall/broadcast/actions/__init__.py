"""The only writers of the broadcast room, and the one way for other rooms to say something to many.

`announce` is what other rooms call. `writing` makes versions, `sending` lets them go, `turning` sends them
place by place, `steering` pauses, stops and sends again, `afterwards` takes back and corrects, `following`
looks after all of it every minute.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from guildhall.broadcast.actions.afterwards import correct, take_back
from guildhall.broadcast.actions.sending import ask_again, begin_missed, submit, unschedule
from guildhall.broadcast.actions.steering import pause, resend_failed, resume, settle, stop, try_held
from guildhall.broadcast.actions.writing import (
    Written,
    copy,
    create,
    discard,
    find,
    rewrite,
    try_out,
    version_of,
)
from guildhall.broadcast.audience import Audience
from guildhall.broadcast.content import Content, LinkButton, parse_content
from guildhall.broadcast.models import Broadcast
from guildhall.broadcast.timing import Schedule
from guildhall.compliance.acts import Act
from guildhall.core.text import Text

__all__ = [
    "Audience",
    "Content",
    "LinkButton",
    "Schedule",
    "Written",
    "announce",
    "ask_again",
    "begin_missed",
    "copy",
    "correct",
    "create",
    "discard",
    "find",
    "pause",
    "resend_failed",
    "resume",
    "rewrite",
    "settle",
    "stop",
    "submit",
    "take_back",
    "try_held",
    "try_out",
    "unschedule",
    "version_of",
]


def announce(
    name: str,
    texts: Text | Mapping[str, str],
    audience: Audience,
    *,
    act: Act,
    by: str,
    origin: str,
    subject: str = "",
    buttons: Sequence[LinkButton] = (),
    files: Sequence[str] = (),
    schedule: Schedule | None = None,
) -> Broadcast:
    """Say something to many, for another room (`origin`): written and let go in the caller's transaction.

    It begins at once or by `schedule`; above the size that needs four eyes it waits for somebody else. What
    compliance holds back is shown with the run. Raises BadInput.
    """
    words = {"en": texts.en, "zh-hans": texts.zh} if isinstance(texts, Text) else dict(texts)
    content = parse_content(
        Content(tuple(words.items()), tuple(buttons), tuple(files), fallback=next(iter(words), "")).to_json()
    )
    written = Written(act, content, audience, schedule or Schedule())
    made = create(name, written, by, origin=origin, subject=subject)
    return submit(made.id, by, made.version)
