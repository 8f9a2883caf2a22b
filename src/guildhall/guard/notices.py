"""What a member is told: that a message was removed and how to appeal, that it was a mistake, how an appeal
ended, what was done by hand.

A removal is told in both languages, because the member's is often not known yet; the rest in theirs when it
is.

Compliance must clear every word that is sent, and stands on our own floor: whoever wires the house up
registers where clearances come from. Without one no notice goes out (the removal itself does not wait for
it).
"""

from __future__ import annotations

from collections.abc import Callable

from guildhall.channels import registry
from guildhall.channels.actions import AFTER, Wanted
from guildhall.channels.models import Space
from guildhall.channels.port import Act, Button, Verb
from guildhall.core.clearance import Clearance
from guildhall.core.text import Text
from guildhall.guard import rulebook
from guildhall.guard.types import Reason
from guildhall.people.models import Account

ClearanceSource = Callable[[str, str, str], Clearance | None]
"""(region, content, language) -> the clearance for a moderation notice, or None when it must not be sent."""

_source: ClearanceSource | None = None

APPEAL_DATA = "appeal:"
"""A pressed button carries this and our message id; intake turns it into `actions.open_appeal`."""


def clearance_source(source: ClearanceSource | None) -> None:
    """Register where clearances for notices come from."""
    global _source
    _source = source


def clear(region: str, content: str, language: str) -> Clearance | None:
    """A clearance for a notice, or None when nobody can give one."""
    return _source(region, content, language) if _source is not None else None


def removal(reasons: tuple[Reason, ...], *, muted_s: int | None = None) -> str:
    """The notice for a removed message, English and Chinese, with the heaviest reason's family (never its
    exact words). muted_s: for how long the member may not write either; 0 until lifted.
    """
    why = rulebook.family(reasons[0].rule_id) if reasons else Text("house rules", "群规")
    muted = Text("", "") if muted_s is None else _muted(muted_s)
    return (
        f"A message of yours was removed ({why.en}). {muted.en}"
        "If this is a mistake, appeal and a person will look at it.\n"
        f"您的一条消息已被移除（{why.zh}）。{muted.zh}如有误判，请申诉，由人工复核。"
    )


def _muted(seconds: int) -> Text:
    if not seconds:
        return Text("You cannot write here until that is lifted. ", "您已被禁言，直至解除。")
    size, en, zh = next(unit for unit in _UNITS if seconds >= unit[0] or unit[0] == 60)
    n = max(1, round(seconds / size))
    return Text(f"You cannot write here for {n} {en}{'s' if n > 1 else ''}. ", f"您已被禁言 {n} {zh}。")


def appeal_button(message_id: str) -> Button:
    return Button("Appeal · 申诉", data=f"{APPEAL_DATA}{message_id}")


_UNITS = ((86_400, "day", "天"), (3600, "hour", "小时"), (60, "minute", "分钟"))

REMOVED_BY_MISTAKE = Text(
    "A message of yours was removed by mistake. We are sorry; you may post it again.",
    "您的一条消息被误删，抱歉。您可以重新发送。",
)
APPEAL_TAKEN = Text(
    "Your appeal was received. A person will look at it, and you will be told.",
    "已收到您的申诉，将由人工复核，结果会通知您。",
)
APPEAL_REFUSED = Text(
    "A person looked at your appeal: the removal stands.", "您的申诉已由人工复核：维持移除。"
)
APPEAL_CLOSED = Text("Your appeal was closed without a change.", "您的申诉已关闭，处理结果不变。")
APPEAL_GRANTED_BACK = Text(
    "Your appeal was granted: the message was removed by mistake and is back. We are sorry.",
    "您的申诉已通过：消息被误删，现已恢复。抱歉。",
)
APPEAL_GRANTED_AGAIN = Text(
    "Your appeal was granted: the message was removed by mistake. We are sorry; you may post it again.",
    "您的申诉已通过：消息被误删，抱歉。您可以重新发送。",
)


def spoken(words: Text, language: str) -> str:
    """The sentence in the language somebody is spoken to in; in both when that is not known."""
    return words.for_language(language) if language else f"{words.en}\n{words.zh}"


def tell(
    space: Space,
    account_id: str,
    words: Text,
    *,
    about: str = "",
    cause: str = "",
    both: bool = False,
    after: str = "",
) -> Wanted | None:
    """What would tell one member something, under the message `about` and once `after` has happened; None
    where the platform cannot or compliance does not let it. The caller queues it.
    """
    adapter = registry.get(space.platform)
    verb = next((verb for verb in (Verb.WARN, Verb.REPLY) if adapter.capabilities[verb].supported), None)
    if verb is None:
        return None
    language = Account.objects.filter(pk=account_id).values_list("member__language", flat=True).first()
    text = spoken(words, "" if both else language or "")
    clearance = clear(space.region, text, language or space.language)
    if clearance is None:
        return None
    params = ((AFTER, after),) if after else ()
    act = Act(verb, space.id, account_id=account_id, text=text, reply_to=about, params=params)
    return Wanted(act, clearance, None, cause)
