"""`guildhall up`: prepares the house, starts web, workers and ticker, and starts again whatever dies.

A gateway runs while a file in the data directory says that one is wanted. Holds the lock that keeps a second
`up` off the same data directory. Knows nothing of what the processes do; it loads no Django, so that
watching costs 15 MB. Children end with it, even when it is killed.
"""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from guildhall.cli.orphans import die_with
from guildhall.cli.stamp import DEMO_UNBUILT, is_owner_settled, is_prepared
from guildhall.core.errors import GuildhallError
from guildhall.core.settings import Settings, load
from guildhall.core.text import Text

OK, FAILED, REFUSED = 0, 1, 3
STEADY_S = 10.0
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 15.0
GRACE_S = 25.0
# Whoever signals a process often signals its group as well: that is one request, not two.
SAME_SIGNAL_S = 1.0
PATIENCE_S = 60.0
PREPARE_TRIES = 3
LOOK_S = 1.0
DEMO_AFTER_S = 3.0
"""The house opens first."""
GATEWAY = "gateway"
GATEWAYS_WANTED = "gateways"
"""The file in the data directory that is there while a gateway is wanted (the ticker keeps it right)."""
ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
WATCHED = (*ENDING, signal.SIGCHLD)


class Refused(Exception):
    """The house cannot be started here now; the message says why and what to do."""


@dataclass(slots=True)
class Child:
    """One process that has to be there: how to start it, and how it has fared."""

    name: str
    arguments: tuple[str, ...]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    early_ends: int = 0
    wanted_while: Path | None = None
    """Runs only while this file is there."""
    dismissed_at: float | None = None
    """When it was asked to end because it was not wanted any more."""

    @property
    def is_wanted(self) -> bool:
        """Whether it has to run now."""
        return self.wanted_while is None or self.wanted_while.exists()

    def pause(self, lived_s: float) -> float:
        """Seconds to wait before the next start: doubling while it keeps ending early."""
        self.early_ends = 0 if lived_s >= STEADY_S else self.early_ends + 1
        if not self.early_ends:
            return SHORTEST_PAUSE_S
        return min(SHORTEST_PAUSE_S * 2 ** (self.early_ends - 1), LONGEST_PAUSE_S)


def wanted_children(settings: Settings) -> list[Child]:
    """Web, workers, ticker and gateway of one machine, each started the way it would be started alone."""
    children = [Child("web", ("web",)), Child("ticker", ("ticker", "--name", "ticker"))]
    for number in range(1, settings.workers + 1):
        children.append(Child(f"worker-{number}", ("worker", "--name", f"worker-{number}")))
    wanted_while = settings.data_dir / GATEWAYS_WANTED
    children.append(Child(GATEWAY, (GATEWAY, "--name", GATEWAY), wanted_while=wanted_while))
    return children


def demo_builder(settings: Settings) -> Child:
    """Who builds the demo world beside the house, while there is something of it left to build."""
    unbuilt = settings.data_dir / DEMO_UNBUILT
    begins = time.monotonic() + DEMO_AFTER_S
    return Child("demo", ("demo", "build", "--unfinished"), wanted_while=unbuilt, start_at=begins)


def up() -> int:
    """Run the house until told to stop; returns the exit code."""
    try:
        settings = load(os.environ)
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with hold(settings):
            refuse_taken_port(settings)
            afterwards = prepare(settings)
            children = [*wanted_children(settings), demo_builder(settings)]
            return Supervisor(settings, children, afterwards).run()
    except GuildhallError as error:
        say(error.message.en if isinstance(error.message, Text) else error.message)
    except Refused as error:
        say(str(error))
    except OSError as error:
        say(f"{error.strerror}: {error.filename or ''}")
    return REFUSED


def say(line: str) -> None:
    """One line for the person at the terminal."""
    print(f"guildhall: {line}", file=sys.stderr, flush=True)


def hold(settings: Settings) -> IO[str]:
    """The lock of this data directory, as long as the returned file is open; Refused when another has it."""
    path = settings.data_dir / "up.lock"
    file = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise
        file.seek(0)
        pid, _, address = file.read().strip().partition(" ")
        file.close()
        raise Refused(
            f"already running on {settings.data_dir} (process {pid or '?'}, {address or 'starting'}). "
            "Stop that one first, or give this one its own GUILDHALL_DATA_DIR and GUILDHALL_PORT."
        ) from None
    file.truncate(0)
    file.write(f"{os.getpid()} {settings.public_url}")
    file.flush()
    return file


def is_running(data_dir: Path) -> bool:
    """Whether a supervisor holds this data directory now."""
    try:
        with (data_dir / "up.lock").open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return False
    except FileNotFoundError:
        return False
    except OSError:
        return True


def refuse_taken_port(settings: Settings) -> None:
    """Raises Refused when another program listens where web should."""
    family = socket.AF_INET6 if ":" in settings.bind else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.bind, settings.port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise Refused(
                    f"port {settings.port} is taken by another program; choose another with GUILDHALL_PORT."
                ) from None
            raise Refused(f"cannot listen on {settings.bind}:{settings.port}: {error.strerror}") from None


def prepare(settings: Settings) -> list[tuple[str, ...]]:
    """Database, static files, first owner and demo spaces; nothing when all is as it was. Raises Refused.

    Returns what can wait until the house is open: a fresh sign-in link while no owner has settled.
    """
    if is_prepared(settings):
        return [] if is_owner_settled(settings) else [("prepare",)]
    for _ in range(PREPARE_TRIES):
        done = subprocess.run(command("prepare"), preexec_fn=child_setup(os.getpid()), check=False)
        if done.returncode == 0:
            return []
        if done.returncode > 0:
            break
        # Killed from outside, for want of memory perhaps: every step of it can be taken again.
        say(f"preparing {how_it_ended(done.returncode)}, trying again")
    raise Refused("could not prepare the database and files; the reason stands above.")


def command(*arguments: str) -> list[str]:
    """How this installation starts one of its own commands."""
    return [sys.executable, "-m", "guildhall", *arguments]


def child_setup(parent: int) -> Callable[[], None]:
    """What a child does between fork and exec: take no signals of ours, end when we end."""

    def setup() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        die_with(parent)

    return setup


class Supervisor:
    """Keeps the wanted children alive until a signal ends it."""

    def __init__(
        self, settings: Settings, children: Sequence[Child], afterwards: Sequence[tuple[str, ...]] = ()
    ) -> None:
        self.settings = settings
        self.children = list(children)
        self.announced = False
        self.afterwards = list(afterwards)
        self.passing: list[subprocess.Popen[bytes]] = []

    def run(self) -> int:
        """Start, watch, stop. A second signal while stopping kills at once."""
        signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
        began = time.monotonic()
        while True:
            now = time.monotonic()
            self.look_after(now)
            if not self.announced:
                self.announce(now - began)
            received = signal.sigtimedwait(WATCHED, self.until_next(time.monotonic()))
            if received is not None and received.si_signo in ENDING:
                return self.stop()

    def until_next(self, now: float) -> float:
        """Seconds until something has to be looked at without a signal."""
        waits = [child.start_at - now for child in self.children if child.process is None and child.is_wanted]
        if any(child.wanted_while is not None for child in self.children):
            waits.append(LOOK_S)
        if not self.announced:
            waits.append(0.05)
        return max(0.01, min(waits, default=3600.0))

    def look_after(self, now: float) -> None:
        """Note who ended; start who is due."""
        self.passing = [process for process in self.passing if process.poll() is None]
        for child in self.children:
            if child.process is not None and (code := child.process.poll()) is not None:
                self.note_end(child, child.process.pid, code, now)
            if not child.is_wanted:
                self.dismiss(child, now)
            elif child.process is None and now >= child.start_at:
                self.start(child, now)

    def note_end(self, child: Child, pid: int, code: int, now: float) -> None:
        """A child is gone: it was dismissed, or it comes back after a pause."""
        child.process = None
        if child.dismissed_at is not None or not child.is_wanted:
            child.dismissed_at = None
            say(f"{child.name} (process {pid}) is no longer needed")
            return
        pause = child.pause(now - child.started_at)
        child.start_at = now + pause
        say(f"{child.name} (process {pid}) {how_it_ended(code)}; starts again in {pause:.1f} s")

    def dismiss(self, child: Child, now: float) -> None:
        """Ask a child that is not wanted to end, and end it after the grace."""
        if child.process is None:
            return
        if child.dismissed_at is None:
            child.dismissed_at = now
            child.process.terminate()
        elif now - child.dismissed_at > GRACE_S:
            child.process.kill()

    def start(self, child: Child, now: float) -> None:
        """Start one child in a process group of its own, so that Ctrl-C reaches only us."""
        environment = {**os.environ, "MALLOC_ARENA_MAX": os.environ.get("MALLOC_ARENA_MAX", "2")}
        child.started_at = now
        try:
            child.process = subprocess.Popen(
                command(*child.arguments),
                env=environment,
                stdin=subprocess.DEVNULL,
                preexec_fn=child_setup(os.getpid()),
                process_group=0,
            )
        except OSError as error:
            child.start_at = now + child.pause(0.0)
            say(f"{child.name} cannot be started: {error.strerror}")

    def announce(self, waited_s: float) -> None:
        """Say where the house is, once it answers."""
        if answers(self.settings):
            self.announced = True
            say(f"open {self.settings.public_url}/   (Ctrl-C stops it)")
            for arguments in self.afterwards:
                self.passing.append(
                    subprocess.Popen(
                        command(*arguments), preexec_fn=child_setup(os.getpid()), process_group=0
                    )
                )
        elif waited_s > PATIENCE_S:
            self.announced = True
            say(f"web has not answered for {PATIENCE_S:.0f} s; its log stands above")

    def stop(self) -> int:
        """Ask all children to end; kill the rest after the grace, or at once at a second signal."""
        say("stopping")
        alive = [child.process for child in self.children if child.process is not None]
        for process in alive:
            process.terminate()
        began = time.monotonic()
        until = began + GRACE_S
        while alive := [process for process in alive if process.poll() is None]:
            left = until - time.monotonic()
            received = signal.sigtimedwait(WATCHED, max(0.0, min(left, 1.0)))
            insisted = received is not None and received.si_signo in ENDING
            if left <= 0 or (insisted and time.monotonic() - began > SAME_SIGNAL_S):
                for process in alive:
                    process.kill()
                    process.wait()
                say(f"{len(alive)} processes had to be killed")
                return FAILED
        say("stopped")
        return OK


def how_it_ended(code: int) -> str:
    """An exit code in words."""
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with code {code}"


def answers(settings: Settings) -> bool:
    """Whether web answers /healthz now."""
    listens_everywhere = not settings.bind.strip("0.:")
    host = ("::1" if ":" in settings.bind else "127.0.0.1") if listens_everywhere else settings.bind
    try:
        with socket.create_connection((host, settings.port), timeout=1.0) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return b" 200 " in connection.recv(64)
    except OSError:
        return False
