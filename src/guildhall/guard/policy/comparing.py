"""What two versions of a policy differ in, and which differences hit somebody harder than before. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from guildhall.core.text import Text
from guildhall.guard import rulebook
from guildhall.guard.policy.parsing import LONGEST_S, NEVER, SECONDS
from guildhall.guard.types import SEVERITY, Measure, Mode, Policy, Step


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two policies, as people write the values. `punishes`: it hits somebody harder
    than before.
    """

    field: str
    before: str
    after: str
    punishes: bool


def policy_diff(old: Policy, new: Policy) -> tuple[Change, ...]:
    """What the new version changes, field by field, in the order of the file."""
    acting = new.mode is Mode.ACT
    out: list[Change] = []

    def note(field: str, before: object, after: object, harder: bool) -> None:
        if before != after:
            out.append(Change(field, _written(before), _written(after), harder and acting))

    note("mode", old.mode.value, new.mode.value, new.mode is Mode.ACT)
    for name in ("review", "delete", "restrict", "ban"):
        before, after = getattr(old.thresholds, name), getattr(new.thresholds, name)
        note(f"thresholds.{name}", _limit(before), _limit(after), name != "review" and after < before)
    for rule_id in sorted({*old.rules, *new.rules}):
        before, after = effective_weight(old, rule_id), effective_weight(new, rule_id)
        note(f"rules.{rule_id}", before or "off", after or "off", after > before)
    note("ladder", _steps(old.ladder), _steps(new.ladder), _is_harsher(old.ladder, new.ladder))
    note(
        "restrict_for",
        _span(old.restrict_s),
        _span(new.restrict_s),
        _lasting(new.restrict_s) > _lasting(old.restrict_s),
    )
    note(
        "strikes_last_days",
        old.strikes_last_days,
        new.strikes_last_days,
        new.strikes_last_days > old.strikes_last_days,
    )
    for name in ("messages", "hours"):
        before, after = getattr(old.newcomer, name), getattr(new.newcomer, name)
        note(f"newcomer.{name}", before, after, after > before)
    for name in ("messages", "seconds", "repeats", "copies"):
        before, after = getattr(old.flood, name), getattr(new.flood, name)
        note(f"flood.{name}", before, after, after > before if name == "seconds" else after < before)
    for name in ("joins", "minutes", "times", "quiet_minutes"):
        before, after = getattr(old.raid, name), getattr(new.raid, name)
        harder = after > before if name in ("minutes", "quiet_minutes") else after < before
        note(f"raid.{name}", before, after, harder)
    for name in ("act", "lock", "decline"):
        before, after = getattr(old.raid, name), getattr(new.raid, name)
        note(f"raid.{name}", "yes" if before else "no", "yes" if after else "no", after)
    note(
        "allow_domains",
        sorted(old.allow_domains),
        sorted(new.allow_domains),
        bool(old.allow_domains - new.allow_domains),
    )
    note(
        "block_domains",
        sorted(old.block_domains),
        sorted(new.block_domains),
        bool(new.block_domains - old.block_domains),
    )
    protected = {entry.name for entry in old.protected}, {entry.name for entry in new.protected}
    note("protected", sorted(protected[0]), sorted(protected[1]), bool(protected[1] - protected[0]))
    note(
        "exempt",
        sorted(old.exempt_roles),
        sorted(new.exempt_roles),
        bool(set(old.exempt_roles) - set(new.exempt_roles)),
    )
    note("sample_per_day", old.sample_per_day, new.sample_per_day, False)
    note("sample_punished", old.sample_punished, new.sample_punished, False)
    return tuple(out)


def punishes_more(old: Policy, new: Policy) -> tuple[Text, ...]:
    """Why the new version needs four eyes; empty when nobody can be hit harder by it than by the old one.

    A version that does not act punishes nobody. One that begins to act, removes or restricts at lower
    scores, weighs a rule heavier, climbs the ladder faster, blocks more, allows less, protects more names
    or exempts fewer people does.
    """
    return tuple(
        Text(
            f"{change.field}: {change.before} → {change.after}",
            f"{change.field}：{change.before} → {change.after}",
        )
        for change in policy_diff(old, new)
        if change.punishes
    )


def effective_weight(policy: Policy, rule_id: str) -> int:
    """The weight a rule has under a policy; 0 when it is off."""
    setting = policy.rules.get(rule_id)
    rule = rulebook.all_rules().get(rule_id)
    if setting is not None and not setting.on:
        return 0
    if setting is not None and setting.weight is not None:
        return setting.weight
    return rule.weight if rule is not None else 0


def _is_harsher(old: tuple[Step, ...], new: tuple[Step, ...]) -> bool:
    """Whether any number of strikes meets a harder step than before."""
    counts = {step.strikes for step in (*old, *new)}
    return any(_rank(new, count) > _rank(old, count) for count in counts)


def _rank(ladder: tuple[Step, ...], strikes: int) -> tuple[int, int]:
    step = max(
        (step for step in ladder if step.strikes <= strikes), key=lambda step: step.strikes, default=None
    )
    if step is None:
        return (0, 0)
    return (SEVERITY[step.action], _lasting(step.duration_s) if step.action is Measure.RESTRICT else 0)


def _lasting(seconds: int) -> int:
    return seconds or 10 * LONGEST_S


def _steps(ladder: tuple[Step, ...]) -> str:
    return ", ".join(
        f"{step.strikes}: {step.action.value}"
        + (f" {_span(step.duration_s)}" if step.action is Measure.RESTRICT else "")
        for step in ladder
    )


def _span(seconds: int) -> str:
    if not seconds:
        return "ever"
    for unit in ("w", "d", "h", "m"):
        if seconds % SECONDS[unit] == 0:
            return f"{seconds // SECONDS[unit]}{unit}"
    return f"{seconds}s"


def _limit(value: int) -> str:
    return "never" if value >= NEVER else str(value)


def _written(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(entry) for entry in value) or "-"
    return str(value) or "-"
