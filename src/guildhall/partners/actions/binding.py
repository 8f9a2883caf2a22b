"""Who brought whom: accounts bound to partners, one by one or as many as registrations tell of, ended, and
given to another partner after a long silence, with the evidence and a second pair of eyes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db import IntegrityError, transaction

from guildhall.core import approvals, audit, bulk, clock
from guildhall.core.approvals import Proposal
from guildhall.core.errors import BadInput, Conflict, GuildhallError, NotFound
from guildhall.core.ids import is_id, new_id
from guildhall.core.text import Text
from guildhall.exchange.models import VenueAccount
from guildhall.partners import activity, binding
from guildhall.partners.actions.partners import checked_account, checked_venue, locked
from guildhall.partners.kinds import REBIND
from guildhall.partners.models import Binding, OwnAccount, Partner

_CHUNK = 500
_COLUMNS = (
    "id", "partner", "venue", "account", "valid_from", "evidence", "created_by", "created_at", "ended_by",
    "ended_why",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewBinding:
    """An account to be bound: `account` is its pseudonym, `valid_from` aware."""

    partner: str
    venue: str
    account: str
    valid_from: datetime
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    """What of a list could not be bound; `row` counts from 1."""

    row: int
    code: str
    reason: Text


@dataclass(frozen=True, slots=True)
class BindReport:
    """What came of a list: how many are new, how many stood already, and the rest."""

    bound: int
    same: int
    refused: tuple[Refused, ...]

    def __add__(self, other: BindReport) -> BindReport:
        refused = self.refused + other.refused
        return BindReport(self.bound + other.bound, self.same + other.same, refused)


def bind(
    partner_id: str,
    venue: str,
    account: str,
    *,
    by: str,
    valid_from: datetime | None = None,
    evidence: Mapping[str, Any] | None = None,
) -> Binding:
    """Bind an account to a partner, from `valid_from` (now) on. Bound to them already: that binding.

    Raises NotFound, BadInput, and Conflict: `bound_already`, `needs_rebind`, `self_referral`, `cycle`,
    `partner_closed`.
    """
    at = (valid_from or clock.now()).astimezone(UTC)
    new = NewBinding(partner_id, venue, account, at, evidence or {"how": "person"})
    try:
        with transaction.atomic():
            return _bind(new, by)[0]
    except IntegrityError as error:
        raise _lost_the_race() from error


def bind_many(rows: Sequence[NewBinding], *, by: str) -> BindReport:
    """Bind a list in order; what cannot be bound is told and the rest stands."""
    report = BindReport(0, 0, ())
    for start in range(0, len(rows), _CHUNK):
        with transaction.atomic():
            report += _bind_chunk(list(enumerate(rows[start : start + _CHUNK], start + 1)), by)
    return report


def _bind_chunk(rows: list[tuple[int, NewBinding]], by: str) -> BindReport:
    """Accounts nobody ever bound and nobody owns are written at once, the others looked at one by one."""
    open_ones = set(
        Partner.objects.select_for_update(of=("self",))
        .filter(pk__in={new.partner for _, new in rows}, state=Partner.State.ACTIVE)
        .values_list("pk", flat=True)
    )
    accounts = {new.account for _, new in rows}
    known = set(Binding.objects.filter(account__in=accounts).values_list("venue", "account"))
    owned = owned_among(accounts)
    plain, others = [], []
    for row, new in rows:
        pair = (new.venue, new.account)
        if pair in known or pair in owned or new.partner not in open_ones:
            others.append((row, new))
        else:
            known.add(pair)
            plain.append(new)
    for new in plain:
        checked_venue(new.venue), checked_account(new.account)
    ids = [new_id() for _ in plain]
    at = clock.now()
    bulk.insert(
        Binding,
        _COLUMNS,
        [
            (one, new.partner, new.venue, new.account, new.valid_from, _json(new.evidence), by, at, "", "")
            for one, new in zip(ids, plain, strict=True)
        ],
    )  # fmt: skip
    audit.record_many([_made(one, new, by) for one, new in zip(ids, plain, strict=True)])
    return _one_by_one(others, BindReport(len(plain), 0, ()), by)


def _json(evidence: Mapping[str, Any]) -> str:
    return orjson.dumps(dict(evidence)).decode()


def _one_by_one(rows: list[tuple[int, NewBinding]], report: BindReport, by: str) -> BindReport:
    for row, new in rows:
        try:
            with transaction.atomic():
                is_new = _bind(new, by)[1]
            report += BindReport(int(is_new), int(not is_new), ())
        except GuildhallError as error:
            report += BindReport(0, 0, (Refused(row, error.code, error.text),))
        except IntegrityError:
            lost = _lost_the_race()
            report += BindReport(0, 0, (Refused(row, lost.code, lost.text),))
    return report


def end_binding(binding_id: str, *, by: str, reason: str, at: datetime | None = None) -> Binding:
    """End a binding at `at` (now); trades from then on are nobody's. A binding that would be empty cannot be.

    Raises NotFound, BadInput, Conflict when it ended already.
    """
    if not reason.strip():
        raise BadInput(Text("Say why.", "请说明原因。"), field="reason")
    ends = (at or clock.now()).astimezone(UTC)
    with transaction.atomic():
        one = Binding.objects.select_for_update().filter(pk=binding_id).first() if is_id(binding_id) else None
        if one is None:
            raise NotFound(Text("There is no such binding.", "没有此绑定。"))
        if one.valid_to is not None:
            raise Conflict(Text("It has ended already.", "该绑定已结束。"), code="ended")
        if ends <= one.valid_from:
            raise BadInput(Text("It must end after it began.", "结束时间必须晚于开始时间。"), field="at")
        _end(one, ends, by, reason)
    return one


def propose_rebind(partner_id: str, venue: str, account: str, *, by: str, reason: str) -> Proposal:
    """Ask that an idle account goes to another partner. Its last trade and deposit are looked up in facts.

    Raises NotFound, BadInput, and Conflict: `not_idle`, `not_bound`, `self_referral`, `cycle`.
    """
    if not reason.strip():
        raise BadInput(Text("Say why.", "请说明原因。"), field="reason")
    checked_venue(venue), checked_account(account)
    seen = activity.last_activity(venue, account)
    now = clock.now()
    with transaction.atomic():
        partner = locked(partner_id)
        _refuse(binding.refuse_rebind(partner_id, now, _bound(venue, account), seen))
        _refuse_relations(partner, venue, account)
        evidence = {
            "partner": partner_id,
            "partner_name": partner.name,
            "venue": venue,
            "account": account,
            "reason": reason.strip()[:300],
            "checked_at": now.isoformat(),
            "last_trade": _iso(seen.last_trade),
            "last_deposit": _iso(seen.last_deposit),
        }
        return approvals.propose(REBIND, f"partner:{partner_id}", evidence, by)


def rebind(proposal: Proposal) -> Binding:
    """Carry an approved rebinding out: the binding there ends, the new one begins now.

    Raises Conflict when the look at the account's activity is older than three days, or things changed.
    """
    said = proposal.payload
    now = clock.now()
    if now - datetime.fromisoformat(said["checked_at"]) > binding.CHECKED_FOR:
        raise Conflict(
            Text(
                "The account's activity was looked at more than three days ago. Propose it again.",
                "账户活动的核查已超过三天，请重新提交。",
            ),
            code="checked_long_ago",
        )
    seen = binding.Activity(_time(said["last_trade"]), _time(said["last_deposit"]))
    with transaction.atomic():
        partner = locked(said["partner"])
        before = _bound(said["venue"], said["account"])
        _refuse(binding.refuse_rebind(partner.pk, now, before, seen))
        _refuse_relations(partner, said["venue"], said["account"])
        for one in Binding.objects.select_for_update().filter(
            venue=said["venue"], account=said["account"], valid_to=None
        ):
            _end(one, now, proposal.decided_by, "rebound")
        made = Binding.objects.create(
            partner=partner,
            venue=said["venue"],
            account=said["account"],
            valid_from=now,
            evidence={"how": "rebind", "proposal": proposal.pk, **{key: said[key] for key in _KEPT}},
            created_by=proposal.proposed_by,
        )
        audit.record(proposal.decided_by, "binding.rebound", f"partner:{partner.pk}", {"binding": made.pk})
    return made


_KEPT = ("reason", "checked_at", "last_trade", "last_deposit")


def describe_rebind(said: dict[str, Any]) -> Text:
    """A proposal in one sentence."""
    last = max(filter(None, (said["last_trade"], said["last_deposit"])), default="")[:10]
    return Text(
        f"Bind an account at {said['venue']} to {said['partner_name']}; last active {last or 'never'}",
        f"将 {said['venue']} 的一个账户改绑至 {said['partner_name']}；最近活动：{last or '无'}",
    )


def _bind(new: NewBinding, by: str) -> tuple[Binding, bool]:
    """The binding, and whether it is new."""
    partner = locked(new.partner)
    checked_venue(new.venue), checked_account(new.account)
    verdict = binding.decide(new.partner, new.valid_from, _bound(new.venue, new.account))
    if verdict.same:
        return Binding.objects.get(pk=verdict.same), False
    _refuse(verdict)
    if partner.state != Partner.State.ACTIVE:
        raise Conflict(
            Text("This partner takes no new accounts.", "该合作伙伴已不再接收新账户。"), code="partner_closed"
        )
    _refuse_relations(partner, new.venue, new.account)
    made = Binding.objects.create(
        partner=partner,
        venue=new.venue,
        account=new.account,
        valid_from=new.valid_from,
        evidence=dict(new.evidence),
        created_by=by,
    )
    audit.record_many([_made(made.pk, new, by)])
    return made, True


def _made(binding_id: str, new: NewBinding, by: str) -> audit.Entry:
    said = {"binding": binding_id, "venue": new.venue, "how": str(new.evidence.get("how", ""))}
    return audit.Entry(by, "binding.made", f"partner:{new.partner}", said)


def _bound(venue: str, account: str) -> list[binding.Bound]:
    rows = Binding.objects.select_for_update().filter(venue=venue, account=account).order_by("valid_from")
    return [binding.Bound(one.pk, one.partner_id, one.valid_from, one.valid_to) for one in rows]


def _refuse(verdict: binding.Verdict) -> None:
    if verdict.refused is not None:
        raise Conflict(verdict.refused, code=verdict.code)
    if verdict.same:
        raise Conflict(Text("It is bound to them already.", "已绑定至该合作伙伴。"), code="same")


def _refuse_relations(partner: Partner, venue: str, account: str) -> None:
    owner = owner_of(venue, account)
    refused = binding.refuse_self(partner.pk, owner)
    if refused is not None:
        raise Conflict(refused, code="self_referral")
    if owner is None:
        return
    refused = binding.refuse_circle(partner.pk, owner, _brought_by())
    if refused is not None:
        raise Conflict(refused, code="cycle")


def owner_of(venue: str, account: str) -> str | None:
    """The partner whose own account it is: said so, or of the member they are."""
    return owned_among([account]).get((venue, account))


def owned_among(accounts: Collection[str]) -> dict[tuple[str, str], str]:
    """(venue, account) → the partner whose own it is, of these accounts."""
    of_members = VenueAccount.objects.filter(pseudonym__in=accounts, member__partners__isnull=False)
    owned = {
        (venue, account): str(who)
        for venue, account, who in of_members.values_list("venue", "pseudonym", "member__partners")
    }
    said = OwnAccount.objects.filter(account__in=accounts).values_list("venue", "account", "partner_id")
    owned.update({(venue, account): str(who) for venue, account, who in said})
    return owned


def own_accounts() -> dict[str, str]:
    """Account pseudonym → the partner whose own it is."""
    owned = dict(
        VenueAccount.objects.filter(member__partners__isnull=False).values_list(
            "pseudonym", "member__partners"
        )
    )
    owned.update(OwnAccount.objects.values_list("account", "partner"))
    return owned


def _brought_by() -> dict[str, frozenset[str]]:
    owned = own_accounts()
    brought: dict[str, set[str]] = {}
    rows = Binding.objects.filter(account__in=list(owned), valid_to=None).values_list("account", "partner_id")
    for account, partner in rows:
        brought.setdefault(owned[account], set()).add(partner)
    return {owner: frozenset(partners) for owner, partners in brought.items()}


def _end(one: Binding, at: datetime, by: str, reason: str) -> None:
    one.valid_to, one.ended_by, one.ended_why = at, by, reason.strip()[:300]
    one.save(update_fields=["valid_to", "ended_by", "ended_why"])
    audit.record(by, "binding.ended", f"partner:{one.partner_id}", {"binding": one.pk})


def _lost_the_race() -> Conflict:
    return Conflict(
        Text(
            "Somebody bound this account just now; the first bind wins.", "该账户刚被绑定，以首次绑定为准。"
        ),
        code="bound_already",
    )


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
