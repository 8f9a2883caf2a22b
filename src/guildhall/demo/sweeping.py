"""Takes the demo away, and nothing else: what hangs on its spaces, then who was only there, then its staff.

Which tables hang on a space is read off the models, so a room that is built later is swept too. Rows go in
small transactions, each of which may be the last: a sweep that was killed is simply taken up again. The audit
keeps its rows; it knows nobody's name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from django.db import models, transaction
from django.db.models import QuerySet

from guildhall.channels.models import Message, Space, SpaceMember
from guildhall.core import approvals, audit, clock
from guildhall.demo import queries, sweeping_desk, sweeping_guard
from guildhall.demo.cast import PREFIX
from guildhall.demo.models import ONLY, World
from guildhall.effects.models import Effect
from guildhall.guard import freshness
from guildhall.people.models import Account, Member, Staff

ACTOR = "system:demo"
CHUNK = 400
_DEEPEST = 4
Model = type[models.Model]


def sweep() -> bool:
    """Take every step that is left; False when the demo is not to be removed."""
    with transaction.atomic():
        world = World.objects.select_for_update().filter(pk=ONLY, state=World.State.REMOVING).first()
        if world is None:
            return False
        if not world.accounts:
            world.accounts = _met(world.spaces)
            world.save(update_fields=["accounts"])
    progress = _Progress(world)
    _sweep_effects(world.spaces)
    sweeping_guard.forget_orders(world.spaces)
    sweeping_guard.forget_traces(world.spaces)
    _sweep_below(Space, world.spaces, progress)
    gone = [key for key in world.accounts if not _is_used(key)]
    members = set(Account.objects.filter(pk__in=gone).values_list("member_id", flat=True))
    _sweep_below(Account, gone, progress)
    _sweep_below(Member, _nobody_else(members), progress)
    sweeping_guard.forget_campaigns(world.spaces)
    sweeping_guard.forget_policy()
    sweeping_guard.forget_models()
    sweeping_guard.count_again()
    _sweep_exchange(world.spaces, progress)
    sweeping_desk.forget(lambda model, keys: _sweep_below(model, keys, progress))
    with transaction.atomic():
        Staff.objects.filter(pk__in=world.staff).delete()
        for proposal in approvals.Proposal.objects.filter(
            state__in=approvals.OPEN, subject__in=[f"space:{pk}" for pk in world.spaces]
        ):
            approvals.reject(proposal.pk, ACTOR)
        sweeping_guard.forget_proposals(world.spaces)
    _sweep_effects(world.spaces)
    with transaction.atomic():
        audit.record(ACTOR, "demo.removed", "demo:world", {"removed": progress.gone})
        World.objects.filter(pk=ONLY).update(
            state=World.State.REMOVED,
            done=0,
            total=0,
            spaces=[],
            staff=[],
            accounts=[],
            changed_at=clock.now(),
        )
        freshness.touch("lists")
        freshness.touch("policies")
    queries.forget()
    return True


def _sweep_exchange(spaces: Sequence[str], progress: Callable[[int], None]) -> None:
    # Loaded here: Arrow is nothing every process should carry.
    from guildhall.demo import sweeping_exchange

    sweeping_exchange.forget_facts_of_spaces(spaces)
    sweeping_exchange.forget(lambda model, keys: _sweep_below(model, keys, progress))


class _Progress:
    """Tells in the world's row how far it is: rows gone of those that were there at the beginning."""

    def __init__(self, world: World) -> None:
        self.gone = 0
        messages = Message.objects.filter(space__in=world.spaces).count()
        # Beside each message there are a verdict, search terms and, for some, a case: three rows in all.
        self._all = max(1, messages * 3 + len(world.accounts) * 4)

    def __call__(self, rows: int) -> None:
        self.gone += rows
        World.objects.filter(pk=ONLY).update(done=min(99, 100 * self.gone // self._all), total=100)


def _met(spaces: Sequence[str]) -> list[str]:
    """Accounts seen in the demo's spaces, but for those of our real staff."""
    seen = set(SpaceMember.objects.filter(space__in=spaces).values_list("account_id", flat=True))
    seen |= set(
        Message.objects.filter(space__in=spaces, account__isnull=False).values_list("account_id", flat=True)
    )
    seen |= set(Account.objects.filter(external_id__startswith=PREFIX).values_list("pk", flat=True))
    ours = Account.objects.filter(pk__in=seen, is_staff=True).exclude(external_id__startswith=PREFIX)
    return sorted(seen - set(ours.values_list("pk", flat=True)))


def _sweep_effects(spaces: Iterable[str]) -> None:
    """What was queued for the demo's spaces is not done any more, and what was done is forgotten."""
    Effect.objects.filter(order_key__in=[f"space:{pk}" for pk in spaces]).delete()


def _is_used(account: str) -> bool:
    """Whether something outside of the demo needs this account: then it stays."""
    return any(
        relation.related_model._base_manager.filter(**{relation.field.name: account}).exists()
        for relation in _relations(Account)
        if relation.on_delete is models.PROTECT
    )


def _nobody_else(members: Iterable[str]) -> list[str]:
    """Those of the members who have no account left and of whom nothing is noted, and their signposts."""
    ids = list(members)
    left = set(Account.objects.filter(member__in=ids).values_list("member_id", flat=True))
    kept = left | set(Member.objects.filter(pk__in=ids).exclude(note="").values_list("pk", flat=True))
    going = sorted(set(ids) - kept)
    return going + list(Member.objects.filter(merged_into__in=going).values_list("pk", flat=True))


def _sweep_below(root: Model, keys: Sequence[str], progress: Callable[[int], None]) -> None:
    """Delete rows of `root` with everything that cannot stand without them, the farthest first."""
    if not keys:
        return
    for start in range(0, len(keys), CHUNK):
        some = list(keys[start : start + CHUNK])
        for model, paths in _below(root):
            for path in paths:
                _delete(model, model._base_manager.filter(**{f"{path}__in": some}), progress)
        _delete(root, root._base_manager.filter(pk__in=some), progress)


def _below(root: Model) -> list[tuple[Model, list[str]]]:
    """The models whose rows hang on rows of `root`, and by which look-ups; the farthest first."""
    paths: dict[Model, list[str]] = {}
    depth: dict[Model, int] = {}

    def walk(model: Model, path: str, level: int) -> None:
        for relation in _relations(model):
            child = relation.related_model
            if relation.on_delete is models.SET_NULL or child in (model, root):
                continue
            longer = relation.field.name + (f"__{path}" if path else "")
            paths.setdefault(child, []).append(longer)
            depth[child] = max(depth.get(child, 0), level)
            if level < _DEEPEST:
                walk(child, longer, level + 1)

    walk(root, "", 1)
    return sorted(paths.items(), key=lambda pair: -depth[pair[0]])


def _relations(model: Model) -> Iterator[Any]:
    """The foreign keys of other models that point at this one."""
    for relation in model._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one):
            yield relation


def _delete(model: Model, found: QuerySet[Any], progress: Callable[[int], None]) -> None:
    """Delete rows chunk by chunk; what only mentions them forgets them."""
    while True:
        with transaction.atomic():
            keys = list(found.values_list("pk", flat=True)[:CHUNK])
            if not keys:
                return
            for relation in _relations(model):
                if relation.on_delete is models.SET_NULL:
                    mentioning = relation.related_model._base_manager.filter(
                        **{f"{relation.field.name}__in": keys}
                    )
                    mentioning.update(**{relation.field.name: None})
            model._base_manager.filter(pk__in=keys)._raw_delete("default")
            progress(len(keys))
