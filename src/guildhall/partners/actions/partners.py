"""Partners themselves: who they are, their codes at venues, the accounts that are their own."""

from __future__ import annotations

import re

from django.db import transaction

from guildhall.core import audit
from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.core.ids import is_id
from guildhall.core.text import Text
from guildhall.partners.models import Code, OwnAccount, Partner
from guildhall.people.models import Member

_HANDLE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")
_VENUE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")
_LONGEST_NOTE = 4_000


def create_partner(name: str, handle: str, *, by: str, member_id: str = "", note: str = "") -> Partner:
    """A new partner. Raises BadInput naming the field, Conflict when the short name is taken, NotFound."""
    handle = handle.strip().lower()
    if not _HANDLE.fullmatch(handle):
        raise BadInput(
            Text(
                "A short name has a-z, 0-9 and hyphens, at most 60.",
                "短名仅限 a-z、0-9 和连字符，最多 60 个字符。",
            ),
            field="handle",
        )
    with transaction.atomic():
        if Partner.objects.filter(handle=handle).exists():
            raise Conflict(Text(f"“{handle}” is taken.", f"“{handle}”已被使用。"), code="handle_taken")
        one = Partner.objects.create(
            name=_name(name),
            handle=handle,
            note=note[:_LONGEST_NOTE],
            member=_member(member_id),
            created_by=by,
        )
        audit.record(by, "partner.created", f"partner:{one.pk}", {"member": member_id})
    return one


def change_partner(
    partner_id: str,
    *,
    by: str,
    name: str | None = None,
    note: str | None = None,
    member_id: str | None = None,
    state: str | None = None,
) -> Partner:
    """Change what is given; `member_id` '' unlinks. Raises NotFound, BadInput naming the field."""
    with transaction.atomic():
        one = locked(partner_id)
        if name is not None:
            one.name = _name(name)
        if note is not None:
            one.note = note[:_LONGEST_NOTE]
        if member_id is not None:
            one.member = _member(member_id)
        if state is not None:
            if state not in Partner.State.values:
                raise BadInput(Text("There is no such state.", "没有此状态。"), field="state")
            one.state = state
        one.save()
        said = {
            "name": name is not None,
            "note": note is not None,
            "state": one.state,
            "member": one.member_id or "",
        }
        audit.record(by, "partner.changed", f"partner:{one.pk}", said)
    return one


def add_code(partner_id: str, venue: str, code: str, *, by: str) -> Code:
    """An invitation code or link of theirs: registrations that name it are bound to them.

    Raises NotFound, BadInput, Conflict when another partner has it.
    """
    code = code.strip()
    if not code or len(code) > 120:
        raise BadInput(Text("A code has 1 to 120 characters.", "邀请码应为 1 到 120 个字符。"), field="code")
    with transaction.atomic():
        one = locked(partner_id)
        found, new = Code.objects.get_or_create(
            venue=checked_venue(venue), code=code, defaults={"partner": one, "created_by": by}
        )
        if found.partner_id != one.pk:
            raise Conflict(
                Text(
                    "Another partner has this code at this venue.", "该交易所的此邀请码已属于其他合作伙伴。"
                ),
                code="code_taken",
            )
        if new:
            audit.record(by, "partner.code_added", f"partner:{one.pk}", {"venue": venue})
    return found


def remove_code(code_id: int, *, by: str) -> None:
    """Registrations that name it are bound no more; what is bound stays. Raises NotFound."""
    with transaction.atomic():
        one = Code.objects.select_for_update().filter(pk=code_id).first()
        if one is None:
            raise NotFound(Text("There is no such code.", "没有此邀请码。"))
        audit.record(by, "partner.code_removed", f"partner:{one.partner_id}", {"venue": one.venue})
        one.delete()


def own_account(partner_id: str, venue: str, account: str, *, by: str) -> OwnAccount:
    """Say that an account (its pseudonym) is the partner's own. Raises NotFound, BadInput, Conflict."""
    with transaction.atomic():
        one = locked(partner_id)
        found, new = OwnAccount.objects.get_or_create(
            venue=checked_venue(venue),
            account=checked_account(account),
            defaults={"partner": one, "created_by": by},
        )
        if found.partner_id != one.pk:
            raise Conflict(
                Text("It is another partner's own account.", "这是另一位合作伙伴本人的账户。"), code="owned"
            )
        if new:
            audit.record(
                by, "partner.account_claimed", f"partner:{one.pk}", {"venue": venue, "account": account}
            )
    return found


def not_own_account(own_id: int, *, by: str) -> None:
    """Take back that an account is the partner's own. Raises NotFound."""
    with transaction.atomic():
        one = OwnAccount.objects.select_for_update().filter(pk=own_id).first()
        if one is None:
            raise NotFound(Text("There is no such account.", "没有此账户。"))
        said = {"venue": one.venue, "account": one.account}
        audit.record(by, "partner.account_disclaimed", f"partner:{one.partner_id}", said)
        one.delete()


def locked(partner_id: str) -> Partner:
    """The partner, held until the transaction ends. Raises NotFound."""
    found = (
        Partner.objects.select_for_update(of=("self",)).filter(pk=partner_id).first()
        if is_id(partner_id)
        else None
    )
    if found is None:
        raise NotFound(Text("There is no such partner.", "没有此合作伙伴。"))
    return found


def checked_venue(venue: str) -> str:
    """A venue's short name. Raises BadInput."""
    if not _VENUE.fullmatch(venue):
        raise BadInput(Text("It is not a venue's short name.", "不是交易所短名。"), field="venue")
    return venue


def checked_account(account: str) -> str:
    """An account's pseudonym. Raises BadInput."""
    if not 0 < len(account) <= 64 or not account.isprintable():
        raise BadInput(Text("It is not an account's pseudonym.", "不是账户假名。"), field="account")
    return account


def forget_member(member_id: str) -> None:
    """A person was erased: no partner leads to them any more. What was earned stays."""
    Partner.objects.filter(member_id=member_id).update(member=None)


def merge_members(kept_id: str, gone_id: str) -> None:
    """Two members turned out to be one: what led to one leads to the other."""
    Partner.objects.filter(member_id=gone_id).update(member_id=kept_id)


def export_member(member_id: str) -> list[dict[str, object]]:
    """What this room holds about a person."""
    return [
        {
            "partner": one.pk,
            "name": one.name,
            "handle": one.handle,
            "state": one.state,
            "since": one.created_at,
        }
        for one in Partner.objects.filter(member_id=member_id).order_by("id")
    ]


def _name(name: str) -> str:
    name = name.strip()
    if not 0 < len(name) <= 120:
        raise BadInput(Text("A name has 1 to 120 characters.", "名称应为 1 到 120 个字符。"), field="name")
    return name


def _member(member_id: str) -> Member | None:
    if not member_id:
        return None
    found = Member.objects.filter(pk=member_id, erased_at=None).first() if is_id(member_id) else None
    if found is None:
        raise NotFound(Text("There is no such member.", "没有此成员。"))
    return found.merged_into or found
