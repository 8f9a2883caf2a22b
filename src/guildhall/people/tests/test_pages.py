"""Every page of signing in: complete in both languages, without inline code, and not a word left in
English.
"""

from __future__ import annotations

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.core.cache import cache
from django.test import Client

from guildhall.people import actions
from guildhall.people.models import Staff
from guildhall.people.roles import Role
from guildhall.people.testing import PASSWORD, make_staff, sign_in

pytestmark = pytest.mark.django_db

VISITOR = [
    "/accounts/login/", "/accounts/signup/", "/accounts/inactive/", "/accounts/password/reset/",
    "/accounts/password/reset/done/", "/accounts/password/reset/key/done/", "/accounts/password/reset/key/1-bad/",
    "/accounts/3rdparty/login/cancelled/", "/accounts/3rdparty/login/error/", "/sign-in/used-up/",
]  # fmt: skip
STAFF = [
    "/accounts/", "/accounts/logout/", "/accounts/reauthenticate/", "/accounts/password/change/", "/accounts/2fa/",
    "/accounts/2fa/reauthenticate/", "/accounts/2fa/totp/deactivate/", "/accounts/2fa/recovery-codes/",
    "/accounts/2fa/recovery-codes/generate/", "/accounts/2fa/webauthn/", "/accounts/2fa/webauthn/add/",
    "/accounts/2fa/webauthn/reauthenticate/", "/accounts/2fa/webauthn/keys/{key}/edit/",
    "/accounts/2fa/webauthn/keys/{key}/remove/", "/accounts/sessions/", "/accounts/3rdparty/",
]  # fmt: skip
NEWCOMER = [
    "/accounts/2fa/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/password/set/",
]
# Words that are the same in Chinese: names of products, protocols, zones, and what tests put in themselves.
_SAME = re.compile(
    r"Guildhall|English|JavaScript|https?|localhost|PIN|QR|KOL|IP|UTC|Ctrl K|test|laptop|[\w.-]+@[\w.-]+|[A-Z2-7]{32}|"
    r"(?:Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific)/[\w/ +-]+"
)


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


def confirmed(client: Client) -> Client:
    client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/accounts/"})
    return client


def full_staff() -> tuple[Staff, int]:
    staff = make_staff(Role.OWNER, password=PASSWORD, name="林")
    RecoveryCodes.activate(staff)
    # A key as a browser would give it is made in the browser test; here its name and kind are enough.
    data = {"name": "laptop", "credential": {"clientExtensionResults": {"credProps": {"rk": True}}}}
    key = Authenticator.objects.create(user=staff, type=Authenticator.Type.WEBAUTHN, data=data)
    return staff, key.pk


@pytest.fixture
def _no_real_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("allauth.mfa.webauthn.internal.auth.get_credentials", lambda user: [])


def check(client: Client, address: str, language: str) -> str:
    client.cookies["guildhall_language"] = language
    answer = client.get(address)
    assert answer.status_code in (200, 401, 410), (
        f"{address}: {answer.status_code} {answer.headers.get('Location')}"
    )
    page: str = answer.content.decode()
    assert not re.search(
        r"<script(?![^>]*\bsrc=)(?![^>]*application/json)|<style|\son\w+=|\sstyle=|javascript:", page
    ), address
    assert "allauth" not in page
    assert f'<html lang="{"zh-Hans" if language == "zh-hans" else "en"}"' in page
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
    if language == "zh-hans":
        left = english_left(page)
        assert not left, f"{address} still says in English: {left}"
    return page


def english_left(page: str) -> list[str]:
    page = re.sub(
        r"<(script|svg|option|template)\b.*?</\1>|<head>.*?</head>|<kbd>.*?</kbd>", " ", page, flags=re.S
    )
    shown = re.findall(
        r'(?:aria-label|title|placeholder|alt|data-failed|data-unsupported|data-unreachable)="([^"]*)"', page
    )
    shown += re.sub(r"<[^>]+>", "\n", page).splitlines()
    return [text.strip() for text in shown if re.search(r"[A-Za-z]{2,}", _SAME.sub("", text))]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_pages_of_a_visitor(language: str) -> None:
    for address in VISITOR:
        check(Client(), address, language)


@pytest.mark.usefixtures("_no_real_keys")
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_pages_of_an_invitation_and_of_the_second_step(language: str) -> None:
    staff = make_staff(Role.PARTNER, mfa=False, name="林")
    link = "/" + actions.invite(staff, by="system:test").split("/", 3)[3]
    assert "林" in check(Client(), link, language)
    second, _ = full_staff()
    client = Client()
    client.post("/accounts/login/", {"login": second.email, "password": PASSWORD})
    check(client, "/accounts/2fa/authenticate/", language)


@pytest.mark.usefixtures("_no_real_keys")
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_pages_of_staff(language: str) -> None:
    staff, key = full_staff()
    client = confirmed(sign_in(Client(), staff))
    for address in STAFF:
        check(client, address.format(key=key), language)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_pages_of_a_newcomer_without_a_second_factor(language: str) -> None:
    for address in NEWCOMER:
        page = check(sign_in(Client(), make_staff(Role.OWNER, mfa=False, name="林")), address, language)
        assert 'class="nav"' not in page, "the navigation would lead nowhere yet"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_refused_forms_and_wrong_passwords_answer_in_the_language_of_the_reader(language: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies["guildhall_language"] = language
    page = client.post("/accounts/login/", {"login": "x@example.org", "password": "x"}).content.decode()
    assert ("已过期" if language == "zh-hans" else "too old") in page
    client = Client()
    client.cookies["guildhall_language"] = language
    for _ in range(7):
        page = client.post(
            "/accounts/login/", {"login": "x@example.org", "password": "wrong"}
        ).content.decode()
        assert language == "en" or not english_left(page)
    assert ("次数过多" if language == "zh-hans" else "Too many") in page


def test_the_profile_changes_name_language_and_zone_and_refuses_others() -> None:
    client = sign_in(Client(), make_staff(Role.MODERATOR))
    answer = client.post("/accounts/", {"name": "Mei", "language": "zh-hans", "zone": "Asia/Shanghai"})
    assert answer.status_code == 302
    assert "我的账号" in client.get("/accounts/").content.decode()
    staff = Staff.objects.get()
    assert (staff.name, staff.language, staff.zone) == ("Mei", "zh-hans", "Asia/Shanghai")
    assert client.post("/accounts/", {"name": "Mei", "language": "tlh", "zone": "Mars/X"}).status_code == 200
    staff.refresh_from_db()
    assert staff.zone == "Asia/Shanghai"


def test_a_stranger_in_the_middle_of_setting_up_can_always_leave() -> None:
    client = sign_in(Client(), make_staff(Role.OWNER, mfa=False, name="林"))
    assert 'action="/accounts/logout/"' in client.get("/accounts/2fa/").content.decode()
    client.post("/accounts/logout/")
    assert client.get("/accounts/2fa/").headers["Location"].startswith("/accounts/login/")
