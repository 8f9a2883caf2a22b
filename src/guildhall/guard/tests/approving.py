"""Approving a proposal in tests, as a second person does on the Approvals page."""

from __future__ import annotations

from guildhall.core import approvals


def approve(proposal_id: str, by: str) -> None:
    proposal = approvals.Proposal.objects.get(pk=proposal_id)
    approvals.approve(proposal_id, by, proposal.content_hash)
