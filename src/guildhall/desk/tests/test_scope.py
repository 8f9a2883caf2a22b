"""Who reads what of the desk: our people all, a vendor its own queue and masked, others nothing."""

from __future__ import annotations

import pytest

from guildhall.core import clock
from guildhall.core.errors import BadInput, Conflict
from guildhall.desk import finding, queries, scope
from guildhall.desk.actions import vendors
from guildhall.desk.models import Attachment, Entry, Ticket, Vendor
from guildhall.desk.showing import for_reader
from guildhall.desk.testing import outsourced
from guildhall.people import actions as people
from guildhall.people.models import Rename, Staff
from guildhall.people.roles import Role
from guildhall.people.testing import SYSTEM, make_staff

pytestmark = pytest.mark.django_db


def fresh(staff: Staff) -> Staff:
    return Staff.objects.get(pk=staff.pk)


def test_a_vendor_reads_its_own_queue_our_people_all_a_specialist_none() -> None:
    owner = make_staff(Role.OWNER)
    acme, best = outsourced.set_up("Acme", owner), outsourced.set_up("Best", owner)
    ours = outsourced.a_ticket(None)
    assert set(scope.tickets_for(acme.agent)) == {acme.ticket}
    assert set(scope.tickets_for(best.lead)) == {best.ticket}
    assert set(scope.tickets_for(make_staff(Role.SUPPORT_AGENT))) == {acme.ticket, best.ticket, ours}
    for nobody in (
        make_staff(Role.SPECIALIST),
        make_staff(Role.PARTNER),
        make_staff(Role.VENDOR_AGENT),
        None,
    ):
        assert not scope.tickets_for(nobody).exists()
        assert not scope.may_see(nobody, acme.ticket)
    assert scope.may_see(acme.agent, acme.ticket)
    assert not scope.may_see(acme.agent, best.ticket)
    assert not scope.may_see(acme.agent, ours)


def test_a_vendor_that_was_shut_sees_nothing_from_then_on() -> None:
    owner = make_staff(Role.OWNER)
    acme = outsourced.set_up("Acme", owner)
    vendors.switch_vendor(acme.vendor.pk, False, owner)
    assert not scope.tickets_for(fresh(acme.agent)).exists()


def test_nobody_works_for_two_vendors_and_who_does_by_accident_sees_neither() -> None:
    owner = make_staff(Role.OWNER)
    acme, best = outsourced.set_up("Acme", owner), outsourced.set_up("Best", owner)
    with pytest.raises(Conflict):
        vendors.add_agent(best.vendor.pk, acme.agent, owner)
    people.add_to_team(best.vendor.team, acme.agent, by=owner)
    assert not scope.tickets_for(fresh(acme.agent)).exists()


def test_a_vendor_agent_who_holds_another_role_too_is_still_outsourced() -> None:
    owner = make_staff(Role.OWNER)
    acme = outsourced.set_up("Acme", owner)
    outsourced.a_ticket(None)
    people.grant_role(acme.agent, Role.MODERATOR, by=SYSTEM)
    agent = fresh(acme.agent)
    assert set(scope.tickets_for(agent)) == {acme.ticket}
    assert for_reader(agent).masked
    with pytest.raises(BadInput):
        vendors.add_agent(acme.vendor.pk, make_staff(Role.VENDOR_AGENT, Role.SUPPORT_AGENT), owner)


def test_internal_notes_are_read_by_those_they_are_for() -> None:
    owner = make_staff(Role.OWNER)
    acme, best = outsourced.set_up("Acme", owner), outsourced.set_up("Best", owner)

    def noted(author: Staff, text: str) -> Entry:
        return Entry.objects.create(
            ticket=acme.ticket,
            kind=Entry.Kind.NOTE,
            text=text,
            author=author,
            by=author.actor,
            at=clock.now(),
        )

    own, ours, theirs, asked = (
        noted(acme.lead, "own"), noted(owner, "ours"), noted(best.agent, "theirs"), noted(owner, "for you"),
    )  # fmt: skip
    asked.mentions.add(acme.agent)
    Entry.objects.create(
        ticket=acme.ticket,
        kind=Entry.Kind.SYSTEM,
        by=owner.actor,
        data={"what": "vendor", "from": best.vendor.pk},
    )
    seen = set(scope.entries_for(acme.agent, acme.ticket).values_list("text", flat=True))
    assert {"own", "for you"} <= seen
    assert not seen & {"ours", "theirs"}
    assert not scope.entries_for(acme.agent, acme.ticket).filter(data__what="vendor").exists()
    assert not scope.entries_for(best.agent, acme.ticket).exists()
    assert {own, ours, theirs, asked} <= set(scope.entries_for(owner, acme.ticket))


def test_persons_fields_texts_files_and_colleagues_are_masked() -> None:
    owner = make_staff(Role.OWNER, name="Olivia Owner")
    acme, best = outsourced.set_up("Acme", owner), outsourced.set_up("Best", owner)
    ticket = Ticket.objects.get(pk=acme.ticket.pk)
    assert ticket.account is not None
    Rename.objects.create(
        account=ticket.account, old_username="wonderful_al", new_username=outsourced.USERNAME
    )
    entry = Entry.objects.filter(ticket=ticket, kind=Entry.Kind.CUSTOMER).get()
    file = Attachment.objects.create(
        entry=entry, name="passport Alice Wong.jpg", mime="image/jpeg", size=3, digest="0", body=b"abc"
    )
    eyes = for_reader(acme.agent)
    identity = eyes.identity(ticket)
    shown = repr(
        [
            identity, eyes.asker(ticket), eyes.subject(ticket), eyes.text(entry.text, ticket),
            eyes.values(ticket.fields, ticket), eyes.file_name(file), eyes.text("ask wonderful_al", ticket),
        ]
    )  # fmt: skip
    for secret in (*outsourced.SECRETS, "wonderful_al"):
        assert secret not in shown
    assert "1,250 USDT" in shown
    assert "TRC20" in shown
    assert not eyes.may_open(file)
    assert (eyes.colleague(owner), eyes.colleague(best.agent), eyes.colleague(acme.lead)) == (
        "A colleague", "A colleague", "Acme lead",
    )  # fmt: skip
    assert not eyes.may_search(outsourced.MAIL)
    assert eyes.may_search("deposit missing")
    clear = for_reader(owner)
    assert clear.text(entry.text, ticket) == entry.text
    assert clear.identity(ticket).name == outsourced.NAME
    assert clear.may_open(file)


def test_nobody_known_sees_as_little_as_a_vendor() -> None:
    assert for_reader(None).masked
    assert not Vendor.objects.exists()


def test_a_vendor_finds_by_what_it_can_read_and_not_by_a_name_or_a_note_it_cannot() -> None:
    owner = make_staff(Role.OWNER)
    acme = outsourced.set_up("Acme", owner)
    Entry.objects.create(
        ticket=acme.ticket, kind=Entry.Kind.NOTE, text="chargeback suspected", author=owner, by=owner.actor
    )
    Ticket.objects.update(indexed=False)
    finding.index_pending()
    for words in ("deposit", "1,250 USDT", str(acme.ticket.number), f"#{acme.ticket.number}"):
        assert list(queries.search(words, acme.agent)) == [acme.ticket], words
    for words in ("Alice", "wong", "chargeback", outsourced.MAIL, outsourced.UID):
        assert list(queries.search(words, acme.agent)) == [], words
        assert list(queries.search(words, owner)) == [acme.ticket], words
