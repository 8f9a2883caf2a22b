"""What an answer of a mail server means for a letter: try again, never, or nobody can tell.

Pure. Servers explain themselves in English sentences and enhanced status codes (RFC 3463); the code decides,
the sentence is passed on.
"""

from __future__ import annotations

import re

from guildhall.core.errors import GuildhallError, Permanent, Temporary
from guildhall.core.text import Text

GREYLISTED_S = 300.0
REFUSED_S = 600.0
_STATUS = re.compile(r"\b([45]\.\d{1,3}\.\d{1,3})\b")
_REASONS = {
    "5.1.1": Text("There is no such address.", "收件地址不存在。"),
    "5.1.2": Text("There is no such mail domain.", "收件域名不存在。"),
    "5.1.3": Text("The address is not written correctly.", "收件地址格式不正确。"),
    "5.1.10": Text("The domain takes no mail.", "该域名不接收邮件。"),
    "5.2.1": Text("The mailbox is closed.", "对方邮箱已停用。"),
    "5.2.2": Text("The mailbox is full.", "对方邮箱已满。"),
    "5.2.3": Text("The letter is too large for them.", "邮件超出对方的大小限制。"),
    "5.3.4": Text("The letter is too large for the server.", "邮件超出服务器的大小限制。"),
    "5.7.1": Text("Their server does not take letters from us.", "对方服务器拒收我们的邮件。"),
    "5.7.26": Text(
        "Their server asks for SPF, DKIM or DMARC, which our domain does not have.",
        "对方服务器要求 SPF、DKIM 或 DMARC 验证，而我方域名尚未配置。",
    ),
}


class Refused(Permanent):
    """This letter will never be taken. `enhanced`: the status as in 5.1.1, or ''; `is_address`: it is about
    the address.
    """

    def __init__(self, reason: Text, status: str = "", *, is_address: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.enhanced, self.is_address = reason, status, is_address


class SignInRefused(Temporary):
    """The server does not take the user name and password: nothing goes until there are others."""

    def __init__(self, what: str, said: str) -> None:
        super().__init__(
            Text(
                f"The {what} server refuses the sign-in ({said}). Put in the password again under Settings, "
                "Mailboxes; many providers want an app password.",
                f"{what} 服务器拒绝登录（{said}）。请在“设置 → 邮箱”中重新填写密码（许多服务商要求授权码）。",
            ),
            retry_after=REFUSED_S,
        )


def away(what: str, said: str) -> Temporary:
    """The server does not answer, or not in time."""
    return Temporary(Text(f"The {what} server does not answer: {said}", f"{what} 服务器没有响应：{said}"))


def judge(code: int, said: str, *, is_address: bool) -> GuildhallError:
    """The error for a 4xx or 5xx answer of an SMTP server."""
    said = " ".join(said.split())[:300]
    status = status_in(said)
    if code < 500:
        return Temporary(
            Text(f"The server asks to try later: {code} {said}", f"服务器要求稍后再试：{code} {said}"),
            retry_after=GREYLISTED_S,
        )
    known = _REASONS.get(status)
    if known is None:
        known = Text(f"The server refused: {code} {said}", f"服务器拒收：{code} {said}")
    return Refused(known, status, is_address=is_address and status[:4] in ("", "5.1.", "5.2."))


def reason_of(status: str, said: str) -> Text:
    """Why a letter came back, in both languages."""
    return _REASONS.get(status) or Text(
        f"It was not delivered: {said or status}.", f"未能送达：{said or status}。"
    )


def status_in(said: str) -> str:
    """The enhanced status code in an answer, '' when there is none."""
    found = _STATUS.search(said)
    return found[1] if found else ""
