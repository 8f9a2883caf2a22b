"""What partners and settlement ask for on Today: runs that failed, deals that wait, accounts that look like a
partner's own.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from guildhall.console import partner_words as words
from guildhall.console.today_lines import Need, page
from guildhall.partners import queries
from guildhall.partners.models import Review
from guildhall.people.models import Staff

SHOWN = 3


def needs(reader: Staff) -> Iterator[Need]:
    """A settlement that failed first; then what waits for a decision."""
    need = queries.needing_somebody()
    if need.failed is not None:
        yield Need(
            _("Settlement"),
            "red",
            _("The settlement failed"),
            words.why(need.failed.error),
            page("settlement", need.failed.pk),
            _("Look"),
            need.failed.ended_at,
        )
    if need.self_referrals:
        count = need.self_referrals
        yield Need(
            _("Partners"),
            "amber",
            ngettext(
                "%(n)s account earns for its own owner", "%(n)s accounts earn for their own owners", count
            )
            % {"n": count},
            _("nobody earns on their own trades: end these bindings"),
            f"{page('bindings')}?state=own",
            _("Look"),
        )
    if reader.may("partners.approve"):
        held = Review.objects.filter(closed_at=None)
        count = held.count()
        if count:
            yield Need(
                _("Partners"),
                "",
                ngettext("%(n)s account is under review", "%(n)s accounts are under review", count)
                % {"n": count},
                _("what they earn waits until you end the review"),
                f"{page('bindings')}?state=review",
                _("Look"),
                held.order_by("id").values_list("opened_at", flat=True).first(),
            )
    if reader.may("partners.edit") and not reader.may("partners.approve"):
        for one in queries.drafts_waiting()[:SHOWN]:
            yield Need(
                _("Deal"),
                "",
                _("%(name)s, version %(n)s waits for approval")
                % {"name": one.partner.name, "n": one.version},
                _("somebody else approves it"),
                page("deal", one.partner_id, str(one.version)),
                _("Look"),
                one.created_at,
            )
