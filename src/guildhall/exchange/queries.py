"""What others read of the exchange: who stands behind a pseudonym, and the pseudonyms of a person."""

from __future__ import annotations

from guildhall.exchange.models import VenueAccount


def uid_of(pseudonym: str) -> tuple[str, str] | None:
    """(venue, UID) behind a pseudonym; None when it is unknown or was erased."""
    return VenueAccount.objects.filter(pseudonym=pseudonym).values_list("venue", "uid").first()


def pseudonyms_of_member(member_id: str) -> list[tuple[str, str]]:
    """(venue, pseudonym) of every account known to belong to a member, by venue."""
    rows = VenueAccount.objects.filter(member_id=member_id).order_by("venue", "pseudonym")
    return list(rows.values_list("venue", "pseudonym"))
