"""What vendors give to the approvals: a month of theirs is frozen by a second pair of eyes."""

from __future__ import annotations

from guildhall.core import approvals
from guildhall.desk.actions import vendors


def register() -> None:
    """Called once, when Django starts."""
    approvals.register(
        vendors.FREEZE,
        carry_out=vendors.freeze,
        permission="vendors.manage",
        describe=vendors.describe,
    )
