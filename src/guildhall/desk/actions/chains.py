"""Deeds on escalation chains: written, changed, put away. Policies name them by id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.core.text import Text
from guildhall.desk import chains
from guildhall.desk.models import EscalationChain

LONGEST_NAME = 80


def save_chain(
    name: str, steps: Sequence[Any], by: str, *, chain_id: str = "", revision: int | None = None
) -> EscalationChain:
    """Write a chain, or change one; steps of breaches that happened before stay as they were.

    revision: what the caller saw. Raises NotFound, BadInput naming the field, Conflict (`changed`).
    """
    called = name.strip()[:LONGEST_NAME]
    if not called:
        raise BadInput(Text("Give it a name.", "请填写名称。"), field="name")
    read = [step.to_json() for step in chains.steps_of(steps)]
    with transaction.atomic():
        chain = _locked(chain_id) if chain_id else EscalationChain()
        if chain_id and revision is not None and revision != chain.revision:
            raise Conflict(
                Text("Somebody changed this chain meanwhile.", "该升级链刚刚被其他人修改。"), code="changed"
            )
        if EscalationChain.objects.filter(name=called).exclude(pk=chain.pk).exists():
            raise BadInput(Text("There is a chain of this name.", "已有同名的升级链。"), field="name")
        chain.name, chain.steps = called, read
        chain.changed_by, chain.changed_at = by, clock.now()
        chain.revision += 1
        chain.save()
        audit.record(by, "chain.saved", f"chain:{chain.pk}", {"steps": len(read), "revision": chain.revision})
    return chain


def archive_chain(chain_id: str, by: str) -> EscalationChain:
    """Put a chain away: breaches from now on do nothing by it. Raises NotFound."""
    return _put(chain_id, by, "chain.archived", away=True)


def restore_chain(chain_id: str, by: str) -> EscalationChain:
    """Take it out again. Raises NotFound."""
    return _put(chain_id, by, "chain.restored", away=False)


def _put(chain_id: str, by: str, verb: str, *, away: bool) -> EscalationChain:
    with transaction.atomic():
        chain = _locked(chain_id)
        if (chain.archived_at is not None) != away:
            chain.archived_at = clock.now() if away else None
            chain.save(update_fields=["archived_at"])
            audit.record(by, verb, f"chain:{chain.pk}")
    return chain


def _locked(chain_id: str) -> EscalationChain:
    chain = EscalationChain.objects.select_for_update().filter(pk=chain_id).first()
    if chain is None:
        raise NotFound(Text("There is no such chain.", "不存在该升级链。"))
    return chain
