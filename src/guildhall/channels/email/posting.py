"""Hands a letter to a mail server: surely taken, surely not, or nobody knows.

The server owns the letter from its answer to the final dot. Everything that fails before the letter's bytes
leave is Temporary or for good; a connection lost after that is Uncertain.
"""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass

from guildhall.channels.email.errors import SignInRefused, away, judge
from guildhall.core.errors import GuildhallError, Permanent, Uncertain
from guildhall.core.text import Text

CONNECT_S, WHOLE_S = 10.0, 60.0
_WHAT = "SMTP"


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server as we sign in to it. `security`: tls, starttls or plain. `user` '' signs in nobody."""

    host: str
    port: int
    security: str
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"Server({self.host}:{self.port})"


def post(server: Server, sender: str, to: str, letter: bytes) -> None:
    """Hand one letter over. Raises Temporary, Refused, Uncertain."""
    smtp = _signed_in(server)
    try:
        _need_room(smtp, letter)
        _expect(smtp.mail(sender, _options(smtp, to, letter)), is_address=False)
        _expect(smtp.rcpt(to), is_address=True)
        _expect(smtp.docmd("DATA"), is_address=False, fine=(354,))
    except (smtplib.SMTPException, OSError) as error:
        smtp.close()
        raise _lost(error) from error
    except GuildhallError:
        smtp.close()
        raise
    try:
        smtp.send(_dotted(letter))
        answer = smtp.getreply()
    except (smtplib.SMTPException, OSError) as error:
        smtp.close()
        raise Uncertain(
            Text(
                "The connection broke while the letter was handed over, so nobody knows whether it was taken "
                f"({type(error).__name__}).",
                f"交付邮件时连接中断，无法确定服务器是否已接收（{type(error).__name__}）。",
            )
        ) from error
    try:
        _expect(answer, is_address=False)
    finally:
        _leave(smtp)


def look(server: Server) -> None:
    """Connect and sign in, and nothing else. Raises Temporary."""
    _leave(_signed_in(server))


def _signed_in(server: Server) -> smtplib.SMTP:
    context = ssl.create_default_context()
    try:
        smtp: smtplib.SMTP
        if server.security == "tls":
            smtp = smtplib.SMTP_SSL(server.host, server.port, timeout=CONNECT_S, context=context)
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=CONNECT_S)
    except (smtplib.SMTPException, OSError) as error:
        raise _lost(error) from error
    try:
        if smtp.sock is not None:
            smtp.sock.settimeout(WHOLE_S)
        smtp.ehlo_or_helo_if_needed()
        if server.security == "starttls":
            smtp.starttls(context=context)
            smtp.ehlo()
        if server.user:
            smtp.login(server.user, server.password)
    except smtplib.SMTPAuthenticationError as error:
        smtp.close()
        said = _words(error.smtp_error)
        raise (
            SignInRefused(_WHAT, f"{error.smtp_code} {said}"[:200])
            if error.smtp_code >= 500
            else away(_WHAT, f"{error.smtp_code} {said}")
        ) from None  # the exchange before it holds the password
    except (smtplib.SMTPException, OSError) as error:
        smtp.close()
        raise _lost(error) from error
    return smtp


def _need_room(smtp: smtplib.SMTP, letter: bytes) -> None:
    most = smtp.esmtp_features.get("size", "")
    if most.isdigit() and 0 < int(most) < len(letter):
        raise Permanent(
            Text(
                f"The letter has {len(letter)} bytes; the server takes at most {most}.",
                f"邮件大小为 {len(letter)} 字节，服务器最多接收 {most} 字节。",
            )
        )


def _options(smtp: smtplib.SMTP, to: str, letter: bytes) -> list[str]:
    options = [f"SIZE={len(letter)}"] if smtp.has_extn("size") else []
    if not to.isascii():
        if not smtp.has_extn("smtputf8"):
            raise Permanent(
                Text("The server takes only addresses in plain letters.", "服务器不支持非 ASCII 邮箱地址。")
            )
        smtp.command_encoding = "utf-8"
        options += ["SMTPUTF8", "BODY=8BITMIME"]
    return options


def _expect(answer: tuple[int, bytes], *, is_address: bool, fine: tuple[int, ...] = (250, 251)) -> None:
    code, said = answer
    if code in fine:
        return
    if not 400 <= code < 600:
        raise away(_WHAT, f"{code} {_words(said)}")
    raise judge(code, _words(said), is_address=is_address)


def _dotted(letter: bytes) -> bytes:
    """Dots at the start of a line doubled, and the dot that ends it."""
    body = letter.replace(b"\r\n.", b"\r\n..")
    if body.startswith(b"."):
        body = b"." + body
    return body + (b".\r\n" if body.endswith(b"\r\n") else b"\r\n.\r\n")


def _leave(smtp: smtplib.SMTP) -> None:
    """Say good-bye; whether it is heard changes nothing."""
    try:
        smtp.quit()
    except (smtplib.SMTPException, OSError):
        smtp.close()


def _lost(error: Exception) -> GuildhallError:
    if isinstance(error, smtplib.SMTPResponseException):
        return away(_WHAT, f"{error.smtp_code} {_words(error.smtp_error)}")
    return away(_WHAT, str(error)[:200] or type(error).__name__)


def _words(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
