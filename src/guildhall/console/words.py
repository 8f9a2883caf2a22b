"""What the work pages call things: measures, case kinds and states, with the colour each of them means."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Word = tuple[str | Promise, str]
"""A word in the reader's language, and the colour of its tag ('' is grey)."""

MEASURES: dict[str, Word] = {
    "allow": (_("left alone"), ""),
    "review": (_("for review"), "amber"),
    "delete": (_("removed"), "red"),
    "warn": (_("warned"), "amber"),
    "restrict": (_("restricted"), "red"),
    "ban": (_("banned"), "red"),
}
BY_HAND: dict[str, Word] = {
    "warn": (_("warned"), "amber"),
    "mute": (_("restricted"), "red"),
    "ban": (_("banned"), "red"),
    "unmute": (_("restriction lifted"), "blue"),
    "unban": (_("ban lifted"), "blue"),
}
CASE_KINDS: dict[str, Word] = {
    "verdict": (_("verdict"), "red"),
    "sample": (_("sample"), ""),
    "report": (_("report"), "blue"),
    "appeal": (_("appeal"), "amber"),
}
CASE_STATES: dict[str, Word] = {
    "open": (_("open case"), "amber"),
    "upheld": (_("upheld"), "green"),
    "undone": (_("undone"), "blue"),
    "dismissed": (_("dismissed"), ""),
}
MODES: dict[str, Word] = {
    "shadow": (_("only watching"), ""),
    "review": (_("asks a moderator"), "amber"),
    "act": (_("acts"), "green"),
}
MEMBER_STATES: dict[str, Word] = {
    "member": (_("member"), ""),
    "admin": (_("administrator"), "blue"),
    "owner": (_("space owner"), "blue"),
    "restricted": (_("restricted"), "amber"),
    "banned": (_("banned"), "red"),
    "left": (_("left"), ""),
}
LANGUAGES: dict[str, str | Promise] = {
    "en": "English",
    "zh": "中文",
    "zh-hans": "简体中文",
    "zh-hant": "繁體中文",
}
"""Each language is called by its own name, in every language."""


def word(table: dict[str, Word], code: str) -> Word:
    """The word for a code; the code itself, in grey, when the table does not know it."""
    return table.get(code, (code, ""))


VERBS: dict[str, str | Promise] = {
    "send": _("say something"),
    "reply": _("answer a message"),
    "edit": _("change what we said"),
    "delete": _("remove a message"),
    "restore": _("bring a removed message back"),
    "restrict": _("let a member read but not write"),
    "unrestrict": _("lift a restriction"),
    "kick": _("put a member out"),
    "ban": _("ban a member"),
    "unban": _("lift a ban"),
    "warn": _("warn one member"),
    "pin": _("pin a message"),
    "unpin": _("unpin a message"),
    "react": _("react with an emoji"),
    "answer_button": _("answer a pressed button"),
    "approve_join": _("let somebody in who asked"),
    "decline_join": _("turn away somebody who asked"),
    "create_topic": _("open a topic"),
    "close_topic": _("close a topic"),
    "send_poll": _("ask in a poll"),
    "close_poll": _("close a poll"),
    "slow_mode": _("slow the conversation down"),
    "lock": _("lock the space in a raid"),
    "unlock": _("unlock the space"),
    "set_title": _("change the title"),
    "create_invite": _("make an invite link"),
    "revoke_invite": _("revoke an invite link"),
    "promote": _("make somebody an administrator"),
    "demote": _("take administrator rights away"),
    "leave_space": _("leave the space"),
}
