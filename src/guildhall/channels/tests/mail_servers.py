"""Real mail servers on loopback for tests: aiosmtpd takes what we send, pymap keeps what we read.

They run in threads of their own and are stopped by their `with`. What an SMTP server can do to a letter
(refuse the address, ask to try later, vanish with the letter in hand) is scripted by address.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
import warnings
from argparse import Namespace
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from imapclient import IMAPClient
from pymap.backend.dict import DictBackend
from pymap.imap import IMAPService

logging.getLogger("mail.log").setLevel(logging.ERROR)
USER, PASSWORD = "guild", "an app password"


@dataclass(slots=True)
class Outbox:
    """What a mail server took, and how it treats recipients: `answers` by address at RCPT, `after_data` as
    the answer to a whole letter, `vanishes` hangs up instead of answering.
    """

    port: int = 0
    taken: list[Envelope] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    after_data: list[str] = field(default_factory=list)
    vanishes: int = 0
    keeps_what_vanishes: bool = True

    @property
    def letters(self) -> list[Message]:
        return [message_from_bytes(one.original_content or b"") for one in self.taken]

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.vanishes:
            self.vanishes -= 1
            if self.keeps_what_vanishes:
                self.taken.append(envelope)
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
            return "250 nobody hears this"
        if self.after_data:
            return self.after_data.pop(0)
        self.taken.append(envelope)
        return "250 2.0.0 taken"


def _knows(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
    fine = isinstance(given, LoginPassword) and (given.login, given.password) == (
        USER.encode(),
        PASSWORD.encode(),
    )
    return AuthResult(success=fine, handled=fine)


@contextlib.contextmanager
def smtp_server() -> Iterator[Outbox]:
    outbox = Outbox(port=_free_port())
    controller = Controller(
        outbox,
        hostname="127.0.0.1",
        port=outbox.port,
        authenticator=_knows,
        auth_required=True,
        auth_require_tls=False,
        enable_SMTPUTF8=False,
        data_size_limit=1 << 20,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of passwords without TLS, which loopback is for
        controller.start()
    try:
        yield outbox
    finally:
        controller.stop()


@dataclass(slots=True)
class Inbox:
    """A mailbox on an IMAP server; `deliver` puts a letter into it as the provider would."""

    port: int

    def deliver(self, *letters: bytes, folder: str = "INBOX") -> None:
        with self.signed_in() as imap:
            for letter in letters:
                imap.append(folder, letter)

    def seen(self) -> int:
        """How many of its letters count as read."""
        with self.signed_in() as imap:
            imap.select_folder("INBOX", readonly=True)
            return len(imap.search(["SEEN"]))

    @contextlib.contextmanager
    def signed_in(self) -> Iterator[IMAPClient]:
        imap = IMAPClient("127.0.0.1", port=self.port, ssl=False, timeout=10)
        try:
            imap.login(USER, PASSWORD)
            yield imap
        finally:
            imap.shutdown()


@contextlib.contextmanager
def imap_server(*, can_idle: bool = True) -> Iterator[Inbox]:
    port = _free_port()
    args = Namespace(
        host="127.0.0.1", port=port, debug=False, cert=None, key=None, tls=False, proxy_protocol=None,
        inherited_sockets=None, demo_data=False, demo_user=USER, demo_password=PASSWORD, passlib_cfg=None,
    )  # fmt: skip
    loop = asyncio.new_event_loop()
    up, down = threading.Event(), asyncio.Event()

    async def serve() -> None:
        backend, config = await DictBackend.init(
            args, secure_auth=False, invalid_user_sleep=0.0, disable_idle=not can_idle
        )
        config.apply_context()
        async with AsyncExitStack() as stack:
            await backend.start(stack)
            await IMAPService(backend, config).start(stack)
            up.set()
            await down.wait()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(serve())
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert up.wait(10)
    try:
        yield Inbox(port)
    finally:
        loop.call_soon_threadsafe(down.set)
        thread.join(5)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
