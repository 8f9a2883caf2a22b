"""A real house for tests that must see the whole of it: `guildhall up` on a data directory and port of its own.

Starts, watches, kills and stops it, and reads its log. Everything it starts dies with the test process.
"""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from guildhall.cli.orphans import die_with
from tests import ready_database

REPOSITORY = Path(__file__).resolve().parent.parent
COMMAND = [sys.executable, "-m", "guildhall"]


def free_port() -> int:
    """A loopback port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], Any], seconds: float = 20.0, what: str = "it") -> Any:
    """The first true answer of `condition`; AssertionError when there is none in time."""
    until = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        assert time.monotonic() < until, f"waited {seconds:.0f} s for {what}"
        time.sleep(0.05)


@dataclass(frozen=True, slots=True)
class Answer:
    """What web answered."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


_SHELL = """
import io, json, os, sys, traceback
from contextlib import redirect_stdout
from guildhall.cli.app import start_django
start_django()
from django.db import close_old_connections, connections
for line in sys.stdin:
    said, trouble = io.StringIO(), ""
    close_old_connections()
    try:
        with redirect_stdout(said):
            exec(compile(json.loads(line), "<the test>", "exec"), {"__name__": "__main__", "json": json, "os": os})
    except BaseException:
        trouble = traceback.format_exc()
    connections.close_all()
    print(json.dumps([said.getvalue(), trouble]), flush=True)
"""


class Shell:
    """A process that has started Django on a house's settings and runs what it is given, one piece after another."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        parent = os.getpid()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _SHELL], env=dict(settings), cwd=REPOSITORY, text=True, errors="replace",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            preexec_fn=lambda: die_with(parent),
        )  # fmt: skip

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, code: str, seconds: float) -> Any:
        """The JSON of the last line that `code` printed; AssertionError with its traceback when it failed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(code) + "\n")
        self._process.stdin.flush()
        late = threading.Timer(seconds, self._process.kill)
        late.start()
        try:
            answer = self._process.stdout.readline()
        finally:
            late.cancel()
        assert answer, f"no answer in {seconds:.0f} s to:\n{code}"
        said, trouble = json.loads(answer)
        assert not trouble, trouble[-3000:]
        return json.loads(said.strip().splitlines()[-1]) if said.strip() else None

    def close(self) -> None:
        """End it; harmless when it has ended."""
        self._process.kill()
        self._process.wait()


@dataclass(slots=True)
class House:
    """One installation. `environment` adds settings; `database_url` '' means SQLite in the data directory.

    `is_furnished`: it begins as a copy of a house that was prepared and never opened, and has one worker, which
    saves each test the making of a database and a process. One that is to show the very first start, or what two
    workers do to each other, leaves it out.
    """

    data_dir: Path
    database_url: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    is_furnished: bool = False
    process: subprocess.Popen[str] | None = None
    log: deque[str] = field(default_factory=lambda: deque(maxlen=20_000))
    shell: Shell | None = None

    def settings(self) -> dict[str, str]:
        """The environment of every command of this house: nothing of the caller's own settings leaks in."""
        clean = {
            k: v for k, v in os.environ.items() if not k.startswith("GUILDHALL_") and k != "DATABASE_URL"
        }
        clean.update(
            GUILDHALL_DATA_DIR=str(self.data_dir),
            GUILDHALL_PORT=str(self.port),
            PYTHONUNBUFFERED="1",
            LC_ALL="C.UTF-8",
            GUILDHALL_DEMO="spaces",
            **({"GUILDHALL_WORKERS": "1"} if self.is_furnished else {}),
            **({"DATABASE_URL": self.database_url} if self.database_url else {}),
        )
        clean.pop("DJANGO_SETTINGS_MODULE", None)
        clean.update(self.environment)
        return clean

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self, seconds: float = 120.0) -> House:
        """`guildhall up`, until it answers."""
        self.launch()
        wait_for(self.answers, seconds, f"the house to answer; its log ends:\n{self.tail()}")
        return self

    def launch(self) -> None:
        """`guildhall up`, without waiting."""
        if self.is_furnished and not self.data_dir.exists():
            shutil.copytree(self._prepared(), self.data_dir)
        parent = os.getpid()
        self.process = subprocess.Popen(
            [*COMMAND, "up"], env=self.settings(), cwd=REPOSITORY, text=True, errors="replace",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            preexec_fn=lambda: die_with(parent),
        )  # fmt: skip
        threading.Thread(target=self._read, args=(self.process,), daemon=True).start()

    def _prepared(self) -> Path:
        """A house made ready once by the processes of this test run, with the settings that shape it."""
        settings = {name: value for name, value in self.settings().items() if name != "GUILDHALL_PORT"}
        # Where the fakes of a test listen shapes nothing that is prepared; its language does.
        shaping = sorted((k, v) for k, v in self.environment.items() if "://" not in v)
        run = f"{os.environ.get('PYTEST_XDIST_TESTRUNUID', os.getpid())} {shaping}"
        name = hashlib.sha256(run.encode()).hexdigest()[:16]
        ready = Path(tempfile.gettempdir()) / f"guildhall-house-{name}"
        with open(f"{ready}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not ready.exists():
                made = Path(f"{ready}.new")
                shutil.rmtree(made, ignore_errors=True)
                if not self.database_url and ready_database.file().exists():
                    made.mkdir(mode=0o700)
                    shutil.copyfile(ready_database.file(), made / "guildhall.sqlite3")
                subprocess.run(
                    [*COMMAND, "prepare"], env=settings | {"GUILDHALL_DATA_DIR": str(made)}, cwd=REPOSITORY,
                    capture_output=True, check=True, timeout=300,
                )  # fmt: skip
                made.rename(ready)
                atexit.register(shutil.rmtree, ready, ignore_errors=True)
                atexit.register(Path(lock.name).unlink, missing_ok=True)
        return ready

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.log.append(line.rstrip("\n"))

    def tail(self, lines: int = 40) -> str:
        return "\n".join(list(self.log)[-lines:])

    def stop(self, seconds: float = 40.0) -> int:
        """Ask it to stop; returns its exit code."""
        assert self.process is not None
        self.end_shell()
        self.process.terminate()
        return self.process.wait(seconds)

    def kill(self) -> None:
        """As a power cut would: the supervisor first, its children follow."""
        self.end_shell()
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> House:
        return self.start()

    def end_shell(self) -> None:
        """Let go of the process that answers `django`; the next question starts another."""
        if self.shell is not None:
            self.shell.close()
            self.shell = None

    def __exit__(self, *_: object) -> None:
        self.end_shell()
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()

    def run(self, *arguments: str, seconds: float = 120.0) -> subprocess.CompletedProcess[str]:
        """Another command of the same house, such as `audit verify`."""
        return subprocess.run(
            [*COMMAND, *arguments], env=self.settings(), cwd=REPOSITORY, text=True, capture_output=True,
            timeout=seconds, check=False,
        )  # fmt: skip

    def django(self, code: str, seconds: float = 120.0) -> Any:
        """Run code inside Django on this house's database; it prints JSON, which is returned.

        One process answers all of a house's questions: starting Django for each would cost more than asking.
        """
        if self.shell is None or not self.shell.is_alive():
            self.shell = Shell(self.settings())
        return self.shell.ask(code, seconds)

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None,
        seconds: float = 10.0,
    ) -> Answer:  # fmt: skip
        """One request to web; OSError or HTTPException when it does not answer."""
        connection = http.client.HTTPConnection("localhost", self.port, timeout=seconds)
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            return Answer(response.status, response.read(), dict(response.getheaders()))
        finally:
            connection.close()

    def get(self, path: str, **options: Any) -> Answer:
        return self.request("GET", path, **options)

    def answers(self) -> bool:
        """Whether web answers now."""
        assert self.process is None or self.process.poll() is None, f"`guildhall up` ended:\n{self.tail()}"
        try:
            return self.get("/healthz", seconds=2.0).status == 200
        except (OSError, http.client.HTTPException):
            return False

    def sign_in_link(self) -> str:
        """The one-time link the start printed."""
        pattern = re.compile(r"https?://\S+/sign-in/\S+")
        return str(wait_for(lambda: next((m[0] for line in self.log if (m := pattern.search(line))), None)))

    def processes(self) -> dict[int, str]:
        """Every living process of the house, by pid: what it does (`up`, `web`, `web child`, `worker-1`, `ticker`)."""
        assert self.process is not None
        found: dict[int, str] = {}
        if self.process.poll() is None:
            found[self.process.pid] = "up"
            _descend(self.process.pid, "", found)
        return found

    def memory(self) -> dict[str, tuple[float, float]]:
        """Resident and proportional memory of each process, in MB."""
        return {f"{name} {pid}": memory_of(pid) for pid, name in self.processes().items()}


def _descend(pid: int, inherited: str, found: dict[int, str]) -> None:
    for child in children_of(pid):
        name = _name_of(child) or (f"{inherited} child" if inherited else "?")
        if inherited.endswith("child"):
            name = inherited
        elif inherited:
            name = f"{inherited} child"
        found[child] = name
        _descend(child, name, found)


def _name_of(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return ""
    if "--name" in words:
        return words[words.index("--name") + 1]
    return words[words.index("guildhall") + 1] if "guildhall" in words else ""


def children_of(pid: int) -> list[int]:
    """Direct children of every thread of a process."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(word) for word in task.read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def memory_of(pid: int) -> tuple[float, float]:
    """(RSS, PSS) in MB; zeros for a process that has just ended."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0.0, 0.0
    values = {line.split()[0]: int(line.split()[1]) / 1024 for line in text.splitlines()[1:]}
    return values.get("Rss:", 0.0), values.get("Pss:", 0.0)


def alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def kill_9(pid: int) -> None:
    """End a process at whatever line it is; harmless when it has just ended."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
