"""What the house does by itself: the audit is sealed, undecided proposals expire, the chain is proven on
request.

Core has the deeds and knows no ticker, guard and compliance stand on one floor and do not meet; this floor
knows all.
"""

from __future__ import annotations

from datetime import datetime

from guildhall.compliance import gate
from guildhall.console.house_audit import VERIFY
from guildhall.core import approvals, audit_seal
from guildhall.core.text import Text
from guildhall.effects import ticker
from guildhall.effects.performers import performer
from guildhall.effects.types import Claimed, Done
from guildhall.guard import notices
from guildhall.paging import reaching

_SHOWN_BREAKS = 20


@performer(VERIFY, describe=Text("Prove the audit", "验证审计链"), lease_s=60)
def verify_audit(effect: Claimed) -> Done:
    """Seal what is open, read the whole chain, keep what was found as the result."""
    audit_seal.seal_all()
    report = audit_seal.verify()
    return Done(
        {
            "intact": report.is_intact,
            "seals": report.seals,
            "entries": report.rows,
            "anchored": report.anchored,
            "head": report.head,
            "breaks": [f"{found.kind}: {found.where}" for found in report.breaks[:_SHOWN_BREAKS]],
            "break_count": len(report.breaks),
        }
    )


def seal_audit(_now: datetime) -> None:
    """Seal what was committed since the last time."""
    audit_seal.seal()


def expire_proposals(_now: datetime) -> None:
    """Close what nobody decided in time."""
    approvals.expire_old()


ticker.on_tick("audit.seal", seal_audit, every_s=5)
ticker.on_tick("approvals.expire", expire_proposals, every_s=300)
# Whoever is told of a removal or a page is told what compliance cleared.
notices.clearance_source(gate.service_clearance)
reaching.clearance_source(gate.service_clearance)
