"""A mailbox's folder over IMAP: what is new in it, one part of a letter, and waiting for more.

The folder is opened for reading only: what staff see in their own mail program, and what counts as read
there, stays as it is. Raises Temporary when the server does not answer, `SignInRefused` when it refuses us.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from email import message_from_bytes
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError, LoginError

from guildhall.channels.email.envelope import MOST_BYTES
from guildhall.channels.email.errors import SignInRefused, away
from guildhall.channels.email.posting import Server
from guildhall.core.errors import Permanent
from guildhall.core.text import Text

CONNECT_S, READ_S = 10.0, 60.0
CUT_BYTES = 256 << 10
_WHAT = "IMAP"
_FOR_NOW = ("UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "TOO MANY", "TRY AGAIN", "RATE")


@dataclass(frozen=True, slots=True)
class Fetched:
    """One letter of the folder."""

    uid: int
    letter: bytes
    is_cut: bool = False


class Folder:
    """An open folder. `validity` changes when the server numbers its letters anew; `next_uid` is what the
    next letter will have.
    """

    def __init__(self, server: Server, name: str) -> None:
        with _told():
            context = ssl.create_default_context() if server.security != "plain" else None
            self._imap = IMAPClient(
                server.host,
                port=server.port,
                ssl=server.security == "tls",
                ssl_context=context if server.security == "tls" else None,
                timeout=SocketTimeout(CONNECT_S, READ_S),
            )
        try:
            with _told():
                if server.security == "starttls":
                    self._imap.starttls(context)
                _sign_in(self._imap, server)
                said: dict[bytes, Any] = self._imap.select_folder(name, readonly=True)
                self.can_wait = bool(self._imap.has_capability("IDLE"))
        except Exception:
            self.close()
            raise
        self.validity = int(said.get(b"UIDVALIDITY", 0))
        self.next_uid = int(said.get(b"UIDNEXT", 1))
        self.count = int(said.get(b"EXISTS", 0))

    def after(self, uid: int, most: int) -> list[int]:
        """The numbers of letters that came after `uid`, oldest first, at most so many."""
        with _told():
            found: Sequence[int] = self._imap.search(["UID", f"{uid + 1}:*"])
        # `n:*` also matches the last letter when there is nothing after it.
        return sorted(one for one in found if one > uid)[:most]

    def since(self, day: date, most: int) -> list[int]:
        """The numbers of letters that came on or after a day, oldest first."""
        with _told():
            found: Sequence[int] = self._imap.search(["SINCE", day])
        return sorted(found)[:most]

    def read(self, uids: Sequence[int]) -> list[Fetched]:
        """These letters, oldest first; of one that is too large its beginning. What is gone is left out."""
        if not uids:
            return []
        with _told():
            sizes = self._imap.fetch(list(uids), [b"RFC822.SIZE"])
            whole = [uid for uid in uids if int(sizes.get(uid, {}).get(b"RFC822.SIZE", 0)) <= MOST_BYTES]
            large = [uid for uid in uids if uid in sizes and uid not in whole]
            found = self._imap.fetch(whole, [b"BODY.PEEK[]"]) if whole else {}
            letters = {
                uid: Fetched(uid, said[b"BODY[]"]) for uid, said in found.items() if said.get(b"BODY[]")
            }
            for uid in large:
                said = self._imap.fetch([uid], [f"BODY.PEEK[]<0.{CUT_BYTES}>"]).get(uid, {})
                body = next((value for name, value in said.items() if name.startswith(b"BODY[]")), None)
                if body:
                    letters[uid] = Fetched(uid, body, is_cut=True)
        return [letters[uid] for uid in sorted(letters)]

    def part(self, uid: int, number: str, most: int) -> bytes:
        """One part of a letter, decoded. Raises Permanent when it is gone or larger than `most`."""
        with _told():
            said = self._imap.fetch(
                [uid], [f"BODY.PEEK[{number}.MIME]", f"BODY.PEEK[{number}]<0.{most * 2}>"]
            )
        found = said.get(uid)
        if not found:
            raise Permanent(Text("The letter is no longer in the mailbox.", "该邮件已不在邮箱中。"))
        head = next((value for name, value in found.items() if name.endswith(b".MIME]")), b"") or b""
        body = next(
            (value for name, value in found.items() if name.startswith(b"BODY[") and b"MIME" not in name), b""
        )
        how = str(message_from_bytes(head).get("Content-Transfer-Encoding", "")).strip().lower()
        content = _decoded(body or b"", how)
        if len(content) > most:
            raise Permanent(
                Text(f"The file is larger than {most} bytes.", f"文件超过 {most} 字节。"),
            )
        return content

    def wait(self, seconds: float) -> bool:
        """Wait for news at most so long; whether there is any. Only when `can_wait`."""
        with _told():
            self._imap.idle()
            try:
                return bool(self._imap.idle_check(timeout=seconds))
            finally:
                self._imap.idle_done()

    def stay(self) -> None:
        """Show that we are still here, and hear of what came."""
        with _told():
            self._imap.noop()

    def close(self) -> None:
        """Leave; whether that is heard changes nothing."""
        try:
            self._imap.logout()
        except (IMAPClientError, OSError, ValueError):
            try:
                self._imap.shutdown()
            except (IMAPClientError, OSError, AttributeError):
                return


def _sign_in(imap: IMAPClient, server: Server) -> None:
    try:
        imap.login(server.user, server.password)
    except LoginError as error:
        said = " ".join(str(error).split())[:200]
        if any(word in said.upper() for word in _FOR_NOW):
            raise away(_WHAT, said) from None
        raise SignInRefused(_WHAT, said) from None


@contextmanager
def _told() -> Iterator[None]:
    """Whatever the library and the network raise, as Temporary."""
    try:
        yield
    except (IMAPClientError, OSError, ValueError, KeyError) as error:
        raise away(_WHAT, " ".join(str(error).split())[:200] or type(error).__name__) from error


def _decoded(body: bytes, how: str) -> bytes:
    if how == "base64":
        try:
            return base64.b64decode(body)
        except (binascii.Error, ValueError):
            return body
    return quopri.decodestring(body) if how == "quoted-printable" else body
