"""Limits on guessing count in the database, so that many web processes count together."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client, override_settings

from guildhall.conf import settings as production
from guildhall.people.roles import Role
from guildhall.people.testing import PASSWORD, code_of, give_authenticator, make_staff


@pytest.fixture
def shared_cache(db: Any) -> Any:
    with override_settings(CACHES=production.CACHES):
        call_command("createcachetable")
        yield


def test_the_house_counts_in_the_database() -> None:
    assert "DatabaseCache" in production.CACHES["default"]["BACKEND"]


@pytest.mark.usefixtures("shared_cache")
def test_wrong_passwords_are_counted_there() -> None:
    staff = make_staff(Role.MODERATOR, password=PASSWORD)
    for _ in range(5):
        Client().post("/accounts/login/", {"login": staff.email, "password": "wrong password 123"})
    answer = Client().post("/accounts/login/", {"login": staff.email, "password": PASSWORD})
    assert b"Too many failed" in answer.content


@pytest.mark.usefixtures("shared_cache")
def test_a_used_code_is_remembered_there() -> None:
    staff = make_staff(Role.MODERATOR, mfa=False, password=PASSWORD)
    secret = give_authenticator(staff)
    code = code_of(secret, time.time() + 30)
    got_in = []
    for _ in range(2):
        client = Client()
        client.post("/accounts/login/", {"login": staff.email, "password": PASSWORD})
        client.post("/accounts/2fa/authenticate/", {"code": code})
        got_in.append(client.get("/accounts/").status_code == 200)
    assert got_in == [True, False]


@pytest.mark.usefixtures("shared_cache")
def test_adding_twice_tells_the_second_that_it_was_second() -> None:
    assert cache.add("people:probe", "1", timeout=60)
    assert not cache.add("people:probe", "1", timeout=60)
