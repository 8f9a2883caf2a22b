"""What happens to staff: hired, granted, taken away, deactivated; and their web sign-ins ended.

Nobody reaches above their own rank, and the last owner cannot be removed, whoever asks and however many ask
at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings as django_settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.text import slugify

from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, Conflict, NotAllowed, NotFound
from guildhall.core.ids import new_id
from guildhall.core.text import Text
from guildhall.people.authority import actor_of, require_rank, require_rank_over
from guildhall.people.models import (
    LANGUAGES,
    ApiToken,
    RoleGrant,
    SignInLink,
    Staff,
    StaffManager,
    Team,
    TeamMembership,
)
from guildhall.people.roles import Role

LAST_OWNER = Text(
    "This is the last owner. Make somebody else an owner first.",
    "这是最后一位所有者。请先指定另一位所有者。",
)


def create_staff(
    email: str,
    name: str,
    roles: Iterable[Role | str],
    *,
    by: Staff | str,
    language: str = "en",
    zone: str = "UTC",
) -> Staff:
    """Add a staff member who cannot sign in yet: `invite` gives them the way in.

    Raises BadInput (field email, name, language, zone, roles), Conflict for an address already taken,
    NotAllowed for roles above one's own.
    """
    wanted = _roles(roles)
    require_rank(by, wanted)
    address = StaffManager.normalise(email)
    _check_profile(address, name, language, zone)
    with transaction.atomic():
        if Staff.objects.filter(email=address).exists():
            raise Conflict(
                Text("Somebody already signs in with this address.", "已有员工使用该邮箱登录。"),
                code="email_taken",
            )
        staff = Staff(email=address, name=name.strip(), language=language, zone=zone)
        staff.set_unusable_password()
        staff.save()
        EmailAddress.objects.create(user=staff, email=address, primary=True, verified=True)
        audit.record(actor_of(by), "staff.created", staff.actor, {"roles": sorted(wanted)})
        for role in wanted:
            RoleGrant.objects.create(staff=staff, role=role, granted_by=actor_of(by))
    return staff


def grant_role(staff: Staff, role: Role | str, *, by: Staff | str) -> bool:
    """Give a role; False when they hold it already. Raises NotAllowed above one's own rank."""
    (wanted,) = _roles([role])
    require_rank(by, [wanted])
    if not (isinstance(by, Staff) and by.pk == staff.pk):
        require_rank_over(by, staff)
    with transaction.atomic():
        _grant, created = RoleGrant.objects.get_or_create(
            staff=staff, role=wanted, defaults={"granted_by": actor_of(by)}
        )
        if created:
            audit.record(actor_of(by), "staff.role_granted", staff.actor, {"role": wanted})
    _forget_roles(staff)
    return created


def revoke_role(staff: Staff, role: Role | str, *, by: Staff | str) -> bool:
    """Take a role away; False when they do not hold it. It is gone with their next request.

    Raises NotAllowed above one's own rank, Conflict for the last owner.
    """
    (unwanted,) = _roles([role])
    if not (isinstance(by, Staff) and by.pk == staff.pk):
        require_rank(by, [unwanted])
        require_rank_over(by, staff)
    with transaction.atomic():
        if unwanted == Role.OWNER:
            _keep_an_owner(staff)
        removed, _ = RoleGrant.objects.filter(staff=staff, role=unwanted).delete()
        if removed:
            audit.record(actor_of(by), "staff.role_revoked", staff.actor, {"role": unwanted})
    _forget_roles(staff)
    return bool(removed)


def deactivate(staff: Staff, *, by: Staff | str) -> None:
    """Shut somebody out at once: sessions ended, tokens revoked, links spent. Raises Conflict for the last
    owner.
    """
    require_rank_over(by, staff)
    now = clock.now()
    with transaction.atomic():
        _keep_an_owner(staff)
        Staff.objects.filter(pk=staff.pk).update(is_active=False)
        tokens = ApiToken.objects.filter(staff=staff, revoked_at__isnull=True).update(revoked_at=now)
        SignInLink.objects.filter(staff=staff, used_at__isnull=True).update(used_at=now)
        ended = _delete_sessions(staff)
        audit.record(actor_of(by), "staff.deactivated", staff.actor, {"sessions": ended, "tokens": tokens})
    staff.is_active = False
    _forget_roles(staff)


def reactivate(staff: Staff, *, by: Staff | str) -> None:
    """Let somebody in again, with the roles they had. Old tokens and links stay dead. Raises NotAllowed for
    somebody who is made up.
    """
    if staff.is_demo:
        raise NotAllowed(
            Text("This colleague is made up and cannot sign in.", "该员工为演示用的虚构人物，无法登录。"),
            code="made_up",
        )
    require_rank(by, _held(staff))
    with transaction.atomic():
        Staff.objects.filter(pk=staff.pk).update(is_active=True)
        audit.record(actor_of(by), "staff.reactivated", staff.actor)
    staff.is_active = True
    _forget_roles(staff)


def change_profile(
    staff: Staff,
    *,
    by: Staff | str,
    name: str | None = None,
    language: str | None = None,
    zone: str | None = None,
) -> None:
    """Change the name, language or time zone of oneself or of somebody below. Raises BadInput by field."""
    require_rank_over(by, staff)
    name = staff.name if name is None else name.strip()
    language = language or staff.language
    zone = zone or staff.zone
    _check_profile(staff.email, name, language, zone)
    with transaction.atomic():
        Staff.objects.filter(pk=staff.pk).update(name=name, language=language, zone=zone)
        audit.record(actor_of(by), "staff.profile_changed", staff.actor, {"language": language, "zone": zone})
    staff.name, staff.language, staff.zone = name, language, zone


def reset_second_factor(staff: Staff, *, by: Staff | str) -> int:
    """Remove every authenticator of somebody who lost theirs, and end their sessions; returns how many
    there were.
    """
    require_rank_over(by, staff)
    with transaction.atomic():
        removed, _ = Authenticator.objects.filter(user_id=staff.pk).delete()
        ended = _delete_sessions(staff)
        audit.record(
            actor_of(by), "staff.second_factor_reset", staff.actor, {"removed": removed, "sessions": ended}
        )
    return removed


def end_sessions(staff: Staff, *, by: Staff | str, except_key: str = "") -> int:
    """Sign somebody out everywhere (but for the session `except_key`); returns how many sessions ended."""
    require_rank_over(by, staff)
    with transaction.atomic():
        ended = _delete_sessions(staff, except_key)
        audit.record(actor_of(by), "staff.sessions_ended", staff.actor, {"sessions": ended})
    return ended


def create_team(name: str, *, by: Staff | str, slug: str = "") -> Team:
    """Found a team. Raises BadInput for an empty name, Conflict for a slug already taken."""
    name = name.strip()
    if not name:
        raise BadInput(Text("A team needs a name.", "团队需要名称。"), field="name")
    slug = slug or slugify(name) or f"team-{new_id()[-6:].lower()}"
    with transaction.atomic():
        if Team.objects.filter(slug=slug).exists():
            raise Conflict(
                Text(f"There is a team “{slug}” already.", f"已存在团队“{slug}”。"), code="slug_taken"
            )
        team = Team.objects.create(slug=slug, name=name)
        audit.record(actor_of(by), "team.created", f"team:{team.pk}", {"slug": slug})
    return team


def add_to_team(team: Team, staff: Staff, *, by: Staff | str, is_lead: bool = False) -> None:
    """Put somebody into a team, or change whether they lead it."""
    with transaction.atomic():
        TeamMembership.objects.update_or_create(team=team, staff=staff, defaults={"is_lead": is_lead})
        audit.record(actor_of(by), "team.joined", f"team:{team.pk}", {"staff": staff.pk, "lead": is_lead})


def remove_from_team(team: Team, staff: Staff, *, by: Staff | str) -> bool:
    """Take somebody out of a team; False when they are not in it."""
    with transaction.atomic():
        removed, _ = TeamMembership.objects.filter(team=team, staff=staff).delete()
        if removed:
            audit.record(actor_of(by), "team.left", f"team:{team.pk}", {"staff": staff.pk})
    return bool(removed)


def _keep_an_owner(staff: Staff) -> None:
    """Raise Conflict when `staff` is the only active owner. Locks the owners, so that two cannot unseat
    each other.
    """
    owners = list(
        RoleGrant.objects.select_for_update()
        .filter(role=Role.OWNER, staff__is_active=True)
        .values_list("staff_id", flat=True)
    )
    if owners == [staff.pk]:
        raise Conflict(LAST_OWNER, code="last_owner")


def _delete_sessions(staff: Staff, except_key: str = "") -> int:
    store = import_module(django_settings.SESSION_ENGINE).SessionStore()
    sessions = UserSession.objects.filter(user_id=staff.pk).exclude(session_key=except_key)
    keys = list(sessions.values_list("session_key", flat=True))
    for key in keys:
        store.delete(key)
    sessions.delete()
    return len(keys)


def _roles(roles: Iterable[Role | str]) -> list[Role]:
    try:
        return sorted({Role(role) for role in roles})
    except ValueError as wrong:
        raise BadInput(
            Text(f"There is no such role: {wrong}.", f"没有此角色：{wrong}。"), field="roles"
        ) from wrong


def _held(staff: Staff) -> list[str]:
    return list(RoleGrant.objects.filter(staff=staff).values_list("role", flat=True))


def _forget_roles(staff: Staff) -> None:
    staff.__dict__.pop("roles", None)
    getattr(staff, "_prefetched_objects_cache", {}).pop("grants", None)


def _check_profile(email: str, name: str, language: str, zone: str) -> None:
    try:
        validate_email(email)
    except ValidationError:
        raise BadInput(
            Text("This is not an e-mail address.", "这不是有效的邮箱地址。"), field="email"
        ) from None
    if not name.strip() or len(name) > 120:
        raise BadInput(
            Text("A name of 1 to 120 characters is needed.", "姓名须为 1 至 120 个字符。"), field="name"
        )
    if language not in dict(LANGUAGES):
        raise BadInput(Text("This language is not offered.", "不支持该语言。"), field="language")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput(
            Text(
                "There is no such time zone; an example is Asia/Shanghai.", "没有此时区；例如 Asia/Shanghai。"
            ),
            field="zone",
        ) from None


def find_staff(staff_id: int) -> Staff:
    """The staff member with this id. Raises NotFound."""
    staff = Staff.objects.filter(pk=staff_id).first()
    if staff is None:
        raise NotFound(Text("There is no such staff member.", "没有此员工。"))
    return staff
