"""One question about one account: signed both ways, audited without the answer, paced, masked, clear when
nobody answers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from guildhall.core import clock
from guildhall.core.errors import BadInput, Conflict, GuildhallError, NotAllowed, NotFound, TooMany
from guildhall.core.models import AuditEntry
from guildhall.core.settings import settings
from guildhall.effects.webhooks import sign
from guildhall.exchange import accounts
from guildhall.exchange.lookup import Kind, ask, masked, offices, protocol
from guildhall.exchange.lookup.models import BackOffice, LookUp
from guildhall.exchange.lookup.protocol import Kyc, UnreadableAnswer, shown, states_of
from guildhall.exchange.testing import back_office as fake
from guildhall.people.roles import Role
from guildhall.people.testing import make_staff

SECRET = "correct horse battery staple"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SYSTEM = "system:desk"


@pytest.fixture
def theirs(monkeypatch: pytest.MonkeyPatch, db: None) -> Iterator[fake.BackOffice]:
    """A back office of the venue `house`, connected."""
    from guildhall.exchange.lookup import asking

    monkeypatch.setattr(asking, "settings", replace(settings, exchange_inside=True))
    other_side = fake.BackOffice(SECRET)
    with fake.standing(other_side) as address:
        offices.connect("house", address, "staff:1", secret=SECRET, limits={"timeout_s": 2})
        yield other_side


def one(kind: str = "deposit", uid: str = "100001", **more: Any) -> protocol.Answer:
    return ask("house", uid, kind, **{"by": SYSTEM, "purpose": "support", **more})


def test_a_deposit_a_withdrawal_a_kyc_and_a_hold_are_answered(theirs: fake.BackOffice) -> None:
    deposits = one().records
    assert states_of(deposits) == ("credited", "pending")
    assert shown(deposits[0].amount) == "1,250.5 USDT"  # type: ignore[union-attr]
    assert shown(deposits[1].amount) == "0.123456789012345678 ETH"  # type: ignore[union-attr]
    assert states_of(one("withdrawal").records) == ("held",)
    assert one("kyc").records == (Kyc(2, "verified", "SG", datetime(2026, 3, 1, tzinfo=UTC)),)
    hold = one("risk_hold").records[0]
    assert isinstance(hold, protocol.RiskHold)
    assert hold.says is not None
    assert "48" in hold.says.zh
    assert theirs.refused == []


def test_one_transaction_is_asked_for_by_its_id(theirs: fake.BackOffice) -> None:
    assert len(one(txid="0x5be1d0c94a7718ee42").records) == 1
    unknown = one(txid="0xffff")
    assert (unknown.found, unknown.records) == (False, ())
    assert one(uid="999").found is False


def test_who_asked_and_why_is_audited_and_the_answer_is_not(theirs: fake.BackOffice) -> None:
    one(reference="ticket:01HABC", txid="a7f3c2e19b04d5586f")
    name = accounts.pseudonym("house", "100001")
    entry = AuditEntry.objects.get(verb="account.looked_up")
    assert entry.subject == f"venue_account:{name}"
    assert entry.data["purpose"] == "support"
    assert entry.data["subject"] == "ticket:01HABC"
    kept = LookUp.objects.get()
    assert (kept.account, kept.state, kept.by) == (name, "answered", SYSTEM)
    everything = (
        json.dumps(entry.data) + entry.subject + json.dumps(LookUp.objects.values().get(), default=str)
    )
    for secret in ("100001", "a7f3c2e19b04d5586f", "1250", "credited", "USDT"):
        assert secret not in everything


def test_that_somebody_asks_is_on_disk_before_the_question_leaves(
    theirs: fake.BackOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    monkeypatch.setattr(
        "guildhall.exchange.lookup.asking._fetched",
        lambda *_: seen.append(AuditEntry.objects.filter(verb="account.looked_up").count()) or _no(),
    )
    with pytest.raises(NotFound):
        one()
    assert seen == [1]
    assert LookUp.objects.get().state == "failed"


def _no() -> Any:
    raise NotFound("no")


def test_a_purpose_is_needed_and_nothing_that_could_name_a_person(theirs: fake.BackOffice) -> None:
    for wrong in (
        {"purpose": ""}, {"purpose": "curiosity"}, {"uid": "1 or 1"}, {"uid": ""}, {"kind": "balance"},
        {"reference": "Anna Chen's ticket"}, {"txid": "a b"}, {"kind": "kyc", "txid": "0xabc"},
    ):  # fmt: skip
        with pytest.raises(BadInput):
            one(**wrong)
    with pytest.raises(NotFound):
        ask("elsewhere", "1", "kyc", by=SYSTEM, purpose="support")
    assert theirs.asked == []
    assert not AuditEntry.objects.filter(verb="account.looked_up").exists()


def test_only_those_who_may_ask_are_heard_and_vendors_see_it_masked(theirs: fake.BackOffice) -> None:
    editor, vendor = make_staff(Role.CONTENT_EDITOR), make_staff(Role.VENDOR_AGENT)
    for by in (editor.actor, "staff:999999", "member:7", "nobody", "staff:"):
        with pytest.raises(NotAllowed):
            one(by=by)
    seen = one(by=vendor.actor)
    assert seen.is_masked
    assert [record.txid for record in seen.records] == ["•••586f", "•••ee42"]  # type: ignore[union-attr]
    assert one("kyc", by=vendor.actor).records[0].region == ""  # type: ignore[union-attr]
    assert one("withdrawal", by=vendor.actor).records[0].address == "•••"  # type: ignore[union-attr]
    support = make_staff(Role.SUPPORT_AGENT)
    assert not one(by=support.actor).is_masked


def test_a_person_and_the_house_can_only_ask_so_often(theirs: fake.BackOffice) -> None:
    BackOffice.objects.update(person_minute=2, house_minute=3)
    with clock.freeze(NOON) as now:
        one()
        one()
        with pytest.raises(TooMany):
            one()
        one(by="system:partners")
        with pytest.raises(TooMany):
            one(by="system:campaigns")
        now.advance(timedelta(seconds=61))
        one()
    assert len(theirs.asked) == 4


@pytest.mark.parametrize(
    ("trick", "code"),
    [
        ("silent", "no_answer"), ("cut", "no_answer"), ("500", "back_office_error"), ("429", "too_many"),
        ("redirect", "back_office_error"), ("unsigned", "not_signed"), ("other_secret", "not_signed"),
        ("stale", "not_signed"), ("other_question", "unreadable_answer"), ("nonsense", "unreadable_answer"),
        ("float", "unreadable_answer"), ("unknown_state", "unreadable_answer"), ("too_long", "no_answer"),
    ],
)  # fmt: skip
def test_whatever_is_wrong_over_there_is_said_and_nothing_of_it_is_shown(
    theirs: fake.BackOffice, trick: str, code: str
) -> None:
    BackOffice.objects.update(timeout_s=1)
    theirs.mischief, theirs.hold_s = [trick], 30.0
    with pytest.raises(GuildhallError) as caught:
        one()
    assert caught.value.code == code
    assert caught.value.text.zh != caught.value.text.en
    assert LookUp.objects.get().problem == code
    assert one().found


def test_a_wrong_secret_and_a_private_address_are_said_plainly(
    theirs: fake.BackOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs.secret = "another secret of theirs"
    with pytest.raises(GuildhallError, match="signature"):
        one()
    monkeypatch.setattr("guildhall.exchange.lookup.asking.settings", settings)
    with pytest.raises(GuildhallError, match="EXCHANGE_INSIDE"):
        one()


def test_a_back_office_is_connected_changed_paused_and_forgotten(db: None) -> None:
    office = offices.connect("house", "https://back.example/lookup", "staff:1")
    assert len(offices.secret_of(office)) >= 32
    with pytest.raises(Conflict):
        offices.connect("house", "https://back.example/lookup", "staff:1")
    for wrong in ({"url": "ftp://x"}, {"secret": "short"}, {"limits": {"timeout_s": 0}}):
        with pytest.raises(BadInput):
            offices.change(office.pk, **{"url": "https://back.example", "by": "staff:1", **wrong})  # type: ignore[arg-type]
    offices.change(office.pk, "https://b.example/x", "staff:1", secret=SECRET, limits={"timeout_s": 3})
    assert offices.secret_of(office) == SECRET
    offices.switch(office.pk, False, "staff:1")
    assert not offices.is_available("house")
    offices.remove(office.pk, "staff:1")
    with pytest.raises(NotFound):
        offices.switch(office.pk, True, "staff:1")
    assert not [row for row in AuditEntry.objects.all() if SECRET in json.dumps(row.data)]


def test_a_signature_holds_for_its_body_its_time_and_its_secret_only() -> None:
    header = sign(SECRET, b"{}", 1000)
    assert protocol.is_signed(SECRET, b"{}", header, 1000 + protocol.WINDOW_S)
    assert not protocol.is_signed(SECRET, b"{}", header, 1001 + protocol.WINDOW_S)
    assert not protocol.is_signed(SECRET, b"{ }", header, 1000)
    assert not protocol.is_signed("x" * 20, b"{}", header, 1000)
    for nonsense in ("", "t=,v1=", "t=1000", header.upper(), header + "0"):
        assert not protocol.is_signed(SECRET, b"{}", nonsense, 1000)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{}", b'{"version":1}', b'{"version":1,"question":"q","found":1}', b"[" * 5000,
        b'{"version":1,"question":"q","found":true,"as_of":"2026-01-01"}',
        b'{"version":1,"question":"q","found":false,"as_of":"2026-01-01T00:00:00Z","records":[{}]}',
        b'{"version":1,"question":"q","found":true,"as_of":"2026-01-01T00:00:00Z","records":[7]}',
    ],
)  # fmt: skip
def test_an_answer_that_is_not_the_protocol_is_refused(body: bytes) -> None:
    asked = protocol.Question("q", "house", "1", Kind.KYC, protocol.Purpose.SUPPORT)
    with pytest.raises(UnreadableAnswer):
        protocol.read(body, asked, "name")


def test_masking_twice_is_masking_once() -> None:
    asked = protocol.question("q", "house", "1", "kyc", purpose="appeal")
    body = json.dumps({
        "version": 1, "question": "q", "found": True, "as_of": "2026-01-01T00:00:00+08:00",
        "records": [{"level": 1, "state": "pending", "region": "CN"}],
    }).encode()  # fmt: skip
    answer = protocol.read(body, asked, "name")
    assert answer.as_of == datetime(2025, 12, 31, 16, tzinfo=UTC)
    assert masked(masked(answer)) == masked(answer)
