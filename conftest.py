"""What holds for every test: no connection leaves this machine, and properties are searched the same way.

HYPOTHESIS_PROFILE: `steady` (default; the same examples on every run, so that green stays green) or `long`.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

_EASY = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
settings.register_profile(
    "steady", derandomize=True, deadline=None, database=None, max_examples=60, suppress_health_check=_EASY
)
settings.register_profile(
    "long", deadline=None, database=None, max_examples=1500, suppress_health_check=_EASY
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


# Pages and the API show what the rooms below hold, by their queries; those rooms are asked on both databases.
TOP_FLOOR = ("console", "api", "public", "demo")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of the top floor are `one_database`: `make test` asks SQLite, `make proof` both."""
    house = Path(__file__).parent / "src" / "guildhall"
    for item in items:
        if any(item.path.is_relative_to(house / room) for room in TOP_FLOOR):
            item.add_marker("one_database")


class LeftTheMachine(AssertionError):
    """A test tried to reach another host."""


def _is_here(address: Any) -> bool:
    if not isinstance(address, tuple):
        return True  # a Unix socket
    host = str(address[0]).partition("%")[0]
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return host in ("localhost", "")
    return ip.is_loopback or ip.is_unspecified


@pytest.fixture(autouse=True, scope="session")
def _stay_on_this_machine() -> Any:
    real_connect, real_connect_ex = socket.socket.connect, socket.socket.connect_ex

    def connect(self: socket.socket, address: Any) -> None:
        if not _is_here(address):
            raise LeftTheMachine(f"a test tried to connect to {address!r}")
        real_connect(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        if not _is_here(address):
            raise LeftTheMachine(f"a test tried to connect to {address!r}")
        return real_connect_ex(self, address)

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", connect)
    patch.setattr(socket.socket, "connect_ex", connect_ex)
    yield
    patch.undo()


@pytest.fixture(autouse=True)
def _no_trouble_left() -> Iterator[None]:
    """A trouble that a test reported ends with it, for this process and whoever reads its file."""
    yield
    from guildhall.core import troubles

    for kind in [one.kind for one in troubles.current() if one.process.endswith(f":{os.getpid()}")]:
        troubles.clear(kind)


# The tables are made once and copied: see tests/ready_database.py.


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Django takes the test database it finds, which is a copy; whoever runs the tests removes it."""
    return True


@pytest.fixture(scope="session")
def ready_database() -> Any:
    from tests.ready_database import Ready

    return Ready()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None, django_db_blocker: Any, ready_database: Any
) -> None:
    with django_db_blocker.unblock():
        ready_database.begin()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any, ready_database: Any) -> None:
    with django_db_blocker.unblock():
        ready_database.finish()
