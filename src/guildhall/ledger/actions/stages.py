"""The way of an owner's money: pending → payable when it has matured, payable ↔ held, payable → paid.

An owner is a code without its stage, such as `partner:7`. Every step is a posting; how much is due or held
is always a sum of legs, so a step taken twice moves nothing the second time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.core.text import Text
from guildhall.ledger import queries, writing
from guildhall.ledger.actions.posting import HOLD, HOUSE, MATURITY, PAYMENT, RELEASE, Posted, today_utc, write
from guildhall.ledger.drafts import HELD, PAID, PAYABLE, PENDING, Draft, is_code, stage_of
from guildhall.ledger.models import Hold, Posting


def mature(through: date, *, by: str = HOUSE) -> Posted:
    """Make payable what matures on `through` (UTC) or before and has not been made payable yet.

    Net: what was reversed after it had matured is taken back from payable, which may then be below zero. An
    owner with an open hold on everything gets it held instead.
    """
    with transaction.atomic():
        writing.alone()
        newest, _ = writing.last_ids()
        drafts = [
            _move(
                f"mature:{through}:{newest}:{place}",
                MATURITY,
                owner,
                asset,
                (PENDING, PAYABLE),
                units,
                subject=owner,
                details={"through": through.isoformat()},
            )
            for place, (owner, asset, units) in enumerate(queries.due(through))
        ]
        posted = write(drafts, by=by)
        if drafts:
            audit.record(by, "ledger.matured", f"ledger_day:{through}", {"postings": posted.new})
            owners = {stage_of(code)[0] for draft in drafts for code, _ in draft.legs}
            for hold in Hold.objects.filter(owner__in=owners, released_at=None, units=None).order_by("id"):
                _hold_payable(hold, by)
    return posted


def hold(
    owner: str,
    *,
    reason: str,
    by: str,
    asset: str = "",
    units: int | None = None,
    evidence: Mapping[str, Any] | None = None,
) -> Hold:
    """Keep an owner's money from being paid.

    Without `units` everything payable now and while the hold is open, of `asset` or of all; with `units`
    (base units of `asset`) only so much, and the rest stays payable. Raises BadInput for an owner or amount
    that cannot be, or more than is payable.
    """
    if not is_code(f"{owner}:{HELD}"):
        raise BadInput(Text(f"{owner!r} is not an owner.", f"{owner!r} 不是账户所有者。"), field="owner")
    if not reason.strip():
        raise BadInput(Text("A hold needs a reason.", "冻结必须写明原因。"), field="reason")
    if units is not None and (units <= 0 or not asset):
        raise BadInput(
            Text("Say how much, above zero, and of which asset.", "请写明大于零的金额及资产。"), field="units"
        )
    with transaction.atomic():
        writing.alone()
        made = Hold.objects.create(
            owner=owner, asset=asset, units=units, reason=reason, evidence=dict(evidence or {}), placed_by=by
        )
        if units is None:
            _hold_payable(made, by)
        else:
            _check_payable(owner, asset, units)
            write([_of_hold(made, asset, units)], by=by)
        audit.record(by, "ledger.held", f"hold:{made.id}", {"owner": owner, "asset": asset, "units": units})
    return made


def release(hold_id: str, *, reason: str, by: str) -> Hold:
    """End a hold: what it holds is payable again, unless another hold on everything is open.

    Raises NotFound, Conflict when it was released before.
    """
    with transaction.atomic():
        writing.alone()
        ended = Hold.objects.filter(pk=hold_id).first()
        if ended is None:
            raise NotFound(Text("There is no such hold.", "没有这条冻结。"))
        if ended.released_at is not None:
            raise Conflict(Text("This hold was released already.", "该冻结已解除。"))
        drafts = [
            _move(
                f"hold:{ended.id}:{asset}:released",
                RELEASE,
                ended.owner,
                asset,
                (HELD, PAYABLE),
                units,
                subject=f"hold:{ended.id}",
            )
            for asset, units in held_by(ended).items()
        ]
        write(drafts, by=by)
        ended.released_at, ended.released_by, ended.release_reason = clock.now(), by, reason
        ended.save(update_fields=["released_at", "released_by", "release_reason"])
        audit.record(by, "ledger.released", f"hold:{ended.id}", {"owner": ended.owner})
        for other in open_holds(ended.owner).filter(units=None):
            _hold_payable(other, by)
    return ended


def pay(
    owner: str,
    asset: str,
    units: int,
    *,
    key: str,
    by: str,
    subject: str = "",
    details: Mapping[str, Any] | None = None,
) -> Posted:
    """Book a payment: payable → paid. The same key again changes nothing.

    Raises BadInput for more than is payable, Conflict while everything of the owner is held.
    """
    if type(units) is not int or units <= 0:
        raise BadInput(Text("A payment is above zero.", "付款金额必须大于零。"), field="units")
    with transaction.atomic():
        writing.alone()
        before = Posting.objects.filter(key=key).first()
        draft = _move(
            key,
            PAYMENT,
            owner,
            asset,
            (PAYABLE, PAID),
            units,
            subject=subject or owner,
            details=details or {},
            on=before.effective_on if before else None,
        )
        if before is None:
            if open_holds(owner, asset).filter(units=None).exists():
                raise Conflict(
                    Text(f"{owner} is held; release the hold first.", f"{owner} 已被冻结，请先解除冻结。"),
                    code="held",
                )
            _check_payable(owner, asset, units)
        posted = write([draft], by=by)
        if posted.new:
            audit.record(by, "ledger.paid", f"posting:{key}"[:120], {"owner": owner, "asset": asset})
    return posted


def open_holds(owner: str, asset: str = "") -> QuerySet[Hold]:
    """Open holds of an owner, oldest first; with `asset` those that cover it."""
    found = Hold.objects.filter(owner=owner, released_at=None).order_by("id")
    return found.filter(Q(asset=asset) | Q(asset="")) if asset else found


def held_by(hold_: Hold) -> dict[str, int]:
    """What a hold holds now, in base units by asset."""
    totals: dict[str, int] = {}
    for posting in queries.postings(subject=f"hold:{hold_.id}"):
        for leg in queries.legs_of(posting):
            if stage_of(leg.account.code)[1] == HELD:
                totals[posting.asset_id] = totals.get(posting.asset_id, 0) + leg.units
    return {asset: units for asset, units in sorted(totals.items()) if units}


def _hold_payable(hold_: Hold, by: str) -> None:
    """Put under a hold on everything whatever is payable and covered by it."""
    found = queries.balances(codes=[f"{hold_.owner}:{PAYABLE}"], asset=hold_.asset)
    write(
        [_of_hold(hold_, standing.asset, standing.units) for standing in found if standing.units > 0], by=by
    )


def _of_hold(hold_: Hold, asset: str, units: int) -> Draft:
    newest, _ = writing.last_ids()
    return _move(
        f"hold:{hold_.id}:{asset}:{newest}",
        HOLD,
        hold_.owner,
        asset,
        (PAYABLE, HELD),
        units,
        subject=f"hold:{hold_.id}",
    )


def _check_payable(owner: str, asset: str, units: int) -> None:
    payable = queries.balance(f"{owner}:{PAYABLE}", asset)
    if units > payable:
        raise BadInput(
            Text(
                f"{owner} has {payable} base units of {asset} payable, not {units}.",
                f"{owner} 的 {asset} 可付余额为 {payable} 个最小单位，不足 {units}。",
            ),
            field="units",
        )


def _move(
    key: str,
    kind: str,
    owner: str,
    asset: str,
    stages: tuple[str, str],
    units: int,
    *,
    subject: str,
    details: Mapping[str, Any] | None = None,
    on: date | None = None,
) -> Draft:
    source, target = stages
    return Draft(
        key=key,
        kind=kind,
        asset=asset,
        legs=((f"{owner}:{source}", -units), (f"{owner}:{target}", units)),
        effective_on=on or today_utc(),
        subject=subject,
        details=details or {},
    )
