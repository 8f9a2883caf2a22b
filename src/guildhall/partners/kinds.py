"""Names under which effects and approvals of the partners room are known. They stand apart from the deeds
themselves, which need Arrow: a process that only registers them stays small.
"""

from __future__ import annotations

SETTLE, WHAT_IF = "partners.settle", "partners.what_if"
DEAL, REBIND = "partners.deal", "partners.rebind"
