"""What the supervisor promises, shown on small real processes instead of the whole house."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from guildhall.cli import supervisor
from guildhall.cli.supervisor import Child, Refused
from guildhall.core.settings import Settings, load

SLEEPER = "import time; time.sleep(600)"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return load({"GUILDHALL_DATA_DIR": str(tmp_path), "GUILDHALL_PORT": str(port), "GUILDHALL_WORKERS": "3"})


def test_web_ticker_and_as_many_workers_as_asked_for_are_wanted(settings: Settings) -> None:
    names = [child.name for child in supervisor.wanted_children(settings) if child.is_wanted]
    assert names == ["web", "ticker", "worker-1", "worker-2", "worker-3"]


def test_a_gateway_is_wanted_while_the_file_says_so(settings: Settings) -> None:
    gateway = supervisor.wanted_children(settings)[-1]
    assert (gateway.name, gateway.is_wanted) == ("gateway", False)
    (settings.data_dir / supervisor.GATEWAYS_WANTED).touch()
    assert gateway.is_wanted


def test_a_process_that_keeps_dying_is_started_ever_more_slowly_and_a_steady_one_at_once() -> None:
    child = Child("worker-1", ())
    pauses = [child.pause(lived_s=0.1) for _ in range(12)]
    assert pauses[:4] == [0.2, 0.4, 0.8, 1.6]
    assert max(pauses) == supervisor.LONGEST_PAUSE_S
    assert child.pause(lived_s=60.0) == supervisor.SHORTEST_PAUSE_S


def test_a_second_house_on_the_same_data_is_refused_and_says_where_the_first_is(settings: Settings) -> None:
    with supervisor.hold(settings):
        assert supervisor.is_running(settings.data_dir)
        with pytest.raises(Refused, match=rf"already running.*process {os.getpid()}.*{settings.public_url}"):
            supervisor.hold(settings)
    assert not supervisor.is_running(settings.data_dir)
    supervisor.hold(settings).close()


def test_a_taken_port_is_named_before_anything_is_started(settings: Settings) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", settings.port))
        other.listen()
        with pytest.raises(Refused, match=rf"port {settings.port} is taken"):
            supervisor.refuse_taken_port(settings)
    supervisor.refuse_taken_port(settings)


RUN_SLEEPERS = textwrap.dedent(
    """
    import os, sys
    from guildhall.cli import supervisor
    from guildhall.core.settings import load
    supervisor.command = lambda *a: [sys.executable, "-c", "import time; time.sleep(600)"]
    supervisor.answers = lambda settings: True
    supervisor.is_prepared = supervisor.is_owner_settled = lambda settings: True
    sys.exit(supervisor.up())
    """
)


@pytest.fixture
def house(settings: Settings):
    environment = {
        **os.environ,
        "GUILDHALL_DATA_DIR": str(settings.data_dir),
        "GUILDHALL_PORT": str(settings.port),
        "GUILDHALL_WORKERS": "1",
    }
    process = subprocess.Popen([sys.executable, "-c", RUN_SLEEPERS], env=environment, stderr=subprocess.PIPE)
    wait_for(lambda: len(children_of(process.pid)) == 3)
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


def children_of(pid: int) -> list[int]:
    try:
        return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def wait_for(condition, seconds: float = 15.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "did not happen in time"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_killed_process_is_started_again(house: subprocess.Popen[bytes]) -> None:
    before = set(children_of(house.pid))
    victim = min(before)
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: victim not in children_of(house.pid) and len(children_of(house.pid)) == 3)
    assert len(set(children_of(house.pid)) - before) == 1


def test_a_gateway_runs_from_when_a_bot_needs_it_until_none_does(
    house: subprocess.Popen[bytes], settings: Settings
) -> None:
    before = set(children_of(house.pid))
    wanted = settings.data_dir / supervisor.GATEWAYS_WANTED
    wanted.touch()
    wait_for(lambda: len(children_of(house.pid)) == 4, 3.0)
    (gateway,) = set(children_of(house.pid)) - before
    os.kill(gateway, signal.SIGKILL)
    wait_for(lambda: len(set(children_of(house.pid)) - before - {gateway}) == 1, 3.0)
    wanted.unlink()
    wait_for(lambda: set(children_of(house.pid)) == before, 3.0)


def test_no_process_outlives_a_killed_supervisor(house: subprocess.Popen[bytes]) -> None:
    children = children_of(house.pid)
    house.kill()
    wait_for(lambda: not any(alive(pid) for pid in children))


def test_being_told_to_stop_ends_everything_and_is_a_success(house: subprocess.Popen[bytes]) -> None:
    children = children_of(house.pid)
    house.terminate()
    assert house.wait(15) == 0
    assert not any(alive(pid) for pid in children)


def test_watching_loads_neither_django_nor_the_command_line_library() -> None:
    code = "import guildhall.cli.supervisor, sys; print([m for m in ('django', 'typer', 'rich') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
