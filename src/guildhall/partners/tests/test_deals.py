"""Deals: written by one person, approved by another, never changed afterwards; the newest one approved holds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from guildhall.core import approvals, clock
from guildhall.core.errors import BadInput, Conflict, NotAllowed
from guildhall.partners import actions, deals, queries
from guildhall.partners.actions.deals import hear_of_decisions
from guildhall.partners.models import DealVersion
from guildhall.partners.settlement.pins import deals_now
from guildhall.partners.tests.houses import BY, NOON, OTHER, TERMS, in_force, partner

SEPTEMBER, OCTOBER, NOVEMBER = (datetime(2026, month, 1, tzinfo=UTC) for month in (9, 10, 11))
Span = deals.Span


def test_a_new_version_ends_the_one_before_it_and_replaces_those_after() -> None:
    before, after = Span(1, SEPTEMBER, None), Span(2, NOVEMBER, None)
    assert deals.cut([before], Span(3, OCTOBER, None)) == [deals.Cut(1, Span(1, SEPTEMBER, OCTOBER))]
    assert deals.cut([after], Span(3, OCTOBER, None)) == [deals.Cut(2, None)]
    assert deals.cut([Span(1, SEPTEMBER, OCTOBER)], Span(3, OCTOBER, None)) == []


def test_a_version_with_an_end_moves_the_beginning_of_what_follows() -> None:
    middle = datetime(2026, 10, 15, tzinfo=UTC)
    assert deals.cut([Span(2, OCTOBER, None)], Span(3, SEPTEMBER, middle)) == [
        deals.Cut(2, Span(2, middle, None))
    ]
    with pytest.raises(Conflict):
        deals.cut([Span(1, SEPTEMBER, None)], Span(3, OCTOBER, NOVEMBER))


@pytest.mark.django_db
def test_whoever_wrote_a_deal_cannot_approve_it() -> None:
    lin = actions.create_partner("Lin", "lin", by=BY)
    draft = actions.save_draft(lin.pk, TERMS, by=BY)
    proposal = actions.propose_deal(lin.pk, draft.version, by=BY)
    with pytest.raises(NotAllowed):
        approvals.approve(proposal.pk, BY, proposal.content_hash)
    assert deals_now() == []
    approvals.approve(proposal.pk, OTHER, proposal.content_hash)
    draft.refresh_from_db()
    assert (draft.state, draft.approved_by) == (DealVersion.State.IN_FORCE, OTHER)
    assert queries.deal_in_force(lin.pk, NOON) == draft


@pytest.mark.django_db
def test_an_edit_voids_what_was_approved() -> None:
    lin = actions.create_partner("Lin", "lin", by=BY)
    draft = actions.save_draft(lin.pk, TERMS, by=BY)
    proposal = actions.propose_deal(lin.pk, draft.version, by=BY)
    actions.save_draft(lin.pk, {**TERMS, "kickback_ppm": 0}, by="staff:3", version=1, read=0)
    with pytest.raises(Conflict):
        approvals.approve(proposal.pk, OTHER, proposal.content_hash)
    with pytest.raises(Conflict):
        actions.save_draft(lin.pk, TERMS, by=BY, version=1, read=0)


@pytest.mark.django_db
def test_terms_that_were_approved_are_never_changed_and_the_next_version_cuts_them_short() -> None:
    lin = partner()
    with pytest.raises(Conflict):
        actions.save_draft(lin.pk, TERMS, by=BY, version=1)
    in_force(lin.pk, valid_from="2026-10-01T00:00:00Z", kickback_ppm=0)
    first, second = deals_now()
    assert (first["version"], first["valid_to"]) == (1, "2026-10-01T00:00:00Z")
    assert (second["version"], second["valid_to"]) == (2, None)
    assert DealVersion.objects.get(version=1).terms["valid_to"] is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    "terms",
    [
        {"valid_from": None},
        {"tiers": [{"min_volume": 0, "rate_ppm": 1_000_001}]},
        {"kickback_ppm": 0.1},
        {"surprise": 1},
        {"override": {"parent": "nobody", "ppm": 1, "funded_by": "house"}},
    ],
)
def test_terms_the_engine_would_not_read_are_refused_when_they_are_written(terms: dict[str, object]) -> None:
    lin = actions.create_partner("Lin", "lin", by=BY)
    with pytest.raises(BadInput):
        actions.save_draft(lin.pk, {**TERMS, **terms}, by=BY)


@pytest.mark.django_db
def test_overrides_never_run_in_a_circle() -> None:
    lin, wu = partner(), actions.create_partner("Wu", "wu", by=BY)
    in_force(wu.pk, override={"parent": lin.pk, "ppm": 1_000, "funded_by": "house"})
    for parent in (lin.pk, wu.pk):
        with pytest.raises(BadInput) as refused:
            actions.save_draft(
                lin.pk, {**TERMS, "override": {"parent": parent, "ppm": 1, "funded_by": "house"}}, by=BY
            )
        assert refused.value.field == "override.parent"


@pytest.mark.django_db
def test_what_was_rejected_is_a_draft_again() -> None:
    lin = actions.create_partner("Lin", "lin", by=BY)
    with clock.freeze(NOON):
        draft = actions.save_draft(lin.pk, TERMS, by=BY)
        proposal = actions.propose_deal(lin.pk, draft.version, by=BY)
        approvals.reject(proposal.pk, OTHER, "too much")
        assert hear_of_decisions() == 1
    draft.refresh_from_db()
    assert draft.state == DealVersion.State.DRAFT
    assert actions.discard_draft(lin.pk, draft.version, by=BY).state == DealVersion.State.DISCARDED


def test_a_circle_of_overrides_is_seen_through_any_version_in_force() -> None:
    parents = {"a": {"b", "c"}, "c": {"d"}}
    assert deals.parents_lead_to("b", "a", parents)
    assert deals.parents_lead_to("d", "a", parents)
    assert not deals.parents_lead_to("a", "e", parents)


@pytest.mark.django_db
def test_a_time_changed_behind_the_proposal_does_not_come_in_force() -> None:
    lin = actions.create_partner("Lin", "lin", by=BY)
    draft = actions.save_draft(lin.pk, TERMS, by=BY)
    proposal = actions.propose_deal(lin.pk, draft.version, by=BY)
    DealVersion.objects.update(valid_from=datetime(2020, 1, 1, tzinfo=UTC))
    approvals.approve(proposal.pk, OTHER, proposal.content_hash)
    assert DealVersion.objects.get().valid_from == draft.valid_from
