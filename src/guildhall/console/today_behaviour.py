"""What campaigns and raids ask for on Today: a raid that goes on, one that is suspected, a text many
accounts post.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from guildhall.console.today_lines import Need, page
from guildhall.guard.models import Campaign, Raid, Surge
from guildhall.people.models import Staff

SHOWN = 4


def raids(_reader: Staff) -> Iterator[Need]:
    """Spaces that are being raided, or may be, and floods by single accounts."""
    found = Raid.objects.exclude(state=Raid.State.OVER).select_related("space").order_by("-id")[:SHOWN]
    for raid in found:
        is_on = raid.state == Raid.State.ON
        came = ngettext("%(n)s person came", "%(n)s people came", raid.joins) % {"n": raid.joins}
        doing = _("newcomers may read only") if is_on else _("nothing is done until a person says so")
        title = _("%(space)s is being raided") if is_on else _("%(space)s may be raided")
        yield Need(
            _("Raid"),
            "red" if is_on else "amber",
            title % {"space": raid.space.name},
            f"{came}; {doing}",
            page("raid", raid.pk),
            _("Look"),
            raid.began_at,
        )
    floods = Surge.objects.filter(state=Surge.State.OPEN)
    n = floods.count()
    if n:
        yield Need(
            _("Flood"),
            "blue",
            ngettext(
                "%(n)s account floods with reactions or invites",
                "%(n)s accounts flood with reactions or invites",
                n,
            )
            % {"n": n},
            _("restrict or leave alone"),
            page("raids"),
            _("Decide"),
            floods.order_by("id").values_list("at", flat=True).first(),
        )


def campaigns(_reader: Staff) -> Iterator[Need]:
    """Campaigns nobody has decided on, the latest first."""
    found = Campaign.objects.filter(state=Campaign.State.SUSPECTED).select_related("sample")
    for one in found.order_by("-last_seen")[:SHOWN]:
        text = " ".join(one.sample.text.split())[:140] if one.sample is not None else ""
        said = ngettext(
            "%(messages)s messages from %(accounts)s accounts in one space",
            "%(messages)s messages from %(accounts)s accounts in %(spaces)s spaces",
            one.spaces,
        ) % {
            "messages": one.messages,
            "accounts": one.accounts,
            "spaces": one.spaces,
        }
        yield Need(
            _("Campaign"),
            "amber",
            text or _("(no text)"),
            said,
            page("campaign", one.pk),
            _("Decide"),
            one.found_at,
        )
