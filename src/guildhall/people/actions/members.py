"""What is done to a member on purpose: described, linked with another account, exported, erased.

Erasing wipes who somebody is and keeps that something happened: the pseudonymous id stays, names go,
platform ids become salted hashes, and every room above wipes what it holds. The audit knows ids and counts,
never names.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets as random
from typing import Any

from django.db import transaction

from guildhall.core import audit, clock, secrets
from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.core.text import Text
from guildhall.effects.webhooks import announce
from guildhall.people import registry
from guildhall.people.actions.accounts import refresh_search
from guildhall.people.authority import actor_of, require_rank_over
from guildhall.people.models import Account, Member, MemberSearch, Rename, Staff

ERASED_PREFIX = "erased:"
_SALT = "people.erasure_salt"
_MAX_NOTE = 10_000


def set_language(member_id: str, language: str, *, by: Staff | str) -> None:
    """Note which language somebody is spoken to in; empty: not known. Raises BadInput, NotFound, Conflict
    (erased).
    """
    if language and not re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{2,8})?", language):
        raise BadInput(
            Text("A language code such as en or zh-hans is needed.", "请填写语言代码，例如 en 或 zh-hans。"),
            field="language",
        )
    _set(member_id, "language", language, by)


def set_region(member_id: str, region: str, *, by: Staff | str) -> None:
    """Note the legal region (ISO 3166, such as SG or AE-DU) somebody is in; empty: not known."""
    if region and not re.fullmatch(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", region):
        raise BadInput(
            Text("A region is written like SG or AE-DU.", "地区请写作 SG 或 AE-DU 这样的代码。"),
            field="region",
        )
    _set(member_id, "region", region, by)


def set_note(member_id: str, note: str, *, by: Staff | str) -> None:
    """Replace the staff's note about somebody. The audit says that it changed, not what it says."""
    if len(note) > _MAX_NOTE:
        raise BadInput(
            Text(f"A note has at most {_MAX_NOTE} characters.", f"备注最多 {_MAX_NOTE} 个字符。"),
            field="note",
        )
    _set(member_id, "note", note.replace("\x00", ""), by)


def set_staff_account(account_id: str, is_staff: bool, *, by: Staff | str) -> None:
    """Say that an account belongs to one of ours, so that its look-alikes stand out. Saying that it does not
    takes its link to a colleague away. Raises NotFound.
    """
    with transaction.atomic():
        said = {"is_staff": True} if is_staff else {"is_staff": False, "staff": None}
        if not Account.objects.filter(pk=account_id).update(**said):
            raise NotFound(Text("There is no such account.", "没有此账号。"))
        audit.record(actor_of(by), "account.staff_marked", f"account:{account_id}", {"is_staff": is_staff})


def link_staff_account(account_id: str, staff_id: int | None, *, by: Staff | str) -> None:
    """Say whose account this is: what it asks for in chat then counts as asked by that colleague, with that
    colleague's rights; None takes the link away. Marks the account as ours or not.

    Nobody may speak for somebody who stands above them. Raises NotFound, NotAllowed.
    """
    with transaction.atomic():
        account = Account.objects.select_for_update().filter(pk=account_id).first()
        if account is None:
            raise NotFound(Text("There is no such account.", "没有此账号。"))
        before = Staff.objects.filter(pk=account.staff_id).first() if account.staff_id else None
        whose = Staff.objects.filter(pk=staff_id, is_active=True).first() if staff_id else None
        if staff_id and whose is None:
            raise NotFound(Text("There is no such colleague.", "没有此员工。"))
        for colleague in (before, whose):
            if colleague is not None:
                require_rank_over(by, colleague)
        if account.staff_id == staff_id:
            return
        account.staff, account.is_staff = whose, whose is not None
        account.save(update_fields=["staff", "is_staff"])
        audit.record(
            actor_of(by),
            "account.staff_linked" if whose else "account.staff_unlinked",
            f"account:{account_id}",
            {"staff": staff_id or (before.pk if before else None)},
        )


def link_accounts(kept_id: str, gone_id: str, *, by: Staff | str) -> None:
    """Two members turn out to be one person: every account of `gone_id` moves to `kept_id`.

    The id that goes stays as a signpost, so that facts told under it still find their person. Raises
    NotFound, BadInput for the same member twice, Conflict for an erased one.
    """
    if kept_id == gone_id:
        raise BadInput(Text("These are the same member already.", "这已经是同一位成员。"), field="member")
    with transaction.atomic():
        first, second = (_locked(member_id) for member_id in sorted((kept_id, gone_id)))
        kept, gone = (first, second) if first.pk == kept_id else (second, first)
        moved = Account.objects.filter(member=gone).update(member=kept)
        kept.display_name = kept.display_name or gone.display_name
        kept.language = kept.language or gone.language
        kept.region = kept.region or gone.region
        kept.note = "\n".join(note for note in (kept.note, gone.note) if note)[:_MAX_NOTE]
        kept.created_at = min(kept.created_at, gone.created_at)
        kept.last_seen_at = max(kept.last_seen_at, gone.last_seen_at)
        kept.save()
        gone.display_name = gone.note = gone.language = gone.region = ""
        gone.merged_into = kept
        gone.save()
        Member.objects.filter(merged_into=gone).update(merged_into=kept)
        MemberSearch.objects.filter(member=gone).delete()
        refresh_search([kept.pk])
        for merge in registry.mergers.values():
            merge(kept.pk, gone.pk)
        audit.record(actor_of(by), "member.linked", f"member:{kept.pk}", {"gone": gone.pk, "accounts": moved})
        announce("member.linked", {"member": kept.pk, "gone": gone.pk})


def erase_member(member_id: str, by: Staff | str) -> bool:
    """Wipe a person's identity everywhere; False when that was done before. Raises NotFound.

    A merged id erases the member it was merged into: it is the same person.
    """
    salt = _erasure_salt()
    with transaction.atomic():
        member = Member.objects.select_for_update().filter(pk=member_id).first()
        if member is None:
            raise NotFound(Text("There is no such member.", "没有此成员。"))
        if member.merged_into_id is not None:
            member = Member.objects.select_for_update().get(pk=member.merged_into_id)
        if member.erased_at is not None:
            return False
        now = clock.now()
        accounts = list(Account.objects.select_for_update().filter(member=member))
        Rename.objects.filter(account__in=accounts).delete()
        for account in accounts:
            account.external_id = erased_id(salt, account)
            account.username = account.display_name = ""
            account.save(update_fields=["external_id", "username", "display_name"])
        MemberSearch.objects.filter(member=member).delete()
        for person in (member, *Member.objects.filter(merged_into=member)):
            person.display_name = person.note = person.language = person.region = ""
            person.erased_at = now
            person.save()
            for erase in registry.erasers.values():
                erase(person.pk)
        audit.record(
            actor_of(by),
            "member.erased",
            f"member:{member.pk}",
            {"accounts": len(accounts), "rooms": sorted(registry.erasers)},
        )
        announce("member.erased", {"member": member.pk})
    return True


def erased_id(salt: str, account: Account) -> str:
    """What stands in place of a platform id after erasure: nobody can turn it back, and whoever holds the
    salt can still prove which request it came from.
    """
    identity = f"{account.pk}\n{account.platform}\n{account.external_id}"
    return ERASED_PREFIX + hmac.new(salt.encode(), identity.encode(), hashlib.sha256).hexdigest()[:40]


def export_member(member_id: str, by: Staff | str) -> dict[str, Any]:
    """Everything the house holds about one person, JSON-ready, one section for each room. Raises NotFound."""
    member = Member.objects.filter(pk=member_id).first()
    if member is None:
        raise NotFound(Text("There is no such member.", "没有此成员。"))
    with transaction.atomic():
        audit.record(
            actor_of(by), "member.exported", f"member:{member_id}", {"sections": sorted(registry.exporters)}
        )
    accounts = Account.objects.filter(member_id=member_id).order_by("pk")
    export: dict[str, Any] = {
        "exported_at": clock.now().isoformat(),
        "member": {
            "id": member.pk,
            "display_name": member.display_name,
            "language": member.language,
            "region": member.region,
            "note": member.note,
            "created_at": member.created_at.isoformat(),
            "last_seen_at": member.last_seen_at.isoformat(),
            "erased_at": member.erased_at.isoformat() if member.erased_at else None,
            "also_known_as": list(Member.objects.filter(merged_into=member).values_list("pk", flat=True)),
        },
        "accounts": [
            {
                "id": account.pk,
                "platform": account.platform,
                "external_id": account.external_id,
                "username": account.username,
                "display_name": account.display_name,
                "is_bot": account.is_bot,
                "created_at": account.created_at.isoformat(),
                "last_seen_at": account.last_seen_at.isoformat(),
            }
            for account in accounts
        ],
        "renames": [
            {
                "account": rename.account_id,
                "at": rename.at.isoformat(),
                "from": [rename.old_username, rename.old_display_name],
                "to": [rename.new_username, rename.new_display_name],
            }
            for rename in Rename.objects.filter(account__in=accounts).order_by("pk")
        ],
    }
    for section, collect in sorted(registry.exporters.items()):
        export[section] = collect(member_id)
    return export


def _set(member_id: str, field: str, value: str, by: Staff | str) -> None:
    with transaction.atomic():
        member = _locked(member_id)
        if getattr(member, field) == value:
            return
        setattr(member, field, value)
        member.save(update_fields=[field])
        # A note is free text about a person: the audit must not repeat it.
        data = {} if field == "note" else {field: value}
        audit.record(actor_of(by), f"member.{field}_set", f"member:{member_id}", data)


def _locked(member_id: str) -> Member:
    member = Member.objects.select_for_update().filter(pk=member_id).first()
    if member is None:
        raise NotFound(Text("There is no such member.", "没有此成员。"))
    if member.erased_at is not None or member.merged_into_id is not None:
        raise Conflict(
            Text("This member has been erased or merged into another.", "该成员已被删除或已合并至其他成员。"),
            code="gone",
        )
    return member


def _erasure_salt() -> str:
    try:
        return secrets.get(_SALT)
    except NotFound:
        salt = random.token_hex(32)
        with transaction.atomic():
            secrets.put(_SALT, salt)
        return salt
