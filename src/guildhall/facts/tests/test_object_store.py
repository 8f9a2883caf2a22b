"""Tables in an object store by URL: shipped, contended for, read, asked and merged as in a directory."""

from __future__ import annotations

import dataclasses
import importlib.util
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from guildhall import facts
from guildhall.facts import files, landing, maintaining, reading, shipping, store, verifying
from guildhall.facts.shipping import Shipped
from guildhall.facts.tests.conftest import FILLS, START, fills, ids_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def bucket(facts_place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket on an object store of this machine, in a process of its own: delta-rs waits without letting
    other threads of its process run.
    """
    if importlib.util.find_spec("moto") is None or importlib.util.find_spec("flask") is None:
        pytest.skip("moto[s3] is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(port, server)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(
        store,
        "settings",
        dataclasses.replace(store.settings, facts_url="s3://guild/facts", data_dir=facts_place),
    )
    httpx.put(f"http://127.0.0.1:{port}/guild", headers={"Host": f"127.0.0.1:{port}"}, timeout=30)
    yield "s3://guild/facts"
    server.kill()
    server.wait()


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers; one that does not is ended."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            httpx.get(f"http://127.0.0.1:{port}/", timeout=5)
            return
        except httpx.TransportError:
            time.sleep(0.1)
    server.kill()
    pytest.fail("the object store of the test did not start")


def test_an_object_store_serves_as_a_directory_does(bucket: str) -> None:
    assert store.is_remote()
    assert shipping.ship("t_fills", fills(range(50)), batch_id="a", source="t") == Shipped(new=50, version=1)
    assert shipping.ship("t_fills", fills(range(60)), batch_id="b", source="t").new == 10
    assert shipping.ship("t_fills", fills([3], fee=1), batch_id="c", source="t").conflicts == 1
    assert sorted(ids_in()) == sorted(f"T{n}" for n in range(60))
    (first, *_) = facts.query("facts_tests/fees", {"venue": "okx", "rate": 500_000}).to_pylist()
    assert (first["day"], first["rows"]) == (START.date(), 24)
    assert len(list(reading.batches("t_fills", ["id"], version=1))) >= 1
    assert sum(b.num_rows for b in reading.batches("t_fills", ["id"], version=1)) == 50
    # Another machine commits at the version we compared with: the store refuses the second.
    behind = store.open_table("t_fills")
    shipping.ship("t_fills", fills([70]), batch_id="d", source="t")
    late = fills([71], at=START + timedelta(days=1))
    assert landing.append(FILLS, behind, late, landing.checking.months_of(FILLS, late), "late") is None
    assert maintaining.compact("t_fills", always=True) > 1
    assert verifying.verify("t_fills").breaks == []
    assert all(one.startswith("s3://guild/") for one in files.uris(store.open_table("t_fills")))
