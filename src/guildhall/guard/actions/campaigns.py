"""What a person decides about a campaign: confirm it, clear it, take either back.

Confirming looks for everything like it that was posted before it was found, in every space, and has all of it
removed; clearing brings back what was removed because of it and remembers the text as fine. What is more
than one transaction should hold goes on in a job that a restart does not stop.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from guildhall.channels.models import Message
from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.core.text import Text
from guildhall.effects import actions as effects
from guildhall.effects import webhooks
from guildhall.effects.types import Claimed, Done, NewEffect
from guildhall.guard import known_campaigns
from guildhall.guard.actions import campaign_removal
from guildhall.guard.actions.tracing import Linked, link
from guildhall.guard.fingerprints import ALIKE, BANDS, bands_of, equal_values
from guildhall.guard.models import Campaign, CampaignMessage, Fingerprint

KIND = "guard.campaign"
AT_ONCE = 200
"""Messages settled in the transaction of the decision; the rest follows in the job, so many at a time."""
MEASURES = ("", "restrict", "ban")
_MOST_GATHERED = 20_000
REMOVE, RESTORE = "remove", "restore"
State = Campaign.State


def confirm_campaign(campaign_id: str, by: str, *, measure: str = "", note: str = "") -> Campaign:
    """Say that a campaign is spam or a scam: every message of it goes, and later ones as they come.

    measure: what is done about the senders beside that, '', restrict (a day) or ban. The same again changes
    nothing. Raises NotFound, BadInput, Conflict (decided otherwise: undo that first).
    """
    if measure not in MEASURES:
        raise BadInput(
            Text("Choose what is done about the senders.", "请选择对发送者的处理方式。"), field="measure"
        )
    with transaction.atomic():
        campaign = _locked(campaign_id)
        if campaign.state == State.CONFIRMED:
            return campaign
        if campaign.state == State.CLEARED:
            raise Conflict(
                Text(
                    "This campaign was cleared; take that back first.", "该活动已判定为正常，请先撤销该判定。"
                ),
                code="campaign_decided",
            )
        gathered = _gather(campaign)
        campaign.refresh_from_db()
        _decide(campaign, State.CONFIRMED, by, note, measure)
        campaign.sweeping = REMOVE
        campaign.save()
        _announce(campaign, "campaign.confirmed", by, {"measure": measure, "gathered": gathered})
        _sweep(campaign, 0, by)
        return campaign


def clear_campaign(campaign_id: str, by: str, note: str = "") -> Campaign:
    """Say that a text many post is no harm: what was removed because of it comes back, and it is fine from
    now on. The same again changes nothing. Raises NotFound.
    """
    with transaction.atomic():
        campaign = _locked(campaign_id)
        if campaign.state == State.CLEARED:
            return campaign
        was_confirmed = campaign.state == State.CONFIRMED
        _decide(campaign, State.CLEARED, by, note, "")
        campaign.sweeping = RESTORE if was_confirmed else ""
        campaign.save()
        _announce(campaign, "campaign.cleared", by, {})
        if was_confirmed:
            _sweep(campaign, 0, by)
        return campaign


def undo_campaign(campaign_id: str, by: str) -> Campaign:
    """Take the decision back in one step: what it removed comes back, cases that waited wait again. Twice
    is the same as once. Raises NotFound.
    """
    with transaction.atomic():
        campaign = _locked(campaign_id)
        if campaign.state == State.SUSPECTED:
            return campaign
        was_confirmed = campaign.state == State.CONFIRMED
        _decide(campaign, State.SUSPECTED, "", "", "")
        campaign.decided_at = None
        campaign.sweeping = RESTORE if was_confirmed else ""
        campaign.save()
        _announce(campaign, "campaign.undone", by, {"was": "confirmed" if was_confirmed else "cleared"})
        if was_confirmed:
            _sweep(campaign, 0, by)
        return campaign


def upheld(message_id: str, by: str) -> None:
    """A person said that one message is bad: the campaign it belongs to is confirmed by that. Joins the
    caller's transaction.
    """
    campaign_id = (
        CampaignMessage.objects.filter(message_id=message_id, campaign__state=State.SUSPECTED)
        .values_list("campaign_id", flat=True)
        .first()
    )
    if campaign_id is not None:
        confirm_campaign(campaign_id, by)


def perform(effect: Claimed) -> Done:
    """The next part of a campaign's messages, until none is left. Stops when the decision was taken back."""
    with transaction.atomic():
        campaign = Campaign.objects.select_for_update().filter(pk=str(effect.payload["campaign"])).first()
        if campaign is None or campaign.sweeping != effect.payload["do"]:
            return Done({"stopped": True})
        done = _sweep(campaign, int(effect.payload["after"]), str(effect.payload["by"]))
    return Done({"messages": done})


def _sweep(campaign: Campaign, after: int, by: str) -> int:
    """Settle the next messages behind link `after`; queue the rest."""
    links = list(CampaignMessage.objects.filter(campaign=campaign, pk__gt=after).order_by("pk")[:AT_ONCE])
    deed = campaign_removal.remove if campaign.sweeping == REMOVE else campaign_removal.restore
    done = deed(campaign, links, by=by) if links else 0
    if len(links) == AT_ONCE:
        last = links[-1].pk
        key = f"campaign:{campaign.pk}:{campaign.sweeping}:{campaign.decided_at or clock.now()}:{last}"
        payload = {"campaign": campaign.pk, "do": campaign.sweeping, "after": last, "by": by}
        effects.enqueue_many(
            [NewEffect(KIND, payload, unique_key=key[:200], cause=f"campaign:{campaign.pk}")]
        )
    else:
        campaign.sweeping = ""
        campaign.save(update_fields=["sweeping"])
    return done


def _gather(campaign: Campaign) -> int:
    """Link what looks the same among all kept fingerprints, and every exact copy however old."""
    rows: dict[str, Linked] = {}
    found: list[int] = []
    for print_ in _candidates(campaign.shapes):
        if any(equal_values(print_.values, shape) > ALIKE for shape in campaign.shapes):
            found.append(print_.pk)
            rows[print_.message_id] = Linked(
                campaign.pk, print_.message_id, print_.account_id, print_.space_id, print_.at
            )
    hashes = set(
        CampaignMessage.objects.filter(campaign=campaign)
        .exclude(message__text_hash="")
        .values_list("message__text_hash", flat=True)
        .distinct()[:500]
    )
    copies = Message.objects.filter(
        text_hash__in=hashes, direction=Message.Direction.IN, account__isnull=False
    ).values_list("id", "account_id", "space_id", "received_at")
    for pk, account, space, at in copies[:_MOST_GATHERED]:
        rows.setdefault(pk, Linked(campaign.pk, pk, str(account), space, at))
    Fingerprint.objects.filter(pk__in=found, campaign_id="").update(campaign_id=campaign.pk)
    return len(link(rows.values()))


def _candidates(shapes: Sequence[str]) -> list[Fingerprint]:
    out: dict[int, Fingerprint] = {}
    for n in range(BANDS):
        bands = {bands_of(shape)[n] for shape in shapes}
        found = Fingerprint.objects.filter(**{f"band{n}__in": bands}, campaign_id="")[:_MOST_GATHERED]
        out |= {one.pk: one for one in found}
    return list(out.values())


def _decide(campaign: Campaign, state: Campaign.State, by: str, note: str, measure: str) -> None:
    campaign.state, campaign.decided_at, campaign.decided_by = state, clock.now(), by
    campaign.note, campaign.measure = note[:2000], measure


def _announce(campaign: Campaign, verb: str, by: str, facts: dict[str, object]) -> None:
    known_campaigns.touch()
    audit.record(by, verb, f"campaign:{campaign.pk}", {"messages": campaign.messages, **facts})
    webhooks.announce(verb, {"campaign": campaign.pk, "messages": campaign.messages})


def _locked(campaign_id: str) -> Campaign:
    campaign = Campaign.objects.select_for_update().filter(pk=campaign_id).first()
    if campaign is None:
        raise NotFound(Text("There is no such campaign.", "不存在该群发活动。"))
    return campaign
