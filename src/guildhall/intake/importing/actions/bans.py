"""Ban lists: read once into rows of our own form, then asked for as effects of low priority, space by space,
a few hundred in each transaction.

Staff, administrators and owners are never banned by a list; who is banned already or whose ban has ended is
left alone. A ban of the list that the platform has carried out can be undone with all the others.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson
from django.db import transaction

from guildhall.channels import registry
from guildhall.channels.actions import acting
from guildhall.channels.models import SpaceMember
from guildhall.channels.port import Act, MemberState, Verb
from guildhall.core import clock
from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.effects import actions as effects
from guildhall.effects.models import Effect
from guildhall.intake.importing import detecting, files
from guildhall.intake.importing.records import Ban
from guildhall.intake.models import Import, ImportedMember
from guildhall.people.actions.accounts import Sighting
from guildhall.people.actions.past import accounts_of_the_past, known_accounts
from guildhall.people.models import Account

CHUNK = 200
PRIORITY = 900
"""Behind everything that moderators do now."""
_HEADS = frozenset({MemberState.ADMIN.value, MemberState.OWNER.value})
_SHOWN = 20


def read(one: Import) -> dict[str, Any]:
    """Read the file and count whom we know; what a preview shows. Raises BadInput."""
    found = detecting.read_bans(files.file_of(one.id).read_bytes())
    platforms = {space.platform for space in one.spaces.all()}
    if found.format.platform and platforms != {found.format.platform}:
        raise BadInput(
            Text(
                f"These are accounts of {found.format.platform}; choose a space there.",
                f"文件中是 {found.format.platform} 的账号，请选择该平台的群组。",
            ),
            field="spaces",
            code="other_platform",
        )
    if len(platforms) > 1:
        raise BadInput(Text("Choose spaces of one platform.", "请选择同一平台的群组。"), field="spaces")
    platform = platforms.pop()
    registry.require(platform, Verb.BAN)
    ids = _resolved(found.bans, platform)
    now = clock.now()
    bad = files.put_aside(one.id, found.bad)
    nameless = [ban for ban in found.bans if not ban.external_id and ban.row not in ids]
    with files.rows_of(one.id).open("wb") as out:
        for ban in found.bans:
            if ban.external_id or ban.row in ids:
                out.write(orjson.dumps(_plain(ban, ids.get(ban.row, ""))) + b"\n")
    kept = [ban for ban in found.bans if ban.external_id or ban.row in ids]
    return {
        "format": found.format.key,
        "rows_total": len(kept),
        "bad_rows": bad,
        "options": {**one.options, "platform": platform},
        "counts": {
            "found": len(kept),
            "known": len(ids),
            "new": len(kept) - len(ids),
            "ended": sum(ban.until is not None and ban.until <= now for ban in kept),
            "repeated": found.repeated,
            "unreadable": bad,
            "nameless": len(nameless),
        },
        "result": {
            "sample": [_plain(ban, "") for ban in kept[:_SHOWN]],
            "nameless": [ban.username for ban in nameless[:100]],
        },
    }


def check(one: Import) -> None:
    """What must hold before a list is carried out: the platform can ban."""
    registry.require(str(one.options["platform"]), Verb.BAN)


def step(one: Import) -> bool:
    """Ask for the next bans; whether more are left."""
    began = time.monotonic()
    with files.rows_of(one.id).open("rb") as lines:
        lines.seek(one.cursor)
        chunk = [line for _, line in zip(range(CHUNK), lines, strict=False)]
        rows = [orjson.loads(line) for line in chunk]
    if not rows:
        return False
    with transaction.atomic():
        now = Import.objects.select_for_update().get(pk=one.id)
        if now.state != Import.State.RUNNING or now.cursor != one.cursor:
            return now.state == Import.State.RUNNING
        _ask(now, rows)
        now.cursor += sum(map(len, chunk))
        now.rows_done += len(rows)
        now.busy_ms += int((time.monotonic() - began) * 1000)
        now.save()
    return True


def undo(one: Import) -> bool:
    """Lift the next bans that this list brought; whether more are left."""
    after = int(one.options.get("undo_after") or 0)
    rows = list(one.members.filter(pk__gt=after).order_by("pk")[:CHUNK])
    if not rows:
        return False
    queued = {
        str(key): pk
        for key, pk in Effect.objects.filter(
            unique_key__in=[_key(one.id, row, Verb.BAN) for row in rows], state="queued"
        ).values_list("unique_key", "id")
    }
    standing = _standing((row.space_id, row.account_id) for row in rows)
    by = str(one.options.get("undone_by") or one.by)
    lifted = []
    with transaction.atomic():
        now = Import.objects.select_for_update().get(pk=one.id)
        if now.state != Import.State.UNDOING or (now.options.get("undo_after") or 0) != (
            one.options.get("undo_after") or 0
        ):
            return now.state == Import.State.UNDOING
        for row in rows:
            effect = queued.get(_key(one.id, row, Verb.BAN))
            if effect is not None:
                effects.give_up(effect, by, "the import was undone")
            elif standing.get((row.space_id, row.account_id)) == MemberState.BANNED:
                lifted.append(row)
        _enqueue(now, [(row, Act(Verb.UNBAN, row.space_id, account_id=row.account_id)) for row in lifted], by)
        now.options["undo_after"] = rows[-1].pk
        now.counts["lifted"] = now.counts.get("lifted", 0) + len(lifted)
        now.counts["withdrawn"] = now.counts.get("withdrawn", 0) + len(queued)
        now.save(update_fields=["options", "counts"])
    return True


def _ask(one: Import, rows: Sequence[dict[str, Any]]) -> None:
    """Queue the bans of some rows, in the caller's transaction."""
    platform, only_known = str(one.options["platform"]), bool(one.options.get("only_known"))
    known = known_accounts(platform, [row["id"] for row in rows if row["id"]])
    unknown = {row["id"]: row for row in rows if row["id"] and row["id"] not in known}
    made: dict[str, str] = {}
    if unknown and not only_known:
        made = accounts_of_the_past(
            {
                external: (Sighting(platform, external, row["username"], row["name"]), _heard(row, one.at))
                for external, row in unknown.items()
            }
        )
    accounts = {row["row"]: row["account"] or known.get(row["id"]) or made.get(row["id"], "") for row in rows}
    staff = set(
        Account.objects.filter(id__in=[pk for pk in accounts.values() if pk], is_staff=True).values_list(
            "id", flat=True
        )
    )
    spaces = list(one.spaces.values_list("id", flat=True))
    standing = _standing((space, account) for space in spaces for account in accounts.values() if account)
    wanted: list[tuple[ImportedMember, Act]] = []
    counts = one.counts
    for row in rows:
        account, until = accounts[row["row"]], _time(row["until"])
        if not account:
            counts["left_out"] = counts.get("left_out", 0) + 1
            continue
        for space in spaces:
            state = standing.get((space, account), "")
            reason = _not_now(account in staff, state, until)
            if reason:
                counts[reason] = counts.get(reason, 0) + 1
                continue
            member = ImportedMember(
                imported=one, space_id=space, account_id=account, is_new_account=row["id"] in made,
                is_new_member=not state, before={"state": state}, reason=row["reason"], until=until,
            )  # fmt: skip
            wanted.append((member, Act(Verb.BAN, space, account_id=account, until=until)))
    ImportedMember.objects.bulk_create([member for member, _ in wanted], ignore_conflicts=True)
    counts["asked"] = counts.get("asked", 0) + _enqueue(one, wanted, one.confirmed_by)


def _not_now(is_staff: bool, state: str, until: datetime | None) -> str:
    """Why somebody is not banned: the name of the count, or ''."""
    if is_staff or state in _HEADS:
        return "protected"
    if state == MemberState.BANNED:
        return "already"
    return "ended_before" if until is not None and until <= clock.now() else ""


def _enqueue(one: Import, wanted: Sequence[tuple[ImportedMember, Act]], actor: str) -> int:
    planned = acting.plan_many([act for _, act in wanted], cause=f"import:{one.id}", actor=actor)
    return effects.enqueue_many(
        replace(
            effect,
            # Its own line, so that nothing a moderator does in the space waits behind a long list.
            order_key=f"import:{one.id}:{member.space_id}",
            unique_key=_key(one.id, member, act.verb),
            priority=PRIORITY,
        )
        for effect, (member, act) in zip(planned, wanted, strict=True)
    )


def _key(import_id: str, member: ImportedMember, verb: Verb) -> str:
    return f"import:{import_id}:{verb.value}:{member.space_id}:{member.account_id}"


def _standing(pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    wanted = set(pairs)
    rows = SpaceMember.objects.filter(
        space_id__in={space for space, _ in wanted}, account_id__in={account for _, account in wanted}
    ).values_list("space_id", "account_id", "state")
    return {(space, account): state for space, account, state in rows}


def _resolved(bans: Sequence[Ban], platform: str) -> dict[int, str]:
    """Our ids of the accounts we know, by row. A username counts when exactly one account has it."""
    known = known_accounts(platform, [ban.external_id for ban in bans if ban.external_id])
    found = {ban.row: known[ban.external_id] for ban in bans if ban.external_id in known}
    for ban in bans:
        if not ban.external_id:
            named = list(
                Account.objects.filter(platform=platform, username__iexact=ban.username).values_list(
                    "id", flat=True
                )[:2]
            )
            if len(named) == 1:
                found[ban.row] = named[0]
    return found


def _plain(ban: Ban, account: str) -> dict[str, Any]:
    return {
        "row": ban.row, "id": ban.external_id, "account": account, "username": ban.username, "name": ban.name,
        "reason": ban.reason, "until": ban.until.isoformat() if ban.until else "",
        "banned_at": ban.banned_at.isoformat() if ban.banned_at else "",
    }  # fmt: skip


def _time(written: str) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


def _heard(row: dict[str, Any], otherwise: datetime) -> datetime:
    """When somebody we never met was last heard of: when they were banned, if the list says."""
    return _time(row["banned_at"]) or otherwise
