"""Feeds fetched from a server of our own: taken over, kept when the source is down, refused when it lies."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from guildhall.core import clock
from guildhall.core.errors import BadInput, Temporary
from guildhall.effects.models import Effect
from guildhall.effects.types import Claimed, Mode
from guildhall.guard import feed_jobs, freshness, lists, outside
from guildhall.guard.actions import add_domain, feeding
from guildhall.guard.judge import judge
from guildhall.guard.models import Feed, FeedContent, LookedUp
from guildhall.guard.policy import shipped
from guildhall.guard.tests.rows import an_account
from guildhall.guard.tests.world import links_in
from guildhall.guard.types import Context, SenderHistory, Subject
from guildhall.people.models import Account

pytestmark = pytest.mark.django_db
BAD = [f"evil-drain{i}.com" for i in range(200)]


class Source:
    """A server that answers what the test wants, and notes what it was asked."""

    def __init__(self) -> None:
        self.status, self.body, self.headers = 200, b"", {"ETag": '"one"'}
        self.asked: list[tuple[str, dict[str, str]]] = []
        source = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                source.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
                known = bool(self.headers.get("If-None-Match")) and (
                    self.headers.get("If-None-Match") == source.headers.get("ETag")
                )
                self.send_response(304 if known and source.status == 200 else source.status)
                for name, value in source.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0" if known else str(len(source.body)))
                self.end_headers()
                if not known:
                    self.wfile.write(source.body)

            def log_message(self, *args: Any) -> None:
                return

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/list"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def lists(self, names: list[str], etag: str) -> None:
        self.body, self.headers = json.dumps(names).encode(), {"ETag": etag}


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Iterator[Source]:
    monkeypatch.setattr(feed_jobs, "settings", replace(feed_jobs.settings, webhooks_inside=True))
    freshness.forget()
    server = Source()
    yield server
    server.close()
    freshness.forget()


def _run(payload: dict[str, str], job: Any = feed_jobs.fetch) -> None:
    done = job(Claimed(1, "", payload, 1, Mode.REPEATABLE, "", clock.now()))
    if done is not None and done.record is not None:
        done.record()


def _subscribed(source: Source, names: list[str] | None = None, **given: Any) -> Feed:
    source.lists(BAD if names is None else names, '"one"')
    feed = feeding.add_feed("Example feed", source.url, "staff:1", **given)
    _run({"feed": feed.id})
    return Feed.objects.get(pk=feed.id)


def _rules(text: str) -> set[str]:
    context = Context(clock.now(), SenderHistory(messages_seen=50), lists=lists.current())
    return {found.rule_id for found in judge(Subject(text, links_in(text)), context, shipped()).reasons}


def test_a_subscribed_feed_is_queued_fetched_and_blocks_what_it_names(source: Source) -> None:
    feed = _subscribed(source)
    assert Effect.objects.filter(kind=feeding.FETCH).count() == 1
    assert (feed.entries, feed.problem, feed.etag) == (200, {}, '"one"')
    assert len(bytes(FeedContent.objects.get(feed=feed).hashes)) == 200 * 8
    assert "LINK-11" in _rules("look https://login.evil-drain7.com/x")
    assert "LINK-11" not in _rules("look https://ourforum.example/x")


def test_nothing_new_is_asked_for_with_the_tag_and_changes_nothing(source: Source) -> None:
    feed = _subscribed(source)
    _run({"feed": feed.id})
    assert source.asked[-1][1]["if-none-match"] == '"one"'
    after = Feed.objects.get(pk=feed.id)
    assert (after.entries, after.changed_at) == (200, feed.changed_at)
    assert after.due_at > clock.now()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b""),
        (404, b"gone"),
        (200, b"<html>moved</html>"),
        (200, b'["only-one.com"]'),
        (200, b'["cut.com"'),
    ],
)
def test_a_source_that_is_down_or_sends_something_else_leaves_the_old_list(
    source: Source, status: int, body: bytes
) -> None:
    feed = _subscribed(source)
    source.status, source.body, source.headers = status, body, {"ETag": '"two"'}
    _run({"feed": feed.id})
    after = Feed.objects.get(pk=feed.id)
    assert after.entries == 200
    assert after.problem["en"]
    assert after.problem["zh"]
    assert "LINK-11" in _rules("look https://evil-drain7.com/x")


def test_a_source_that_cannot_be_reached_leaves_the_old_list(source: Source) -> None:
    feed = _subscribed(source)
    source.close()
    _run({"feed": feed.id})
    after = Feed.objects.get(pk=feed.id)
    assert after.entries == 200
    assert "Not reachable" in after.problem["en"]


def test_a_feed_inside_our_own_network_is_refused_unless_settings_allow_it(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_jobs, "settings", replace(feed_jobs.settings, webhooks_inside=False))
    feed = _subscribed(source)
    assert not source.asked
    assert "public internet" in feed.problem["en"]


def test_the_houses_own_lists_stand_above_every_feed(source: Source) -> None:
    add_domain("evil-drain7.com", "allow", "staff:1")
    feed = _subscribed(source)
    assert feed.left_out == 1
    assert "LINK-11" not in _rules("look https://evil-drain7.com/x")
    add_domain("evil-drain8.com", "allow", "staff:1")
    assert "LINK-11" not in _rules("look https://evil-drain8.com/x")


def test_a_feeds_allow_list_never_allows_what_the_house_blocks(source: Source) -> None:
    add_domain("blocked-by-us.com", "block", "staff:1")
    source.body = json.dumps({"allow": ["blocked-by-us.com"], "deny": BAD}).encode()
    feed = feeding.add_feed("Polkadot", source.url, "staff:1")
    _run({"feed": feed.id})
    assert Feed.objects.get(pk=feed.id).entries == 200
    assert "LINK-1" in _rules("look https://blocked-by-us.com/x")


def test_a_paused_feed_blocks_nothing_and_a_removed_one_is_forgotten(source: Source) -> None:
    feed = _subscribed(source)
    feeding.set_feed(feed.id, False, "staff:1")
    freshness.forget()
    assert "LINK-11" not in _rules("look https://evil-drain7.com/x")
    feeding.set_feed(feed.id, True, "staff:1")
    freshness.forget()
    assert "LINK-11" in _rules("look https://evil-drain7.com/x")
    feeding.remove_feed(feed.id, "staff:1")
    freshness.forget()
    assert not FeedContent.objects.exists()
    assert "LINK-11" not in _rules("look https://evil-drain7.com/x")


def test_feeds_that_are_due_are_queued_once(source: Source) -> None:
    feed = _subscribed(source)
    Feed.objects.update(due_at=clock.now())
    before = Effect.objects.filter(kind=feeding.FETCH).count()
    assert feeding.queue_due() == 1
    assert feeding.queue_due() == 1
    assert Effect.objects.filter(kind=feeding.FETCH).count() == before + 1
    assert Effect.objects.filter(cause=f"feed:{feed.id}").exists()


@pytest.mark.parametrize(
    ("name", "url"), [("", "https://x.example/l"), ("A", "ftp://x.example/l"), ("A", "x")]
)
def test_a_feed_without_name_or_address_is_refused(name: str, url: str) -> None:
    with pytest.raises(BadInput):
        feeding.add_feed(name, url, "staff:1")


def _on_telegram(external: str) -> Account:
    account = an_account("Sue")
    Account.objects.filter(pk=account.pk).update(platform="telegram", external_id=external)
    return Account.objects.get(pk=account.pk)


def test_whom_a_list_of_people_names_is_told_by_the_lists_name(source: Source) -> None:
    listed, other = _on_telegram("123456"), _on_telegram("999999")
    source.body = b"id\n123456\n777777\n"
    feed = feeding.add_feed("Bans", source.url, "staff:1", about="people")
    _run({"feed": feed.id})
    freshness.forget()
    assert outside.named([listed.pk, other.pk], lists.current()) == {listed.pk: ("Bans",)}


def test_a_service_is_asked_once_about_a_newcomer_and_its_answer_kept(source: Source) -> None:
    sue = _on_telegram("123456")
    source.body, source.headers = b'{"ok": true, "result": {}}', {}
    asked = feeding.add_look_up("CAS-like", source.url + "?user_id={id}", "ok", "staff:1")
    freshness.forget()
    assert outside.ask([sue.pk], lists.current()) == 1
    assert outside.named([sue.pk], lists.current()) == {}
    _run({"list": asked.id, "account": sue.pk}, feed_jobs.look_up)
    assert source.asked[-1][0].endswith("?user_id=123456")
    assert outside.named([sue.pk], lists.current()) == {sue.pk: ("CAS-like",)}
    assert outside.ask([sue.pk], lists.current()) == 0
    source.status = 503
    with pytest.raises(Temporary):
        _run({"list": asked.id, "account": sue.pk}, feed_jobs.look_up)
    assert LookedUp.objects.get().is_listed


def test_outside_lists_are_off_until_somebody_adds_one() -> None:
    sue = _on_telegram("123456")
    freshness.forget()
    assert lists.current().fed is None
    assert outside.ask([sue.pk], lists.current()) == 0
    assert outside.named([sue.pk], lists.current()) == {}


def test_being_listed_elsewhere_alone_never_punishes() -> None:
    many = tuple(f"List {i}" for i in range(9))
    for text in ("hello everybody", "gm, what is the funding on BTC?"):
        context = Context(clock.now(), SenderHistory(listed_by=many))
        verdict = judge(Subject(text), context, shipped())
        assert not verdict.removes
        assert all(found.weight <= 300 for found in verdict.reasons if found.rule_id == "LIST-1")
        assert any(found.rule_id == "LIST-1" for found in verdict.reasons)
