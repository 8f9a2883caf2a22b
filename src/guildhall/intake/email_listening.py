"""Reads the folder of a mailbox, has what is new recorded, and only then remembers how far it got.

The folder is never changed: the place reached is ours (`uid_validity`, `last_uid`), kept after the commit,
and what was recorded but not remembered is known by its delivery key. When a server numbers its letters anew,
those of the last days are read again; they are known by their Message-IDs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, cast

from guildhall.channels.email import AWAY, PLATFORM, mailboxes
from guildhall.channels.email.envelope import wrap
from guildhall.channels.email.errors import SignInRefused
from guildhall.channels.email.models import Mailbox
from guildhall.channels.port import Platform
from guildhall.core import clock
from guildhall.core.errors import Temporary
from guildhall.core.log import get_logger
from guildhall.intake.listening import Listener

WAIT_S = 25.0
ASK_S = 30.0
PAGE = 25
AGAIN_DAYS = timedelta(days=3)
_MOST_AGAIN = 5_000
_logger = get_logger(__name__)


class Letter(Protocol):
    """One letter as a folder gives it."""

    @property
    def uid(self) -> int: ...
    @property
    def letter(self) -> bytes: ...
    @property
    def is_cut(self) -> bool: ...


class Folder(Protocol):
    """An open folder of a mailbox."""

    validity: int
    next_uid: int
    can_wait: bool

    def after(self, uid: int, most: int) -> list[int]: ...
    def since(self, day: datetime, most: int) -> list[int]: ...
    def read(self, uids: list[int]) -> Collection[Letter]: ...
    def wait(self, seconds: float) -> bool: ...
    def stay(self) -> None: ...
    def close(self) -> None: ...


Connect = Callable[[Mailbox], Folder]


def imap_folder(mailbox: Mailbox) -> Folder:
    """The folder of the mailbox's settings, with the password as it is kept now."""
    from guildhall.channels.email.folder import Folder as OverImap  # loads the library

    return cast(Folder, OverImap(mailboxes.server(mailbox, mailboxes.IMAP), mailbox.folder))


class Reader(Listener):
    """Reads one mailbox until told to stop."""

    away = AWAY

    def __init__(self, mailbox: Mailbox, lease_until: datetime, connect: Connect = imap_folder) -> None:
        super().__init__(PLATFORM, mailboxes.key_of(mailbox), lease_until)
        self.mailbox = mailbox
        self._connect = connect
        self._folder: Folder | None = None
        self._again: list[int] = []

    def close(self) -> None:
        folder, self._folder = self._folder, None
        if folder is not None:
            folder.close()

    def turn(self) -> None:
        """Record what is new, or wait for it."""
        try:
            if not self._read():
                self._wait()
        except SignInRefused as refused:
            self.close()
            _logger.error("gateway.sign_in_refused", mailbox=self.mailbox.pk)
            self.tell(partial(mailboxes.note_refused, self.mailbox.pk, mailboxes.IMAP, refused))
            self.stop()
        except Temporary as error:
            self.close()
            self.tell(partial(mailboxes.note_away, self.mailbox.pk, mailboxes.IMAP, error.text))
            raise

    def _read(self) -> int:
        """How many were new."""
        folder = self._open()
        if self._again:
            uids, self._again = self._again[:PAGE], self._again[PAGE:]
        else:
            uids = folder.after(self.mailbox.last_uid, PAGE)
        if not uids or self.stop_asked.is_set():
            return 0
        now = clock.now()
        letters = folder.read(uids)
        bodies = [
            wrap(self.mailbox, one.letter, now, uid=f"{folder.validity}:{one.uid}", is_cut=one.is_cut)
            for one in letters
        ]
        if bodies:
            self.record(bodies)
        self._reached(max(self.mailbox.last_uid, uids[-1]))
        return len(uids)

    def _open(self) -> Folder:
        """The open folder. At first, what lies there already stays unread: it is from before our time."""
        if self._folder is not None:
            return self._folder
        folder = self._folder = self._connect(self.mailbox)
        self.tell(partial(mailboxes.note_fine, self.mailbox.pk, mailboxes.IMAP))
        if folder.validity != self.mailbox.uid_validity:
            was_read = self.mailbox.uid_validity != 0
            self._again = folder.since(clock.now() - AGAIN_DAYS, _MOST_AGAIN) if was_read else []
            self.mailbox.uid_validity = folder.validity
            if not self._again:
                self._reached(folder.next_uid - 1)
            else:
                self.mailbox.last_uid = self._again[0] - 1
        return folder

    def _reached(self, uid: int) -> None:
        mailboxes.note_read(self.mailbox.pk, self.mailbox.uid_validity, uid)
        self.mailbox.last_uid = uid

    def _wait(self) -> None:
        """Until the server tells of something, or it is time to ask."""
        folder = self._open()
        if folder.can_wait:
            folder.wait(WAIT_S)
        else:
            self.stop_asked.wait(ASK_S)
            folder.stay()


class EmailListening:
    """All mailboxes that are read over IMAP."""

    platform: Platform = PLATFORM

    def __init__(self, connect: Connect = imap_folder) -> None:
        self._connect = connect

    def wanted(self) -> Mapping[str, object]:
        return {mailboxes.key_of(mailbox): mailbox for mailbox in mailboxes.to_read()}

    def take(self, row: object, owner: str) -> datetime | None:
        return mailboxes.read_by(cast(Mailbox, row), owner)

    def give_back(self, owner: str, keys: Collection[str]) -> None:
        mailboxes.let_go(owner, mailboxes.ids_of(keys))

    def note_heard(self, keys: Collection[str]) -> None:
        mailboxes.note_heard(mailboxes.ids_of(keys))

    def listen(self, row: object, until: datetime) -> Listener:
        return Reader(cast(Mailbox, row), until, self._connect)
