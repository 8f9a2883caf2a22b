"""Builds an adapter's declaration of every verb, with one place for the usual reasons why a platform cannot
do one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from guildhall.channels.port import Capability, Verb
from guildhall.core.text import Text

YES = Capability(True)


def no(reason: Text, manual_step: Text) -> Capability:
    """A refusal with its reason and what a person does instead."""
    return Capability(False, reason, manual_step)


def declare(can: Iterable[Verb], cannot: Mapping[Verb, Capability]) -> Mapping[Verb, Capability]:
    """The whole table. Raises ValueError unless each verb stands on exactly one side and each refusal says
    why.
    """
    able = set(can)
    both, neither = able & set(cannot), set(Verb) - able - set(cannot)
    if both or neither:
        raise ValueError(f"declared twice: {sorted(both)}; not declared: {sorted(neither)}")
    for verb, capability in cannot.items():
        if not all(
            (capability.reason.en, capability.reason.zh, capability.manual_step.en, capability.manual_step.zh)
        ):
            raise ValueError(
                f"{verb.value}: say in both languages why it cannot be done and what to do instead"
            )
    return MappingProxyType({verb: YES if verb in able else cannot[verb] for verb in Verb})
