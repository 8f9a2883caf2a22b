"""Signing in, and every way somebody might try to get in without being let in."""

from __future__ import annotations

import re
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connections
from django.test import Client

from guildhall.core import clock
from guildhall.core.models import AuditEntry
from guildhall.people import actions, bootstrap
from guildhall.people.adapter import AccountAdapter
from guildhall.people.models import SignInLink, Staff
from guildhall.people.roles import Role
from guildhall.people.testing import (
    PASSWORD,
    client_for,
    code_of,
    give_authenticator,
    make_staff,
    second_factors,
    sign_in,
)

pytestmark = pytest.mark.django_db
LOGIN, CODE = "/accounts/login/", "/accounts/2fa/authenticate/"


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


def path_of(link: str) -> str:
    return "/" + link.split("/", 3)[3]


def enter(client: Client, staff: Staff, password: str = PASSWORD, **more: str) -> Any:
    return client.post(LOGIN, {"login": staff.email, "password": password, **more})


def is_in(client: Client) -> bool:
    return client.get("/accounts/").status_code == 200


# --- password and code ----------------------------------------------------------------------------------------------


def test_a_password_and_a_code_open_the_house_and_it_is_audited() -> None:
    staff = make_staff(Role.MODERATOR, mfa=False, password=PASSWORD)
    secret = give_authenticator(staff)
    client = Client()
    assert enter(client, staff).headers["Location"] == CODE
    assert not is_in(client)
    assert client.post(CODE, {"code": code_of(secret)}).status_code == 302
    assert is_in(client)
    entry = AuditEntry.objects.get(verb="staff.signed_in", actor=f"staff:{staff.pk}")
    assert entry.data == {"methods": ["password", "mfa"]}


def test_the_same_code_never_signs_in_twice_not_even_in_the_next_period() -> None:
    staff = make_staff(Role.MODERATOR, mfa=False, password=PASSWORD)
    secret = give_authenticator(staff)
    code = code_of(
        secret, time.time() + 30
    )  # the clock of a phone that runs ahead: good for the longest time
    first, second = Client(), Client()
    enter(first, staff)
    first.post(CODE, {"code": code})
    assert is_in(first)
    enter(second, staff)
    second.post(CODE, {"code": f"{code[:3]} {code[3:]}"})
    assert not is_in(second)


def test_a_recovery_code_works_once() -> None:
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    staff = make_staff(Role.MODERATOR, password=PASSWORD)
    code = RecoveryCodes.activate(staff).get_unused_codes()[0]
    for expected in (True, False):
        client = Client()
        enter(client, staff)
        client.post(CODE, {"code": code})
        assert is_in(client) is expected


def test_seeds_of_codes_are_not_readable_in_the_database_and_survive_a_key_rotation() -> None:
    from allauth.mfa.models import Authenticator

    from guildhall.people import mfa

    staff = make_staff(Role.MODERATOR, mfa=False, password=PASSWORD)
    secret = give_authenticator(staff)
    assert secret not in str(Authenticator.objects.get(user=staff).data)
    assert mfa.reseal() == 0
    client = Client()
    enter(client, staff)
    client.post(CODE, {"code": code_of(secret)})
    assert is_in(client)


def test_wrong_passwords_are_throttled_and_then_even_the_right_one_waits() -> None:
    staff = make_staff(Role.MODERATOR, password=PASSWORD)
    for _ in range(5):
        enter(Client(), staff, "wrong password 123")
    answer = enter(Client(), staff)
    assert answer.status_code == 200
    assert b"Too many failed" in answer.content


def test_guessing_codes_is_throttled() -> None:
    staff = make_staff(Role.MODERATOR, mfa=False, password=PASSWORD)
    secret = give_authenticator(staff)
    client = Client()
    enter(client, staff)
    for guess in range(6):
        client.post(CODE, {"code": f"{guess:06}"})
    client.post(CODE, {"code": code_of(secret)})
    assert not is_in(client)


def test_the_answer_does_not_tell_whether_an_address_exists() -> None:
    staff = make_staff(Role.MODERATOR, password=PASSWORD)
    known = enter(Client(), staff, "wrong password 123").content.decode()
    unknown = (
        Client()
        .post(LOGIN, {"login": "nobody@example.org", "password": "wrong password 123"})
        .content.decode()
    )

    def words(page: str) -> str:
        return re.sub(r"<[^>]+>|[\w.+-]+@[\w.-]+", "", page)

    assert words(known) == words(unknown)
    for address in (staff.email, "nobody@example.org"):
        answer = Client().post("/accounts/password/reset/", {"email": address})
        assert answer.headers["Location"] == "/accounts/password/reset/done/"


def test_a_forgotten_password_is_replaced_through_a_link_that_works_once(mailoutbox: list[Any]) -> None:
    staff = make_staff(Role.PARTNER, mfa=False, password=PASSWORD)
    Client().post("/accounts/password/reset/", {"email": staff.email})
    (sent,) = mailoutbox
    found = re.search(r"https?://[^/]+(/accounts/password/reset/key/\S+)", sent.body)
    assert found
    assert sent.subject.startswith("[Guildhall]")
    client = Client()
    form = client.get(found[1]).headers["Location"]
    new = "7 violet kayaks 42 jumbo"
    client.post(form, {"password1": new, "password2": new})
    assert enter(Client(), staff).status_code == 200
    client = Client()
    enter(client, staff, new)
    assert is_in(client)
    assert b"no longer works" in Client().get(found[1]).content


def test_a_mail_server_that_is_away_neither_breaks_the_page_nor_betrays_the_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from django.core.mail import EmailMessage

    from guildhall.core import troubles
    from guildhall.people.adapter import MAIL_TROUBLE

    def away(self: EmailMessage, fail_silently: bool = False) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailMessage, "send", away)
    staff = make_staff(Role.PARTNER, mfa=False, password=PASSWORD)
    answer = Client().post("/accounts/password/reset/", {"email": staff.email})
    assert answer.headers["Location"] == "/accounts/password/reset/done/"
    assert MAIL_TROUBLE in {trouble.kind for trouble in troubles.current()}
    troubles.clear(MAIL_TROUBLE)


def test_nobody_signs_up_by_themselves() -> None:
    before = Staff.objects.count()
    data = {"email": "me@example.org", "password1": PASSWORD, "password2": PASSWORD}
    assert Client().post("/accounts/signup/", data).status_code in (200, 403)
    assert Staff.objects.count() == before


def test_a_deactivated_account_does_not_get_in() -> None:
    staff = make_staff(Role.MODERATOR, password=PASSWORD)
    actions.deactivate(staff, by="system:test")
    client = Client()
    enter(client, staff)
    assert not is_in(client)


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "http:evil.example",
     "https:///evil.example", "\thttps://evil.example"],
)  # fmt: skip
def test_a_forged_next_never_leads_elsewhere(target: str) -> None:
    staff = make_staff(Role.PARTNER, mfa=False, password=PASSWORD)
    answer = Client().post(
        f"{LOGIN}?next=/accounts/", {"login": staff.email, "password": PASSWORD, "next": target}
    )
    assert answer.status_code == 302
    assert "evil" not in answer.headers["Location"]
    assert answer.headers["Location"].startswith("/")


def test_everybody_starts_on_a_page_they_may_open() -> None:
    partner = make_staff(Role.PARTNER, mfa=False, password=PASSWORD)
    assert enter(Client(), partner).headers["Location"] == "/accounts/"
    assert Client().post(path_of(actions.make_sign_in_link(partner))).headers["Location"] == "/accounts/"
    for role in (Role.VENDOR_AGENT, Role.SPECIALIST):
        client = client_for(role)
        start = AccountAdapter(client.get("/accounts/").wsgi_request).get_login_redirect_url(
            client.get("/accounts/").wsgi_request
        )
        assert start != "/"
        assert client.get(start).status_code == 200


def test_an_honest_next_is_followed() -> None:
    staff = make_staff(Role.PARTNER, mfa=False, password=PASSWORD)
    answer = enter(Client(), staff, next="/accounts/sessions/")
    assert answer.headers["Location"] == "/accounts/sessions/"


def test_a_session_planted_before_signing_in_is_worthless_after() -> None:
    staff = make_staff(Role.PARTNER, mfa=False, password=PASSWORD)
    victim = Client()
    victim.get(LOGIN)
    session = victim.session
    session["planted"] = "x"
    session.save()
    planted = session.session_key
    victim.cookies[django_settings.SESSION_COOKIE_NAME] = planted
    enter(victim, staff)
    assert victim.cookies[django_settings.SESSION_COOKIE_NAME].value != planted
    attacker = Client()
    attacker.cookies[django_settings.SESSION_COOKIE_NAME] = planted
    assert is_in(victim)
    assert not is_in(attacker)


def test_forms_without_the_token_of_this_site_are_refused_with_a_clear_page() -> None:
    staff = make_staff(Role.PARTNER, mfa=False, password=PASSWORD)
    client = sign_in(Client(enforce_csrf_checks=True), staff)
    answer = client.post("/accounts/", {"name": "Hacked", "language": "en", "zone": "UTC"})
    assert answer.status_code == 403
    assert b"This form is too old" in answer.content
    staff.refresh_from_db()
    assert staff.name != "Hacked"


# --- one-time links -------------------------------------------------------------------------------------------------


def test_a_link_signs_in_once_and_looking_at_it_burns_nothing() -> None:
    staff = make_staff(Role.PARTNER, mfa=False)
    path = path_of(actions.make_sign_in_link(staff))
    for _ in range(3):
        assert Client().get(path).status_code == 200
        assert Client().head(path).status_code == 200
    client = Client()
    assert client.post(path).status_code == 302
    assert is_in(client)
    replay = Client()
    assert replay.post(path).status_code == 410
    assert not is_in(replay)


def test_a_link_is_stored_as_a_hash_and_runs_out() -> None:
    staff = make_staff(Role.PARTNER, mfa=False)
    path = path_of(actions.make_sign_in_link(staff, timedelta(minutes=10)))
    secret = path.strip("/").split("/")[-1]
    assert secret not in str(list(SignInLink.objects.values()))
    with clock.freeze(clock.now() + timedelta(minutes=11)):
        assert Client().post(path).status_code == 410


@pytest.mark.parametrize("secret", ["x", "a" * 5000, "%00", "..%2f..", "' OR 1=1 --"])
def test_a_made_up_link_gets_the_same_clear_answer(secret: str) -> None:
    answer = Client().post(f"/sign-in/{secret}/")
    assert answer.status_code in (404, 410)


def test_a_link_does_not_pass_by_the_second_factor() -> None:
    staff = make_staff(Role.MODERATOR)
    client = Client()
    answer = client.post(path_of(actions.make_sign_in_link(staff)))
    assert answer.headers["Location"] == CODE
    assert not is_in(client)


def test_an_invitation_leads_through_password_and_second_factor_into_the_house() -> None:
    owner = make_staff(Role.OWNER)
    staff = actions.create_staff("new@example.org", "New", [Role.MODERATOR], by=owner)
    first = path_of(actions.invite(staff, by=owner))
    second = path_of(actions.invite(staff, by=owner))
    assert Client().post(first).status_code == 410
    client = Client()
    assert client.post(second).headers["Location"] == "/accounts/password/set/"
    assert client.get("/accounts/").headers["Location"] == "/accounts/2fa/"
    answer = client.post("/accounts/password/set/", {"password1": PASSWORD, "password2": PASSWORD})
    assert answer.headers["Location"] == "/accounts/2fa/"
    setup = "/accounts/2fa/totp/activate/"
    assert "/accounts/reauthenticate/" in client.get(setup).headers["Location"]
    client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": setup})
    page = client.get(setup).content.decode()
    found = re.search(r'id="authenticator-secret">(\w+)<', page)
    assert found
    answer = client.post(setup, {"code": code_of(found[1])})
    assert answer.headers["Location"] == "/accounts/2fa/recovery-codes/"
    assert client.get("/accounts/2fa/recovery-codes/").status_code == 200
    assert is_in(client)
    assert second_factors(staff) == 1


def test_the_first_owner_gets_a_link_until_they_can_sign_in_by_themselves() -> None:
    link = bootstrap.first_owner_link()
    assert link is not None
    owner = Staff.objects.get()
    assert owner.roles == {Role.OWNER}
    client = Client()
    assert client.post(path_of(link)).headers["Location"] == "/"
    assert is_in(client)
    assert bootstrap.first_owner_link() is not None
    assert Staff.objects.count() == 1
    with clock.freeze(clock.now() + bootstrap.GRACE + timedelta(minutes=1)):
        assert client.get("/accounts/").headers["Location"] == "/accounts/2fa/"
    give_authenticator(owner)
    assert bootstrap.first_owner_link() is None


@pytest.mark.django_db(transaction=True)
def test_of_many_simultaneous_clicks_one_gets_in() -> None:
    staff = make_staff(Role.PARTNER, mfa=False)
    path = path_of(actions.make_sign_in_link(staff))
    statuses: list[int] = []
    ready = threading.Barrier(6)

    def click() -> None:
        client = Client(raise_request_exception=False)
        ready.wait()
        statuses.append(client.post(path).status_code)
        connections.close_all()

    threads = [threading.Thread(target=click) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [302] + [410] * 5


# --- sessions -------------------------------------------------------------------------------------------------------


def test_sign_ins_are_listed_and_one_ended_elsewhere_stops_at_once() -> None:
    here = client_for(Role.MODERATOR)
    staff = here.staff  # type: ignore[attr-defined]
    there = sign_in(Client(), staff)
    assert is_in(there)
    other = UserSession.objects.get(session_key=there.cookies[django_settings.SESSION_COOKIE_NAME].value)
    assert here.get("/accounts/sessions/").content.count(b"/end/") == 2
    here.post(f"/accounts/sessions/{other.pk}/end/")
    assert not is_in(there)
    assert is_in(here)


def test_nobody_ends_the_sign_in_of_somebody_else() -> None:
    here, stranger = client_for(Role.OWNER), client_for(Role.MODERATOR)
    key = here.cookies[django_settings.SESSION_COOKIE_NAME].value
    assert (
        stranger.post(f"/accounts/sessions/{UserSession.objects.get(session_key=key).pk}/end/").status_code
        == 404
    )
    assert is_in(here)


def test_sign_out_everywhere_else_leaves_this_browser() -> None:
    here = client_for(Role.MODERATOR)
    others = [sign_in(Client(), here.staff) for _ in range(3)]  # type: ignore[attr-defined]
    here.post("/accounts/sessions/")
    assert is_in(here)
    assert not any(is_in(other) for other in others)


def test_a_new_password_ends_the_sessions_that_knew_the_old_one() -> None:
    staff = make_staff(Role.PARTNER, mfa=False, password=PASSWORD)
    here, there = Client(), Client()
    enter(here, staff)
    enter(there, staff)
    new = "7 violet kayaks 42 jumbo"
    here.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert is_in(here)
    assert not is_in(there)


def test_what_nobody_can_use_any_more_is_thrown_away() -> None:
    from guildhall.effects import performers
    from guildhall.effects.types import Claimed, Mode
    from guildhall.people import jobs

    client = client_for(Role.MODERATOR)
    actions.make_sign_in_link(client.staff)  # type: ignore[attr-defined]
    effect = Claimed(1, jobs.TIDY, {}, 1, Mode.REPEATABLE, "", clock.now())
    perform = performers.registered()[jobs.TIDY].perform
    assert perform(effect).result == {"sessions": 0, "links": 0}  # type: ignore[union-attr]
    with clock.freeze(clock.now() + timedelta(days=100)):
        assert perform(effect).result == {"sessions": 1, "links": 1}  # type: ignore[union-attr]
    assert not UserSession.objects.exists()


def test_a_session_in_use_lives_on_and_shows_when_it_was_seen() -> None:
    client = client_for(Role.MODERATOR)
    later = clock.now() + timedelta(hours=2)
    client.get("/accounts/")
    with clock.freeze(later):
        client.get("/accounts/")
    key = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    assert UserSession.objects.get(session_key=key).last_seen_at == later
