#!/usr/bin/env python3
"""Runs a command against a throwaway PostgreSQL cluster made from the machine's own binaries.

`scripts/with_postgres.py [--fast] CMD...` makes a cluster in a private folder, sets DATABASE_URL for CMD (a
Unix socket in a folder of mode 0700, no TCP port), runs it, and removes the cluster whatever happens. With
`--fast` it is not durable: for tests, never for benchmarks. Exit code: CMD's, or 77 when there is no server.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

NO_POSTGRES = 77
PREFIX = "guildhall-pg-"
PR_SET_PDEATHSIG = 1
USER = "guildhall"

FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
ALWAYS = (
    "listen_addresses=",
    "max_connections=200",
    "shared_buffers=256MB",
    "logging_collector=off",
    "timezone=UTC",
)


def find_binaries() -> Path | None:
    """The newest folder under Debian's place (or on PATH) that holds initdb and postgres."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: [int(n) for n in re.findall(r"\d+", str(p))]
    )
    on_path = shutil.which("initdb")
    if on_path:
        folders.insert(0, Path(on_path).resolve().parent)
    usable = [f for f in folders if (f / "initdb").exists() and (f / "postgres").exists()]
    return usable[-1] if usable else None


def server_account() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: then its own account (or nobody) runs it."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise SystemExit("with_postgres: running as root, and neither account postgres nor nobody exists")


def child_setup(account: pwd.struct_passwd | None, signal_when_orphaned: int) -> Callable[[], None]:
    """What a child does between fork and exec: leave root, then ask the kernel to end it with its parent."""
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def setup() -> None:
        if account is not None:
            os.setgroups([])
            os.setgid(account.pw_gid)
            os.setuid(account.pw_uid)
        libc.prctl(PR_SET_PDEATHSIG, signal_when_orphaned)  # after setuid, which clears it
        if os.getppid() != parent:
            os._exit(1)

    return setup


class Cluster:
    """One throwaway cluster: `start`, `stop`, and `pause`/`resume` for tests of trouble."""

    def __init__(self, *, fast: bool = False) -> None:
        binaries = find_binaries()
        if binaries is None:
            raise FileNotFoundError(
                "no PostgreSQL server on this machine (Debian: apt-get install postgresql)"
            )
        self.binaries = binaries
        self.account = server_account()
        sweep_leftovers()
        self.folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        if self.account is not None:
            os.chown(self.folder, self.account.pw_uid, self.account.pw_gid)
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        self.settings = [*ALWAYS, *(FAST if fast else ()), f"unix_socket_directories={self.folder}"]
        self.server: subprocess.Popen[bytes] | None = None
        self.url = f"postgresql://{USER}@/guildhall?host={self.folder}"

    def create(self) -> None:
        """initdb, first start, and the empty database `guildhall`."""
        command = [self.binaries / "initdb", "-D", self.data, "-U", USER, "-A", "trust", "-E", "UTF8"]
        command += ["--locale=C.UTF-8", "--no-sync"]
        done = subprocess.run(
            command,
            preexec_fn=child_setup(self.account, signal.SIGKILL),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        if done.returncode:
            raise RuntimeError(f"initdb failed:\n{done.stdout.decode(errors='replace')}")
        self.start()
        subprocess.run([self.binaries / "createdb", "-h", self.folder, "-U", USER, "guildhall"], check=True)

    def start(self, patience_s: float = 60.0) -> None:
        """Starts the server and waits until it takes connections."""
        command: list[str | Path] = [self.binaries / "postgres", "-D", self.data]
        for setting in self.settings:
            command += ["-c", setting]
        with self.log.open("ab") as log:
            self.server = subprocess.Popen(
                command,
                preexec_fn=child_setup(self.account, signal.SIGQUIT),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )
        until = time.monotonic() + patience_s
        ready = [self.binaries / "pg_isready", "-q", "-h", self.folder, "-U", USER, "-d", "postgres"]
        while subprocess.run(ready).returncode:
            if self.server.poll() is not None or time.monotonic() > until:
                raise RuntimeError(
                    f"PostgreSQL did not start:\n{self.log.read_text(errors='replace')[-4000:]}"
                )
            time.sleep(0.05)

    def stop(self, how: int = signal.SIGINT) -> None:
        """Stops the server: SIGINT is its fast shutdown, SIGQUIT its crash."""
        if self.server is None or self.server.poll() is not None:
            return
        self.server.send_signal(how)
        try:
            self.server.wait(20)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait()

    def remove(self) -> None:
        """Stops at once and deletes every file."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)


def sweep_leftovers() -> None:
    """Removes clusters whose runner was killed before it could clean up."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        found = re.match(rf"{PREFIX}(\d+)-", folder.name)
        if found and not Path(f"/proc/{found.group(1)}").exists():
            shutil.rmtree(folder, ignore_errors=True)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--fast", action="store_true", help="no fsync: for tests, never for benchmarks")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    args = parser.parse_args(argv)
    if not args.command:
        parser.error("give the command to run")
    try:
        cluster = Cluster(fast=args.fast)
    except FileNotFoundError as error:
        print(f"with_postgres: {error}", file=sys.stderr)
        return NO_POSTGRES
    child: subprocess.Popen[bytes] | None = None

    def pass_on(number: int, _frame: object) -> None:
        if child is None:
            raise SystemExit(128 + number)
        child.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, pass_on)
    try:
        cluster.create()
        child = subprocess.Popen(
            args.command,
            env={**os.environ, "DATABASE_URL": cluster.url},
            preexec_fn=child_setup(None, signal.SIGTERM),
        )
        code = child.wait()
        return code if code >= 0 else 128 - code
    finally:
        cluster.remove()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
