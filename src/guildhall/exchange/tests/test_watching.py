"""Files put into a watched folder or bucket are taken once, whole, and nothing there is changed."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from guildhall.core.errors import BadInput
from guildhall.exchange import files
from guildhall.exchange.actions import feeds, watching, working
from guildhall.exchange.models import Batch, Feed, SeenFile

pytestmark = pytest.mark.django_db
LINE = (
    '{"trade_id":"%s","uid":"7","executed_at":"2026-10-05T08:00:00Z","symbol":"BTC-USDT","liquidity":"maker",'
    '"notional":"5","fee":"0","volume":"5","asset":"USDT"}\n'
)


def put(path: Path, text: str, age_s: float = 60) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    at = time.time() - age_s
    os.utime(path, (at, at))


def test_a_whole_file_is_taken_once_and_stays_where_it_is(place: Path):
    feed, _secret = feeds.create_feed(name="Drop", venue="okx", way="folder", by="staff:1")
    inbox = files.inbox(feed.slug)
    put(inbox / "2026-10" / "a.jsonl", LINE % 1)
    put(inbox / "growing.jsonl", LINE % 2, age_s=1)
    put(inbox / ".hidden.jsonl", LINE % 3)
    put(inbox / "notes.docx", "no")
    (inbox / "link.jsonl").symlink_to("/etc/hostname")
    assert watching.look(feed) == 1
    assert watching.look(feed) == 0
    batch = Batch.objects.get()
    assert (batch.file_name, working.work(batch.pk).counts["new"]) == ("a.jsonl", 1)
    put(inbox / "same-again.jsonl", LINE % 1)
    assert watching.look(feed) == 0
    put(inbox / "growing.jsonl", LINE % 2 + LINE % 4)
    assert watching.look(feed) == 1
    assert sorted(path.name for path in inbox.rglob("*.jsonl")) == [
        ".hidden.jsonl", "a.jsonl", "growing.jsonl", "link.jsonl", "same-again.jsonl",
    ]  # fmt: skip


def test_a_file_that_is_refused_is_named_and_not_tried_every_minute(place: Path):
    feed, _secret = feeds.create_feed(name="Drop", venue="okx", way="folder", by="staff:1")
    put(files.inbox(feed.slug) / "a.jsonl", LINE % 1)
    assert watching.look(feed) == 1
    feed = feeds.edit_feed(feed.pk, name="Drop", table="deposits", mapping={}, options={}, by="staff:1")
    put(files.inbox(feed.slug) / "b.jsonl", LINE % 1)
    assert (watching.look(feed), watching.look(feed)) == (0, 0)
    assert "came before" in SeenFile.objects.get(name="b.jsonl").problem["en"]


def test_what_lies_there_while_a_feed_is_paused_is_taken_afterwards(place: Path):
    feed, _secret = feeds.create_feed(name="Drop", venue="okx", way="folder", by="staff:1")
    put(files.inbox(feed.slug) / "a.jsonl", LINE % 1)
    feeds.set_state(feed.pk, "paused", "staff:1")
    assert watching.look(Feed.objects.get()) == 0
    feeds.set_state(feed.pk, "on", "staff:1")
    assert watching.look(Feed.objects.get()) == 1


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An object store of this machine."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def test_a_bucket_is_watched_like_a_folder(place: Path, storage: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(watching, "SETTLED", watching.SETTLED * 0)
    monkeypatch.setattr(watching, "settings", dataclasses.replace(watching.settings, exchange_inside=True))
    options = {"url": "s3://reports/okx", "endpoint": storage, "access_key": "key", "region": "us-east-1"}
    feed, _secret = feeds.create_feed(
        name="Bucket", venue="okx", way="bucket", by="staff:1", options=options, bucket_secret="secret"
    )
    watching.look(feed)
    feed.refresh_from_db()
    assert "cannot be looked at" in feed.problem["en"]
    store, _root = watching.bucket_of(feed)
    from pyarrow import fs

    owner = fs.S3FileSystem(
        access_key="key", secret_key="secret", endpoint_override=storage.removeprefix("http://"),
        scheme="http", region="us-east-1", allow_bucket_creation=True,
    )  # fmt: skip
    owner.create_dir("reports")
    with store.open_output_stream("reports/okx/a.jsonl") as out:
        out.write((LINE % 1).encode())
    time.sleep(1.1)  # its time is told in whole seconds
    assert (watching.look(feed), watching.look(feed)) == (1, 0)
    assert working.work(Batch.objects.get().pk).counts["new"] == 1
    assert Feed.objects.get().problem == {}


def test_only_addresses_of_buckets_are_looked_at(place: Path):
    for url in ("file:///etc", "s3://", "http://10.0.0.1/", "s3://a b"):
        with pytest.raises(BadInput):
            feeds.create_feed(name="B", venue="okx", way="bucket", by="staff:1", options={"url": url})


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9", "169.254.169.254", "https://[::1]:9000"])
def test_a_bucket_on_a_private_network_is_not_looked_at_unasked(place: Path, endpoint: str):
    options = {"url": "s3://reports", "endpoint": endpoint}
    feed, _secret = feeds.create_feed(name="B", venue="okx", way="bucket", by="staff:1", options=options)
    assert watching.look(feed) == 0
    feed.refresh_from_db()
    assert "private network" in feed.problem["en"]
