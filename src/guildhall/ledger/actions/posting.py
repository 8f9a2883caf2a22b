"""Postings come in, each once: the same key with the same body changes nothing, with another body it is a
conflict and nothing of the call is written. What happened on a closed day is booked on the open one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta

from django.db import transaction

from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.core.money import Asset as Coin
from guildhall.core.text import Text
from guildhall.ledger import queries, writing
from guildhall.ledger.drafts import Body, Draft, body_of
from guildhall.ledger.models import Asset, Posting

HOUSE = "system:ledger"
# Kinds of the ledger's own movements between the stages of an owner's money (`drafts.STAGES`).
MATURITY, HOLD, RELEASE, PAYMENT = "maturity", "hold", "release", "payment"
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Posted:
    """How many postings were written, and how many stood there already with the same body."""

    new: int
    same: int


@dataclass(frozen=True, slots=True)
class Reversal:
    """A posting to be mirrored: `key` of the original, `new_key` of the mirror, and why."""

    key: str
    new_key: str
    reason: str


def open_asset(code: str, scale: int, *, by: str = HOUSE) -> bool:
    """Let postings be of this asset; returns whether it was new.

    Raises BadInput for what is no asset, Conflict when it stands with another scale.
    """
    coin = Coin(code, scale)
    with transaction.atomic():
        asset, is_new = Asset.objects.get_or_create(code=coin.code, defaults={"scale": coin.scale})
        if asset.scale != scale:
            raise Conflict(
                Text(
                    f"{code} is open with scale {asset.scale}, not {scale}.",
                    f"{code} 已按精度 {asset.scale} 启用，而不是 {scale}。",
                )
            )
        if is_new:
            audit.record(by, "ledger.asset_opened", f"asset:{code}", {"scale": scale})
    return is_new


def post_many(drafts: Sequence[Draft], *, by: str = HOUSE) -> Posted:
    """Write postings in the order given, all or none, in the caller's transaction or one of its own.

    Raises BadInput for a draft that is wrong in itself or of an asset that is not open or later than today
    (UTC), Conflict naming the keys that stand with another body, NotFound when the original of a reversal is
    not there. The deed itself is the caller's to audit.
    """
    for draft in drafts:
        if draft.kind in (MATURITY, HOLD, RELEASE, PAYMENT) and not draft.reverses:
            raise BadInput(
                Text(
                    f"Posting {draft.key!r}: {draft.kind} is the ledger's own kind.",
                    f"记账 {draft.key!r}：{draft.kind} 是账本自用的类型。",
                ),
                field="kind",
            )
    return write(drafts, by=by)


def write(drafts: Sequence[Draft], *, by: str) -> Posted:
    """As `post_many`, for the ledger's own kinds too."""
    if not drafts:
        return Posted(0, 0)
    bodies = _once_each(drafts)
    with transaction.atomic():
        writing.alone()
        standing = writing.known([*bodies])
        different = [key for key, (_, stood) in standing.items() if stood != bodies[key].hash]
        if different:
            raise _conflict(different)
        new = [body for key, body in bodies.items() if key not in standing]
        if new:
            _write(new, by)
    return Posted(len(new), len(drafts) - len(new))


def reverse(key: str, *, new_key: str, reason: str, by: str) -> Posted:
    """Mirror a posting: the same accounts with opposite signs, under its own effective day and pinned terms.

    Asked again in the same words, it changes nothing. Raises NotFound, or Conflict when it was reversed
    under another key or is itself a mirror.
    """
    return reverse_many([Reversal(key, new_key, reason)], by=by)


def reverse_many(reversals: Sequence[Reversal], *, by: str) -> Posted:
    """Mirror several postings, all or none; as `reverse`."""
    with transaction.atomic():
        writing.alone()
        posted = post_many(mirrors(reversals), by=by)
        if posted.new:
            audit.record_many(
                [
                    audit.Entry(by, "ledger.reversed", _subject(r.key), {"mirror": r.new_key})
                    for r in reversals
                ]
            )
    return posted


def mirrors(reversals: Sequence[Reversal]) -> list[Draft]:
    """The drafts that reverse postings, to be posted together with others by `post_many`.

    Raises NotFound, or Conflict for what cannot be reversed. Reads only.
    """
    originals = _postings([r.key for r in reversals])
    legs = _legs(list(originals.values()))
    reversed_by = dict(
        Posting.objects.filter(reverses__in=[p.id for p in originals.values()]).values_list(
            "reverses_id", "key"
        )
    )
    drafts = []
    for wanted in reversals:
        original = originals.get(wanted.key)
        if original is None:
            raise NotFound(Text(f"There is no posting {wanted.key!r}.", f"没有记账 {wanted.key!r}。"))
        if original.reverses_id is not None:
            raise Conflict(
                Text(
                    f"{wanted.key!r} is itself a reversal; post anew instead.",
                    f"{wanted.key!r} 本身就是冲正；请改为重新入账。",
                )
            )
        other = reversed_by.get(original.id, wanted.new_key)
        if other != wanted.new_key:
            raise Conflict(
                Text(
                    f"{wanted.key!r} was reversed already, by {other!r}.",
                    f"{wanted.key!r} 已被 {other!r} 冲正。",
                )
            )
        drafts.append(_mirror(original, legs[original.id], wanted))
    return drafts


def today_utc() -> date:
    """The UTC day by the house's clock."""
    return clock.now().astimezone(UTC).date()


def _mirror(original: Posting, legs: list[tuple[str, int]], wanted: Reversal) -> Draft:
    return Draft(
        key=wanted.new_key,
        kind=original.kind,
        asset=original.asset_id,
        legs=tuple((code, -units) for code, units in legs),
        effective_on=original.effective_on,
        pin=original.pin,
        subject=original.subject,
        details={"reason": wanted.reason},
        matures_on=original.matures_on,
        reverses=original.key,
    )


def _once_each(drafts: Sequence[Draft]) -> dict[str, Body]:
    bodies: dict[str, Body] = {}
    different = []
    for draft in drafts:
        body = body_of(draft)
        if bodies.setdefault(draft.key, body).hash != body.hash:
            different.append(draft.key)
    if different:
        raise _conflict(different)
    return bodies


def _write(bodies: Sequence[Body], by: str) -> None:
    now = clock.now()
    today = today_utc()
    _check_assets({body.draft.asset for body in bodies})
    originals = _originals(bodies)
    closed = writing.closed_through()
    ids = writing.accounts(
        ((code, body.draft.asset) for body in bodies for code, _ in body.legs), opened_at=now
    )
    posting_id, leg_id = writing.last_ids()
    postings, legs = [], []
    for body in bodies:
        draft = body.draft
        posting_id += 1
        for code, units in body.legs:
            leg_id += 1
            legs.append((leg_id, posting_id, ids[code, draft.asset], units))
        postings.append(
            (
                posting_id,
                draft.key,
                body.hash,
                draft.kind,
                draft.asset,
                draft.effective_on,
                _booked_on(draft, closed, today),
                draft.matures_on,
                draft.pin,
                draft.subject,
                body.details,
                originals[draft.reverses] if draft.reverses else None,
                len(body.legs),
                leg_id,
                by,
                now,
            )
        )
    writing.insert(postings, legs)


def _booked_on(draft: Draft, closed: date | None, today: date) -> date:
    if draft.effective_on > today:
        raise BadInput(
            Text(
                f"Posting {draft.key!r} is of {draft.effective_on}, a day that has not come.",
                f"记账 {draft.key!r} 的日期 {draft.effective_on} 尚未到来。",
            ),
            field="effective_on",
        )
    if closed is None or draft.effective_on > closed:
        return draft.effective_on
    return closed + timedelta(days=1)


def _check_assets(codes: set[str]) -> None:
    for code in sorted(codes - writing.assets(codes)):
        raise BadInput(
            Text(f"{code} is not an asset of the ledger; open it first.", f"账本没有资产 {code}，请先启用。"),
            field="asset",
        )


def _originals(bodies: Sequence[Body]) -> dict[str, int]:
    """The ids of the postings that reversals mirror; each mirror is compared with its original."""
    mirrors = [body for body in bodies if body.draft.reverses]
    if not mirrors:
        return {}
    found = _postings([body.draft.reverses for body in mirrors])
    legs = _legs(list(found.values()))
    for body in mirrors:
        draft = body.draft
        original = found.get(draft.reverses)
        if original is None:
            raise NotFound(Text(f"There is no posting {draft.reverses!r}.", f"没有记账 {draft.reverses!r}。"))
        same_terms = (draft.asset, draft.effective_on, draft.matures_on, draft.pin) == (
            original.asset_id,
            original.effective_on,
            original.matures_on,
            original.pin,
        )
        if not same_terms or [(code, -units) for code, units in body.legs] != legs[original.id]:
            raise BadInput(
                Text(
                    f"Posting {draft.key!r} does not mirror {draft.reverses!r}.",
                    f"记账 {draft.key!r} 与原记账 {draft.reverses!r} 不对称。",
                ),
                field="legs",
            )
    return {key: posting.id for key, posting in found.items()}


def _postings(keys: Sequence[str]) -> dict[str, Posting]:
    ids = [posting_id for posting_id, _ in writing.known(keys).values()]
    found: dict[str, Posting] = {}
    for start in range(0, len(ids), 500):
        for posting in Posting.objects.filter(pk__in=ids[start : start + 500]):
            found[posting.key] = posting
    return found


def _legs(postings: Sequence[Posting]) -> dict[int, list[tuple[str, int]]]:
    """Of each posting its (account code, units), in order."""
    found = queries.legs_of_many(postings)
    return {number: [(leg.account.code, leg.units) for leg in legs] for number, legs in found.items()}


def _conflict(keys: Sequence[str]) -> Conflict:
    named = ", ".join(keys[:_NAMED]) + (f" (+{len(keys) - _NAMED})" if len(keys) > _NAMED else "")
    return Conflict(
        Text(
            f"Posted already with another content: {named}. Nothing was posted.",
            f"已以不同内容入账：{named}。本次没有写入任何记账。",
        ),
        code="other_body",
    )


def _subject(key: str) -> str:
    return f"posting:{key}"[:120]
