"""What e-mail holds about a person beside their messages: their address and the subjects of their letters."""

from __future__ import annotations

from guildhall.channels.email import PLATFORM
from guildhall.channels.email.models import EmailContact, EmailLetter
from guildhall.channels.models import Space
from guildhall.people import registry

_NOBODY = "—"


def erase(member_id: str) -> None:
    """Forget the address of a correspondence and its threads; the space stays for what we said in it."""
    spaces = Space.objects.filter(platform=PLATFORM, members__account__member_id=member_id)
    for space in spaces.exclude(external_id__startswith="erased/"):
        EmailLetter.objects.filter(space=space).delete()
        EmailContact.objects.filter(space=space).delete()
        space.external_id, space.name, space.settings = f"erased/{space.pk}", _NOBODY, {}
        space.slug = f"email-{space.pk.lower()}"
        space.save(update_fields=["external_id", "name", "settings", "slug"])


def register() -> None:
    """Tell people what to call."""
    registry.on_erase(erase)
