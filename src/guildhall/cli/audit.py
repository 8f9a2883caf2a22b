"""`guildhall audit verify`: seals what is not sealed yet, walks the whole chain, and says what it found.

The proof itself is `core.audit_seal`; this only puts it into words.
"""

from __future__ import annotations

from guildhall.core import audit_seal

SHOWN = 50


def verify() -> bool:
    """Print the result; True when every row is as it was written."""
    audit_seal.seal_all()
    report = audit_seal.verify()
    print(f"{report.rows:,} audit rows in {report.seals:,} seals, {report.anchored:,} of them anchored")
    print(f"newest seal: {report.head}")
    if report.unsealed:
        print(f"{report.unsealed:,} rows were written meanwhile and are not sealed yet")
    for found in report.breaks[:SHOWN]:
        print(f"BROKEN  {found.kind} at {found.where} (seal {found.seal})")
    if len(report.breaks) > SHOWN:
        print(f"and {len(report.breaks) - SHOWN:,} more")
    print("intact: nothing was changed, removed or put in between" if report.is_intact else "NOT INTACT")
    return report.is_intact
