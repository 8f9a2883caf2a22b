"""What the guard left behind in a house made by `world`: verdict, case, audit rows and effect of each scam.

One case in ten is still open, as in a house that keeps up. Shapes follow the rooms' models; contents are not
real.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.world import World

REASONS = json.dumps(
    [
        {"rule": "theft.seed_phrase", "weight": 900, "spans": [[8, 30]], "params": {}},
        {"rule": "link.unknown", "weight": 300, "spans": [[40, 60]], "params": {"domain": "example.top"}},
    ]
)
ENACTED = json.dumps([{"measure": "delete", "duration_s": 0}])

VERDICT = "id message message_version space account policy_slug policy_version mode score action reasons at"
CASE = (
    "id kind verdict message message_version space account state priority score action mode enacted"
    " manual_step opened_at opened_by statement reports decided_at decided_by note truth parent"
)
AUDIT = "id at actor verb subject data seal"
EFFECT = (
    "kind payload mode order_key buckets unique_key priority due_at state waiting_for attempts lease_owner"
    " created_at started_at finished_at error result cause"
)


def write(world: World, posts: Sequence[Any]) -> None:
    """Rows for a chunk of scams: (number, id, at, space, author, text, is a scam) each."""
    from benchmarks.world import ulid
    from guildhall.core import bulk
    from guildhall.core.models import AuditEntry
    from guildhall.effects.models import Effect
    from guildhall.guard.models import Case, VerdictRecord

    verdicts, cases, audit, effects = [], [], [], []
    for n, message, at, space, author, _text, _scam in posts:
        verdict, case = ulid(at, 10_000_000 + n), ulid(at, 20_000_000 + n)
        space_id, account = world.space_ids[space], world.account_ids[author]
        verdicts.append(
            (verdict, message, 1, space_id, account, "default", 1, "act", 950, "delete", REASONS, at)
        )
        is_open = n % 10 == 0
        decided = None if is_open else at + timedelta(hours=2)
        cases.append(
            (
                case, "verdict", verdict, message, 1, space_id, account, "open" if is_open else "upheld",
                9, 950, "delete", "act", ENACTED, "{}", at, "system:guard", "", 0,
                decided, "" if is_open else "staff:1", "", "" if is_open else "bad", None,
            )
        )  # fmt: skip
        audit.append(
            (ulid(at, 30_000_000 + n), at, "system:guard", "message.judged", f"message:{message}", "{}", None)
        )
        audit.append((ulid(at, 40_000_000 + n), at, "staff:1", "case.upheld", f"case:{case}", "{}", None))
        payload = json.dumps({"verb": "delete", "message_id": message})
        effects.append(
            (
                "channels.act", payload, "repeatable", "", "[]", f"load:{message}", 100, at, "done",
                "", 1, "", at, at, at, "", "{}", f"case:{case}",
            )
        )  # fmt: skip
    bulk.insert(VerdictRecord, VERDICT.split(), verdicts)
    bulk.insert(Case, CASE.split(), cases)
    bulk.insert(AuditEntry, AUDIT.split(), audit)
    bulk.insert(Effect, EFFECT.split(), effects)
