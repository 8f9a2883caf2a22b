"""The reads that screens, API and other rooms share: the member list, one member, staff, their sessions.

Lists stay quick at a hundred thousand members: every filter and order has its index, search goes through
full text, and a page costs one query for the members and one for their accounts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.db.models import Count, Exists, OuterRef, Prefetch, QuerySet

from guildhall.core.errors import NotFound
from guildhall.core.text import Text
from guildhall.people import search
from guildhall.people.masking import ERASED, NAMELESS, Identity, mask_external_id, mask_name, short_id
from guildhall.people.models import Account, ApiToken, Member, Rename, Staff
from guildhall.people.roles import Role

PAGE = 50
SORTS = {
    "newest": ("-id",),
    "oldest": ("id",),
    "seen": ("-last_seen_at", "-id"),
    "name": ("display_name", "id"),
    "-name": ("-display_name", "-id"),
}
_NAMES_FOR = 30  # seconds the protected names are remembered


@dataclass(frozen=True, slots=True)
class MemberFilter:
    """What a list of members shows. `state`: "" (present), erased, merged, all."""

    q: str = ""
    platform: str = ""
    language: str = ""
    region: str = ""
    state: str = ""
    sort: str = "newest"


@dataclass(frozen=True, slots=True)
class MemberPage:
    """One page of members with their accounts; `more` says whether another page follows."""

    rows: list[Member]
    page: int
    more: bool


@dataclass(frozen=True, slots=True)
class MemberDetail:
    """Everything this room knows of one member."""

    member: Member
    accounts: list[Account]
    renames: list[Rename]
    merged_ids: list[str]


@dataclass(frozen=True, slots=True)
class StaffRow:
    """One line of the staff list."""

    staff: Staff
    roles: tuple[Role, ...]
    teams: tuple[str, ...]
    has_second_factor: bool
    has_password: bool
    sessions: int


def members(wanted: MemberFilter) -> QuerySet[Member]:
    """The members a filter asks for, in its order, accounts not yet fetched. An unknown sort falls back to
    newest.
    """
    found = Member.objects.all()
    if wanted.state == "erased":
        found = found.filter(erased_at__isnull=False)
    elif wanted.state == "merged":
        found = found.filter(merged_into__isnull=False)
    elif wanted.state != "all":
        found = found.filter(erased_at__isnull=True, merged_into__isnull=True)
    if wanted.language:
        found = found.filter(language=wanted.language)
    if wanted.region:
        found = found.filter(region=wanted.region)
    if wanted.platform:
        found = found.filter(Exists(Account.objects.filter(member=OuterRef("pk"), platform=wanted.platform)))
    if wanted.q.strip():
        ids = search.matching(wanted.q)
        found = found.filter(pk__in=ids) if ids is not None else found.none()
    return found.order_by(*SORTS.get(wanted.sort, SORTS["newest"]))


def with_accounts(found: QuerySet[Member]) -> QuerySet[Member]:
    """The same members, their accounts fetched in one more query."""
    return found.prefetch_related(Prefetch("accounts", queryset=Account.objects.order_by("pk")))


def member_page(wanted: MemberFilter, page: int = 1, size: int = PAGE) -> MemberPage:
    """Page `page` (from 1) of `size` members, without counting all of them."""
    page = max(1, page)
    start = (page - 1) * size
    rows = list(with_accounts(members(wanted))[start : start + size + 1])
    return MemberPage(rows[:size], page, len(rows) > size)


def member_detail(member_id: str) -> MemberDetail:
    """One member; a merged id leads to the member it was merged into. Raises NotFound."""
    member = with_accounts(Member.objects.select_related("merged_into")).filter(pk=member_id).first()
    if member is not None and member.merged_into_id is not None:
        member = with_accounts(Member.objects.all()).filter(pk=member.merged_into_id).first()
    if member is None:
        raise NotFound(Text("There is no such member.", "没有此成员。"))
    accounts = list(member.accounts.all())
    renames = list(Rename.objects.filter(account__in=accounts).order_by("-at", "-pk")[:100])
    merged = list(Member.objects.filter(merged_into=member).values_list("pk", flat=True))
    return MemberDetail(member, accounts, renames, merged)


def accounts_of(member_ids: Iterable[str]) -> dict[str, list[Account]]:
    """The accounts of some members, by member id."""
    found: dict[str, list[Account]] = {member_id: [] for member_id in member_ids}
    for account in Account.objects.filter(member_id__in=found).order_by("pk"):
        found[account.member_id].append(account)
    return found


def mask_identity(member: Member, staff: Staff | None) -> Identity:
    """How `staff` (or an API caller without one) may see who somebody is: masked without
    `members.identity`.
    """
    accounts = list(member.accounts.all())
    usernames = tuple(account.username for account in accounts if account.username)
    external_ids = tuple(account.external_id for account in accounts)
    handle = short_id(member.pk)
    if member.erased_at is not None:
        return Identity(str(ERASED), handle, (), (), True)
    name = member.display_name or next(iter(usernames), "")
    if staff is not None and staff.may("members.identity"):
        return Identity(name or f"{NAMELESS} {handle}", handle, usernames, external_ids, False)
    return Identity(
        mask_name(name) or f"{NAMELESS} {handle}",
        handle,
        tuple(mask_name(username) for username in usernames),
        tuple(mask_external_id(external_id) for external_id in external_ids),
        True,
    )


def mask_account(account: Account, staff: Staff | None) -> str:
    """The name to show for a message's sender, masked like `mask_identity`."""
    name = account.display_name or account.username
    if staff is not None and staff.may("members.identity"):
        return name or f"{NAMELESS} {short_id(account.member_id)}"
    return mask_name(name) or f"{NAMELESS} {short_id(account.member_id)}"


def member_count() -> int:
    """How many members are present (neither erased nor merged), remembered for half a minute."""
    known = cache.get("people:member-count")
    if known is None:
        known = Member.objects.filter(erased_at__isnull=True, merged_into__isnull=True).count()
        cache.set("people:member-count", known, _NAMES_FOR)
    return int(known)


def staff_list(*, include_inactive: bool = True) -> list[StaffRow]:
    """Everybody who works here, owners first, then by name."""
    found = Staff.objects.prefetch_related("grants", "teams").annotate(
        open_sessions=Count("usersession", distinct=True)
    )
    if not include_inactive:
        found = found.filter(is_active=True)
    secured = set(
        Authenticator.objects.exclude(type=Authenticator.Type.RECOVERY_CODES).values_list(
            "user_id", flat=True
        )
    )
    rows = [
        StaffRow(
            staff=staff,
            roles=tuple(
                sorted((Role(g.role) for g in staff.grants.all()), key=lambda role: (-role.rank, role))
            ),
            teams=tuple(sorted(team.name for team in staff.teams.all())),
            has_second_factor=staff.pk in secured,
            has_password=staff.has_usable_password(),
            sessions=staff.open_sessions,
        )
        for staff in found
    ]
    return sorted(
        rows,
        key=lambda row: (
            not row.staff.is_active,
            -max((r.rank for r in row.roles), default=0),
            row.staff.name,
        ),
    )


def staff_by_actor(actors: Iterable[str]) -> dict[str, str]:
    """The names behind actors such as `staff:7`, for audit and case pages; others are left out."""
    keys = {actor: int(actor[6:]) for actor in actors if actor.startswith("staff:") and actor[6:].isdigit()}
    names = dict(Staff.objects.filter(pk__in=keys.values()).values_list("pk", "name"))
    return {actor: names[key] for actor, key in keys.items() if key in names}


def staff_names() -> list[str]:
    """Names and usernames an impersonator would borrow: of active staff, and of accounts marked as ours."""
    names = set(Staff.objects.filter(is_active=True).values_list("name", flat=True))
    for username, display_name in Account.objects.filter(is_staff=True).values_list(
        "username", "display_name"
    ):
        names.update((username, display_name))
    return sorted(name for name in names if name)


def sessions_of(staff: Staff) -> list[UserSession]:
    """The web sign-ins of one staff member that still stand, newest first."""
    found: list[UserSession] = UserSession.objects.purge_and_list(staff)
    return sorted(found, key=lambda session: session.created_at, reverse=True)


def tokens(staff: Staff | None = None) -> list[ApiToken]:
    """API tokens, live ones first, newest first; of one staff member or of all."""
    found = ApiToken.objects.select_related("staff").order_by("-created_at")
    if staff is not None:
        found = found.filter(staff=staff)
    return sorted(found, key=lambda token: token.revoked_at is not None)
