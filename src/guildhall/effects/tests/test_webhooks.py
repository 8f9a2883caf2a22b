"""What an endpoint gets: signed once per event, again when it stumbled, and never anything inside our own
walls.
"""

import hashlib
import hmac
import json
import threading
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from guildhall.core import clock
from guildhall.core.errors import BadInput, NotFound, Permanent, Temporary
from guildhall.core.models import AuditEntry
from guildhall.effects import http, webhook_posting, webhooks
from guildhall.effects.models import Effect
from guildhall.effects.testing import drain

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Endpoint(ThreadingHTTPServer):
    """A receiver that keeps what it got and answers what it is told."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.got, self.answers = [], []
        self.url = f"http://127.0.0.1:{self.server_port}/hook"


class Answer(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers), body))
        status, headers, text = self.server.answers.pop(0) if self.server.answers else (200, {}, b"ok")
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args):
        pass


@pytest.fixture
def endpoint():
    server = Endpoint()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def inside_allowed(monkeypatch):
    allowed = replace(webhook_posting.settings, webhooks_inside=True)
    monkeypatch.setattr(webhook_posting, "settings", allowed)


@pytest.fixture
def at_noon():
    with clock.freeze(NOON) as held:
        yield held


def announce(event="case.opened", **data):
    with transaction.atomic():
        return webhooks.announce(event, data)


@pytest.mark.django_db
@pytest.mark.usefixtures("inside_allowed")
class TestDelivery:
    def test_only_those_who_subscribed_are_told(self, endpoint, at_noon):
        for events in (["case.opened"], ["case.*"], ["*"], ["member.*", "case.closed"]):
            webhooks.add_endpoint(endpoint.url, events, "staff:1")
        paused, _ = webhooks.add_endpoint(endpoint.url, ["*"], "staff:1")
        webhooks.set_enabled(paused.pk, False, "staff:1")
        assert announce(case="01A") == 3
        assert drain() == 3
        assert len(endpoint.got) == 3

    def test_a_request_is_signed_and_says_what_and_when(self, endpoint, at_noon):
        _, secret = webhooks.add_endpoint(endpoint.url, ["*"], "staff:1")
        announce(case="01A", note="合规")
        drain()
        headers, body = endpoint.got[0]
        told = json.loads(body)
        assert told["event"] == headers["Guildhall-Event"] == "case.opened"
        assert told["data"] == {"case": "01A", "note": "合规"}
        assert told["id"] == headers["Idempotency-Key"]
        assert told["at"] == NOON.isoformat()
        at, mac = (part.split("=")[1] for part in headers["Guildhall-Signature"].split(","))
        assert mac == hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
        assert int(at) == int(NOON.timestamp())

    def test_a_stumbling_endpoint_is_told_again_with_the_same_key(self, endpoint, at_noon):
        webhooks.add_endpoint(endpoint.url, ["*"], "staff:1")
        endpoint.answers = [(503, {}, b""), (429, {"Retry-After": "120"}, b""), (200, {}, b"")]
        announce()
        drain()
        at_noon.advance(1)
        drain()
        at_noon.advance(119)
        assert drain() == 0
        at_noon.advance(1)
        drain()
        assert Effect.objects.get().state == "done"
        assert len({headers["Idempotency-Key"] for headers, _ in endpoint.got}) == 1
        assert len(endpoint.got) == 3

    @pytest.mark.parametrize("answer", [(404, {}, b""), (302, {"Location": "http://127.0.0.1:1/"}, b"")])
    def test_an_answer_that_is_no_yes_is_tried_again_and_a_redirect_not_followed(
        self, endpoint, at_noon, answer
    ):
        webhooks.add_endpoint(endpoint.url, ["*"], "staff:1")
        endpoint.answers = [answer]
        announce()
        drain()
        assert Effect.objects.get().state == "queued"
        assert str(answer[0]) in Effect.objects.get().error
        assert len(endpoint.got) == 1
        at_noon.advance(1)
        drain()
        assert Effect.objects.get().state == "done"

    def test_an_endless_answer_is_cut_off(self, endpoint, at_noon):
        webhooks.add_endpoint(endpoint.url, ["*"], "staff:1")
        endpoint.answers = [(200, {}, b"x" * 100_000)]
        announce()
        drain()
        assert Effect.objects.get().state == "dead"

    def test_an_endpoint_that_does_not_answer_is_tried_again(self, endpoint, at_noon):
        webhooks.add_endpoint("http://127.0.0.1:9/", ["*"], "staff:1")
        announce()
        drain()
        assert Effect.objects.get().state == "queued"

    def test_what_is_queued_for_a_paused_endpoint_is_not_sent(self, endpoint, at_noon):
        paused, _ = webhooks.add_endpoint(endpoint.url, ["*"], "staff:1")
        announce()
        webhooks.set_enabled(paused.pk, False, "staff:1")
        drain()
        assert (Effect.objects.get().state, endpoint.got) == ("dead", [])


@pytest.mark.django_db
def test_targets_inside_are_refused_unless_the_settings_allow_them(endpoint, at_noon):
    webhooks.add_endpoint(endpoint.url, ["*"], "staff:1")
    webhooks.add_endpoint(endpoint.url.replace("127.0.0.1", "localhost"), ["*"], "staff:1")
    announce()
    drain()
    assert set(Effect.objects.values_list("state", flat=True)) == {"dead"}
    assert endpoint.got == []
    assert "GUILDHALL_WEBHOOKS_INSIDE" in Effect.objects.first().error


@pytest.mark.django_db
def test_adding_and_pausing_are_audited_and_the_secret_is_not_kept_in_clear():
    endpoint, secret = webhooks.add_endpoint("https://example.org/hook", ["case.*"], "staff:1", note="ops")
    webhooks.set_enabled(endpoint.pk, False, "staff:1")
    verbs = list(AuditEntry.objects.filter(subject=f"webhook:{endpoint.pk}").values_list("verb", flat=True))
    assert sorted(verbs) == ["webhook.added", "webhook.paused"]
    assert all(secret not in str(row) for row in AuditEntry.objects.values_list("data", flat=True))
    with pytest.raises(NotFound):
        webhooks.set_enabled("01NONE", True, "staff:1")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://x.org",
        "https://",
        "https://u:p@x.org",
        "javascript:alert(1)",
        "http://x.org:0/",
        "http://[::1",
        "https://x.org/#a",
    ],
)
def test_what_is_not_a_plain_web_address_is_refused(url):
    with pytest.raises(BadInput):
        webhooks.check_url(url)


@pytest.mark.django_db
def test_an_endpoint_without_events_is_refused():
    with pytest.raises(BadInput):
        webhooks.add_endpoint("https://example.org", [], "staff:1")


@pytest.mark.parametrize(
    "address, public",
    [
        ("93.184.216.34", True), ("2606:2800:220:1:248:1893:25c8:1946", True), ("127.0.0.1", False), ("10.1.2.3", False),
        ("169.254.169.254", False), ("192.168.0.1", False), ("100.64.0.1", False), ("0.0.0.0", False), ("::1", False),
        ("fe80::1%eth0", False), ("fd00::1", False), ("::ffff:127.0.0.1", False), ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False), ("224.0.0.1", False), ("::", False), ("255.255.255.255", False),
    ],
)  # fmt: skip
def test_addresses_that_lead_inside_are_known_in_every_dress(address, public):
    assert http.is_public(address) is public


@given(st.ip_addresses(v=4))
def test_an_address_dressed_as_ipv6_is_judged_as_what_it_is(address):
    assert http.is_public(f"::ffff:{address}") == http.is_public(str(address))


def test_a_name_that_means_nothing_is_a_passing_failure_and_an_odd_scheme_a_lasting_one():
    with http.client() as client:
        with pytest.raises(Temporary):
            http.fetch(client, "GET", "http://no-such-name.invalid/")
        with pytest.raises(Permanent):
            http.fetch(client, "GET", "gopher://example.org/")
