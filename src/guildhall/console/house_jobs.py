"""What the console has done outside of a request: the proof of the audit chain, which reads every entry."""

from __future__ import annotations

from guildhall.console.house_audit import VERIFY
from guildhall.core import audit_seal
from guildhall.core.text import Text
from guildhall.effects.performers import performer
from guildhall.effects.types import Claimed, Done

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
