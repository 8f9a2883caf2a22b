"""Account look-up: a question with a reason, an answer on one page only, back offices whose secret is shown
once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.urls import reverse

from guildhall.console.tests.house_doors import confirmed
from guildhall.core.settings import settings
from guildhall.exchange.lookup import asking, offices
from guildhall.exchange.lookup.models import BackOffice, LookUp
from guildhall.exchange.testing import back_office as fake
from guildhall.people.roles import Role
from guildhall.people.testing import client_for

pytestmark = pytest.mark.django_db
SECRET = "correct horse battery staple"
ASKED = {
    "venue": "house",
    "uid": "100001",
    "kind": "deposit",
    "txid": "",
    "purpose": "support",
    "reference": "",
}


def url(name: str, *args: str) -> str:
    return reverse(f"console:{name}", args=args)


@pytest.fixture
def theirs(monkeypatch: pytest.MonkeyPatch) -> Iterator[fake.BackOffice]:
    monkeypatch.setattr(asking, "settings", replace(settings, exchange_inside=True))
    with fake.standing(fake.BackOffice(SECRET)) as address:
        offices.connect("house", address, "staff:1", secret=SECRET)
        yield fake.BackOffice(SECRET)


def test_a_question_is_answered_on_the_page_and_nowhere_else(theirs: fake.BackOffice) -> None:
    support = client_for(Role.SUPPORT_AGENT)
    answer = support.post(url("lookup"), ASKED)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    for said in ("1,250.5 USDT", "credited", "a7f3c2e19b04d5586f", "7 / 12"):
        assert said in page
    again = support.get(url("lookup")).content.decode()
    assert "1,250.5" not in again
    assert "A member asked for help" in again
    assert "100001" not in again


def test_a_hold_says_what_the_person_may_be_told_in_the_readers_language(theirs: fake.BackOffice) -> None:
    support = client_for(Role.SUPPORT_AGENT)
    support.cookies["django_language"] = "zh-hans"
    support.staff.language = "zh-hans"  # type: ignore[attr-defined]
    support.staff.save()  # type: ignore[attr-defined]
    page = support.post(url("lookup"), ASKED | {"kind": "risk_hold"}).content.decode()
    assert "修改密码后" in page
    assert "生效中" in page


def test_a_specialist_sees_it_masked_and_only_their_own_questions(theirs: fake.BackOffice) -> None:
    client_for(Role.SUPPORT_AGENT).post(url("lookup"), ASKED | {"kind": "kyc"})
    specialist = client_for(Role.SPECIALIST)
    page = specialist.post(url("lookup"), ASKED).content.decode()
    assert "•••586f" in page
    assert "a7f3c2e19b04d5586f" not in page
    assert page.count("<tr>") == 2  # the head, and one question of theirs
    assert client_for(Role.COMPLIANCE_OFFICER).get(url("lookup")).content.decode().count("<tr>") == 3


def test_a_vendor_asks_from_a_ticket_only_never_on_this_page(theirs: fake.BackOffice) -> None:
    assert client_for(Role.VENDOR_AGENT).post(url("lookup"), ASKED).status_code == 403
    assert not LookUp.objects.exists()


def test_what_is_wrong_stands_at_its_field_and_nothing_is_asked(theirs: fake.BackOffice) -> None:
    support = client_for(Role.SUPPORT_AGENT)
    for wrong in (
        {"purpose": ""},
        {"uid": ""},
        {"reference": "Anna's ticket"},
        {"kind": "kyc", "txid": "0xa"},
    ):
        answer = support.post(url("lookup"), ASKED | wrong)
        assert answer.status_code == 422
    assert not LookUp.objects.exists()


def test_without_a_back_office_the_page_says_who_can_connect_one() -> None:
    assert "Nobody can be asked yet" in client_for(Role.SUPPORT_AGENT).get(url("lookup")).content.decode()
    assert "Connect a back office" in client_for(Role.OWNER).get(url("lookup")).content.decode()


def test_a_back_office_is_connected_with_a_secret_shown_once_changed_and_removed() -> None:
    owner = confirmed(Role.OWNER)
    given = {
        "venue": "house", "url": "https://back.example/lookup", "secret": "", "timeout_s": "8",
        "person_minute": "20", "house_minute": "120",
    }  # fmt: skip
    page = owner.post(url("back-office-new"), given).content.decode()
    office = BackOffice.objects.get()
    secret = offices.secret_of(office)
    assert secret in page
    assert secret not in owner.get(url("back-office", office.pk)).content.decode()
    assert owner.post(url("back-office-new"), given).status_code == 422
    owner.post(url("back-office-change", office.pk), given | {"timeout_s": "3", "secret": SECRET})
    assert offices.secret_of(office) == SECRET
    owner.post(url("back-office-switch", office.pk))
    assert "not asked" in owner.get(url("back-offices")).content.decode()
    owner.post(url("back-office-remove", office.pk))
    assert not BackOffice.objects.exists()
