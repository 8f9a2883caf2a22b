"""What two versions of a policy differ in, and which differences hit somebody harder than before. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from guildhall.core.text import Text
from guildhall.guard import punishing, rulebook
from guildhall.guard.policy.fields import LONGEST_S, SECONDS
from guildhall.guard.policy.resolving import TIERS, acts, resolve
from guildhall.guard.policy.settings import NEVER
from guildhall.guard.types import (
    SEVERITY,
    FamilySetting,
    Forbidden,
    HouseWord,
    Measure,
    Mode,
    Override,
    Place,
    Policy,
    PunishAbove,
    RuleSetting,
    Step,
)

_MOST_PLACES = 500
_SHOWN = 12


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
    acting = acts(new)
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
    for family in rulebook.FAMILIES:
        was, now = punishing.setting(old, family), punishing.setting(new, family)
        note(f"families.{family}", _family(was), _family(now), _does_more(was, now))
    note(
        "punish_only_above",
        _above(old.punish_above),
        _above(new.punish_above),
        _is_easier(old.punish_above, new.punish_above),
    )
    note("words", *_entries(old.words, new.words, _word), _is_wider(old.words, new.words, "text"))
    note("forbid", *_entries(old.forbid, new.forbid, _kind), _is_wider(old.forbid, new.forbid, "kind"))
    overrides = [_override(one) for one in old.overrides], [_override(one) for one in new.overrides]
    note("overrides", "; ".join(overrides[0]), "; ".join(overrides[1]), _is_harder_somewhere(old, new))
    return tuple(out)


def punishes_more(old: Policy, new: Policy) -> tuple[Text, ...]:
    """Why the new version needs four eyes; empty when nobody can be hit harder by it than by the old one.

    A version that does not act punishes nobody. One that begins to act, removes or restricts at lower
    scores, weighs a rule heavier, lets a family do more, needs less proof, forbids more, climbs the ladder
    faster, blocks more, allows less, protects more names or exempts fewer people does.
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


def _does_more(was: FamilySetting, now: FamilySetting) -> bool:
    """Whether a family can do anything it could not do before."""
    return now.on and (not was.on or now.most > was.most or (now.alone and not was.alone))


def _is_easier(old: PunishAbove | None, new: PunishAbove | None) -> bool:
    """Whether punishment needs less proof than before in any respect."""
    if old is None or new is None:
        return old is not None
    return (
        new.precision < old.precision
        or (new.otherwise is Mode.ACT and (old.otherwise is not Mode.ACT or new.decided > old.decided))
        or (new.otherwise is not Mode.ACT and new.decided < old.decided)
    )


def _is_wider(
    old: tuple[HouseWord, ...] | tuple[Forbidden, ...],
    new: tuple[HouseWord, ...] | tuple[Forbidden, ...],
    key: str,
) -> bool:
    """Whether an entry is new, or weighs more or reaches further than it did."""
    before = {getattr(entry, key): entry for entry in old}
    for entry in new:
        was = before.get(getattr(entry, key))
        if was is None or (entry != was and not _is_milder(was, entry)):
            return True
    return False


def _is_milder(was: HouseWord | Forbidden, now: HouseWord | Forbidden) -> bool:
    """Whether an entry weighs no more and reaches no further than it did; in doubt it does."""
    if (now.weight is None) != (was.weight is None):
        return False
    if now.weight is not None and was.weight is not None and now.weight > was.weight:
        return False
    if SEVERITY[now.action] > SEVERITY[was.action]:
        return False
    if isinstance(was, HouseWord) and isinstance(now, HouseWord):
        return was.kind == now.kind and _is_narrower(was.languages, now.languages)
    if isinstance(was, Forbidden) and isinstance(now, Forbidden):
        over = was.over <= now.over if was.over and now.over else was.over == now.over
        return over and set(now.scripts) <= set(was.scripts) and (now.newcomers or not was.newcomers)
    return False


def _is_narrower(was: tuple[str, ...], now: tuple[str, ...]) -> bool:
    return not was or (bool(now) and set(now) <= set(was))


def _is_harder_somewhere(old: Policy, new: Policy) -> bool:
    """Whether the overrides make the new version harder than the old one for anybody, anywhere."""
    if not old.overrides and not new.overrides:
        return False
    whens = [one.when for one in (*old.overrides, *new.overrides)]
    places = [
        Place(space, platform, language, tier)
        for space in ("", *_named(when.spaces for when in whens))
        for platform in ("", *_named(when.platforms for when in whens))
        for language in ("", *_named(when.languages for when in whens))
        for tier in ("", *_named(when.space_tiers for when in whens))
    ]
    if len(places) > _MOST_PLACES:
        return old.overrides != new.overrides
    for place in places:
        before, after = resolve(old, place), resolve(new, place)
        pairs = [(before, after), *((before.tiers.get(t, before), after.tiers.get(t, after)) for t in TIERS)]
        for one, other in pairs:
            if any(change.punishes for change in policy_diff(_bare(one), _bare(other))):
                return True
    return False


def _bare(policy: Policy) -> Policy:
    return replace(policy, overrides=(), tiers={})


def _named(groups: Iterable[tuple[str, ...]]) -> list[str]:
    return sorted({name for group in groups for name in group})


def _family(setting: FamilySetting) -> str:
    if not setting.on:
        return "off"
    return f"most {setting.most}, alone {'act' if setting.alone else 'review'}"


def _above(limits: PunishAbove | None) -> str:
    if limits is None:
        return "off"
    return f"{punishing.percent(limits.precision)} of {limits.decided}, otherwise {limits.otherwise.value}"


def _entries(old: tuple[Any, ...], new: tuple[Any, ...], written: Callable[[Any], str]) -> tuple[str, str]:
    """Only what differs, since lists can have thousands of entries: what went, and what came."""
    before, after = set(old), set(new)
    return (
        _few([written(entry) for entry in old if entry not in after]),
        _few([written(entry) for entry in new if entry not in before]),
    )


def _few(words: list[str]) -> str:
    more = f" … +{len(words) - _SHOWN}" if len(words) > _SHOWN else ""
    return ", ".join(words[:_SHOWN]) + more or "-"


def _word(entry: HouseWord) -> str:
    return f"{entry.text} ({', '.join([_weight(entry), *entry.languages])})"


def _kind(entry: Forbidden) -> str:
    said = [_weight(entry)]
    if entry.over:
        said.append(f"over {entry.over}")
    if entry.newcomers:
        said.append("newcomers")
    return f"{entry.kind} ({', '.join([*said, *entry.scripts])})"


def _weight(entry: HouseWord | Forbidden) -> str:
    return str(entry.weight) if entry.weight is not None else entry.action.value


def _override(one: Override) -> str:
    when = one.when
    asked = {
        "language": when.languages,
        "tier": when.tiers,
        "space": when.spaces,
        "platform": when.platforms,
        "space_tier": when.space_tiers,
    }
    where = " ".join(f"{key} {'/'.join(words)}" for key, words in asked.items() if words) or "always"
    then = ", ".join(f"{field} {_value(value)}" for field, value in one.then.items())
    return f"{where} → {then}"


def _value(value: object) -> str:
    if isinstance(value, PunishAbove) or value is None:
        return _above(value)
    if isinstance(value, tuple):
        return _steps(value)
    if isinstance(value, RuleSetting):
        return "off" if not value.on else "on" if value.weight is None else str(value.weight)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.value if isinstance(value, Mode) else str(value)


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
