"""What imports hold about a person: why a list wanted them banned. Wiped when they are erased."""

from __future__ import annotations

from guildhall.intake.models import ImportedMember
from guildhall.people import registry


def erase(member_id: str) -> None:
    """Forget the reasons; that an import touched the account stays, so that it can be undone."""
    ImportedMember.objects.filter(account__member_id=member_id).update(reason="")


def register() -> None:
    """Tell people what to call."""
    registry.on_erase(erase)
