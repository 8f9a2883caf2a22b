"""Single sign-on against an identity provider on loopback that speaks real OpenID Connect."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from django.core.cache import cache
from django.test import Client, override_settings

from guildhall.people.models import Staff
from guildhall.people.roles import Role
from guildhall.people.testing import code_of, give_authenticator, make_staff

pytestmark = pytest.mark.django_db
LOGIN, CALLBACK = "/accounts/oidc/sso/login/", "/accounts/oidc/sso/login/callback/"
CLIENT_ID = "guildhall"


class Provider(ThreadingHTTPServer):
    """Answers discovery, token and userinfo; `claims` is who it says is signing in."""

    claims: dict[str, Any] = {}
    asked: list[dict[str, list[str]]] = []

    @property
    def issuer(self) -> str:
        return f"http://localhost:{self.server_port}"


class Answers(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        issuer = self.server.issuer
        if self.path == "/.well-known/openid-configuration":
            self.say(
                {
                    "issuer": issuer,
                    "authorization_endpoint": f"{issuer}/authorize",
                    "token_endpoint": f"{issuer}/token",
                    "userinfo_endpoint": f"{issuer}/me",
                    "jwks_uri": f"{issuer}/keys",
                }
            )
        else:
            self.say(self.server.claims)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.asked.append(parse_qs(body))
        now = int(time.time())
        claims = {
            "iss": self.server.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 60,
            **self.server.claims,
        }
        self.say({"access_token": "x", "token_type": "Bearer", "id_token": jwt.encode(claims, "k" * 32)})

    def say(self, body: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def provider() -> Iterator[Provider]:
    cache.clear()
    server = Provider(("127.0.0.1", 0), Answers)
    server.claims, server.asked = {}, []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    app = {"provider_id": "sso", "name": "Acme", "client_id": CLIENT_ID, "secret": "s" * 16,
           "settings": {"server_url": server.issuer}}  # fmt: skip
    with override_settings(
        SOCIALACCOUNT_PROVIDERS={"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
    ):
        yield server
    server.shutdown()
    server.server_close()


def sign_in_as(client: Client, provider: Provider, email: str, *, verified: bool = True) -> Any:
    provider.claims = {"sub": f"id-of-{email}", "email": email, "email_verified": verified, "name": "N"}
    sent = urlsplit(client.post(LOGIN).headers["Location"])
    assert f"{sent.scheme}://{sent.netloc}" == provider.issuer
    query = parse_qs(sent.query)
    assert query["code_challenge_method"] == ["S256"]
    return client.get(CALLBACK, {"code": "abc", "state": query["state"][0]})


def is_in(client: Client) -> bool:
    return client.get("/accounts/").status_code == 200


def test_the_sign_in_page_offers_it_under_its_name(provider: Provider) -> None:
    page = Client().get("/accounts/login/").content.decode()
    assert "Acme" in page
    assert LOGIN in page


def test_somebody_who_works_here_gets_as_far_as_their_second_factor(provider: Provider) -> None:
    staff = make_staff(Role.MODERATOR, mfa=False)
    secret = give_authenticator(staff)
    client = Client()
    assert sign_in_as(client, provider, staff.email).headers["Location"] == "/accounts/2fa/authenticate/"
    assert not is_in(client)
    client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert is_in(client)
    assert provider.asked[0]["code_verifier"]
    assert "Acme" in client.get("/accounts/3rdparty/").content.decode()


def test_an_address_the_provider_has_not_verified_lets_nobody_in(provider: Provider) -> None:
    staff = make_staff(Role.PARTNER, mfa=False)
    client = Client()
    sign_in_as(client, provider, staff.email, verified=False)
    assert not is_in(client)


def test_a_stranger_does_not_become_staff(provider: Provider) -> None:
    before = Staff.objects.count()
    client = Client()
    answer = sign_in_as(client, provider, "stranger@example.org")
    assert answer.status_code < 500
    assert not is_in(client)
    assert Staff.objects.count() == before


def test_an_answer_nobody_asked_for_is_refused(provider: Provider) -> None:
    staff = make_staff(Role.PARTNER, mfa=False)
    provider.claims = {"sub": "x", "email": staff.email, "email_verified": True}
    client = Client()
    answer = client.get(CALLBACK, {"code": "abc", "state": "forged"})
    assert b"did not work" in answer.content
    assert not is_in(client)


def test_without_a_provider_there_is_nothing_to_sign_in_with() -> None:
    assert Client().post(LOGIN).status_code == 404
