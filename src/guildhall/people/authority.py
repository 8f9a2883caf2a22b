"""Who is acting, and whether they stand high enough to touch somebody else's rights.

The system itself may do everything; a staff member only what their rank allows; a token never changes staff.
"""

from __future__ import annotations

from collections.abc import Iterable

from guildhall.core.errors import NotAllowed
from guildhall.core.text import Text
from guildhall.people.models import Staff
from guildhall.people.roles import Role, may_grant

ABOVE = Text(
    "You cannot give, take or change rights that stand above your own.",
    "不能授予、收回或更改高于自己级别的权限。",
)
NOT_STAFF = Text("Only a signed-in staff member can do this.", "只有已登录的员工才能进行此操作。")


def actor_of(by: Staff | str) -> str:
    """The audit name of whoever acts."""
    return by.actor if isinstance(by, Staff) else by


def require_rank(by: Staff | str, roles: Iterable[Role | str]) -> None:
    """Raise NotAllowed unless `by` may hand out and take away every one of `roles`."""
    held = _roles(by)
    if held is None:
        return
    for role in roles:
        if not may_grant(held, Role(role)):
            raise NotAllowed(ABOVE, code="above_own_rank")


def require_rank_over(by: Staff | str, staff: Staff) -> None:
    """Raise NotAllowed unless `by` is `staff` or outranks everything they hold."""
    if isinstance(by, Staff) and by.pk == staff.pk:
        return
    require_rank(by, staff.roles)


def _roles(by: Staff | str) -> frozenset[Role] | None:
    """The roles of whoever acts; None for the system, which needs none."""
    if isinstance(by, Staff):
        return by.roles
    kind, _, key = by.partition(":")
    if kind == "system":
        return None
    staff = (
        Staff.objects.filter(pk=key, is_active=True).first() if kind == "staff" and key.isdigit() else None
    )
    if staff is None:
        raise NotAllowed(NOT_STAFF)
    return staff.roles
