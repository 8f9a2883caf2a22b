"""What an exchange gets at its door: signed batches in, nothing without the signature, nothing twice."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from guildhall.core import clock
from guildhall.exchange import files, signing
from guildhall.exchange.actions import feeds, working
from guildhall.exchange.models import Batch, Feed
from guildhall.facts.testing import facts_place

__all__ = ["facts_place"]
pytestmark = pytest.mark.django_db
_ROW = (
    '{"trade_id":"%s","uid":"7001","executed_at":"2026-10-05T08:00:00Z","symbol":"BTC-USDT","liquidity":"maker",'
    '"notional":"50","fee":"-0.01","volume":"50","asset":"USDT"}\n'
)


@pytest.fixture
def place(facts_place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(files, "settings", dataclasses.replace(files.settings, data_dir=facts_place))
    return facts_place


@pytest.fixture
def feed(place: Path) -> tuple[Feed, str]:
    return feeds.create_feed(name="House", venue="house", way="http", by="staff:1")


def send(
    feed: tuple[Feed, str], key: str, body: bytes, *, method: str = "POST", path: str = "batches", late: int = 0,
    secret: str = "", tampered: bytes = b"",
) -> Any:  # fmt: skip
    target = f"/api/v1/feeds/{feed[0].slug}/{path}"
    at = int(clock.now().timestamp()) - late
    headers = {
        signing.TIMESTAMP: str(at),
        signing.SIGNATURE: signing.sign(secret or feed[1], at, method, target, key, body),
        signing.KEY: key,
    }
    return Client().generic(
        method, target, tampered or body, content_type="application/x-ndjson", headers=headers
    )


def test_a_signed_batch_is_read_and_every_bad_row_is_in_the_answer(feed: Any):
    body = (_ROW % "1" + _ROW % "8.95E+14").encode()
    answer = send(feed, "k1", body)
    assert answer.status_code == 200, answer.content
    said = answer.json()
    assert (said["state"], said["counts"]["good"], said["counts"]["bad"]) == ("read", 1, 1)
    assert (said["bad"][0]["line"], said["bad"][0]["field"]) == (2, "trade_id")
    working.work(said["id"])
    again = send(feed, "k1", body)
    assert (again.status_code, again.json()["id"], again.json()["counts"]["new"]) == (200, said["id"], 1)
    asked = send(feed, "k1", b"", method="GET")
    assert asked.json() == again.json()


def test_the_same_key_with_another_body_is_a_conflict(feed: Any):
    assert send(feed, "k1", (_ROW % "1").encode()).status_code == 200
    answer = send(feed, "k1", (_ROW % "2").encode())
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")


def test_without_the_right_signature_nothing_is_kept(feed: Any, place: Path):
    body = (_ROW % "1").encode()
    assert send(feed, "k1", body, secret="guessed").status_code == 401
    assert send(feed, "k1", body, late=301).status_code == 401
    assert send(feed, "k1", body, late=-301).status_code == 401
    assert send(feed, "k1", body, tampered=body + b" ").status_code == 401
    assert send((Feed(slug="none"), feed[1]), "k1", body).status_code == 401
    assert Client().post(f"/api/v1/feeds/{feed[0].slug}/batches", body, "text/csv").status_code == 401
    assert not Batch.objects.exists()
    assert not list(files.folder().iterdir())


def test_a_request_that_was_listened_to_does_nothing_a_second_time(feed: Any):
    body = (_ROW % "1").encode()
    first = send(feed, "k1", body).json()
    assert send(feed, "k1", body).json()["id"] == first["id"]
    assert Batch.objects.count() == 1


def test_a_packed_batch_and_one_in_parts_arrive_whole(feed: Any):
    packed = gzip.compress((_ROW % "1").encode())
    assert send(feed, "gz", packed).json()["counts"]["good"] == 1
    body = (_ROW % "2" + _ROW % "3").encode()
    where = f"parts?total={len(body)}&sha256={hashlib.sha256(body).hexdigest()}"
    first = send(feed, "big", body[:99], method="PUT", path=f"{where}&offset=0")
    assert (first.status_code, first.json()["arrived"]) == (202, 99)
    gap = send(feed, "big", body[150:], method="PUT", path=f"{where}&offset=150")
    assert (gap.status_code, gap.json()["code"]) == (409, "wrong_offset")
    last = send(feed, "big", body[99:], method="PUT", path=f"{where}&offset=99")
    assert last.json()["state"] == "received"
    assert working.work(last.json()["id"]).counts["new"] == 2


def test_the_old_secret_counts_for_a_day(feed: Any):
    fresh = feeds.rotate_secret(feed[0].id, "staff:1")
    assert send(feed, "k1", (_ROW % "1").encode()).status_code == 200
    assert send(feed, "k2", (_ROW % "2").encode(), secret=fresh).status_code == 200
    with clock.freeze(clock.now() + timedelta(hours=25)):
        assert send(feed, "k3", (_ROW % "3").encode()).status_code == 401
        assert send(feed, "k3", (_ROW % "3").encode(), secret=fresh).status_code == 200


def test_a_paused_feed_and_a_strange_table_are_refused(feed: Any):
    assert send(feed, "k1", (_ROW % "1").encode(), path="batches?table=nothing").status_code == 422
    assert send(feed, "", (_ROW % "1").encode()).status_code == 422
    assert send(feed, "k1", b"").status_code == 422
    feeds.set_state(feed[0].id, "paused", "staff:1")
    assert send(feed, "k1", (_ROW % "1").encode()).status_code == 403


def test_a_batch_packed_far_smaller_than_it_is_waits_for_the_worker(feed: Any):
    answer = send(feed, "bomb", gzip.compress(b"\n" * 20_000_000))
    assert (answer.status_code, answer.json()["state"]) == (202, "received")
