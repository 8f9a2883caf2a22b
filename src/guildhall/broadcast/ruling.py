"""What one kind of place gets, with compliance's word: the draft of its language, asked of the gate for its
region, measured against its platform.

A kind of place is a platform, a language and a legal region; everything of one kind gets the same words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from guildhall.broadcast.audience import Target
from guildhall.broadcast.content import Content
from guildhall.broadcast.rendering import Draft, draft, misfit
from guildhall.channels import enclosures, registry
from guildhall.channels.port import Act as ChannelAct
from guildhall.channels.port import Adapter, Button, Refs, Verb
from guildhall.compliance.acts import Act
from guildhall.compliance.decide import Decision
from guildhall.compliance.gate import Gate
from guildhall.core.clearance import Clearance
from guildhall.core.errors import BadInput, GuildhallError, Unsupported
from guildhall.core.text import Text

COMPLIANCE, WORDING, PLATFORM = "compliance", "wording", "platform"
Key = tuple[str, str, str]
"""(platform, language, region)"""


@dataclass(frozen=True, slots=True)
class Ruling:
    """`held` is '' when it may go, else whose word keeps it back, with `why`. `clearance` covers `text`."""

    key: Key
    said_in: str = ""
    text: str = ""
    buttons: tuple[Button, ...] = ()
    files: tuple[str, ...] = ()
    left_out: int = 0
    reasons: tuple[dict[str, Any], ...] = ()
    held: str = ""
    why: Text | None = None
    clearance: Clearance | None = None


def key_of(target: Target) -> Key:
    return target.platform, target.language, target.region


def rule_all(content: Content, act: Act, targets: Iterable[Target], gate: Gate) -> dict[Key, Ruling]:
    """The ruling for each kind of place among the targets."""
    return {key: rule(content, act, key, gate) for key in sorted({key_of(one) for one in targets})}


def rule(content: Content, act: Act, key: Key, gate: Gate) -> Ruling:
    """What a place of that kind gets."""
    platform, language, _region = key
    try:
        adapter = registry.require(platform, Verb.SEND)
    except GuildhallError as error:
        return Ruling(key, held=PLATFORM, why=error.text)
    made = draft(content, language, adapter.limits)
    if made is None:
        nothing = Text(
            f"Nothing was written for readers of “{language}”.", f"没有为“{language}”读者准备内容。"
        )
        return Ruling(key, held=WORDING, why=nothing)
    return judge(made, act, key, adapter, gate)


def judge(made: Draft, act: Act, key: Key, adapter: Adapter, gate: Gate) -> Ruling:
    """A draft asked of compliance and measured."""
    region = key[2]
    try:
        decision = gate.may(act, region, made.text, language=made.language)
        behind = "\n".join(part for part in (made.said_by_buttons(), *_names(made.files)) if part)
        buttons = gate.may(act, region, behind, language=made.language) if behind else None
    except ValueError as error:
        unread = Text(f"The region of this place cannot be read: {error}", f"无法识别该群组的地区：{region}")
        return Ruling(key, made.language, made.text, held=COMPLIANCE, why=unread)
    reasons = _reasons(decision, buttons)
    held, why = "", None
    if not decision.allowed or (buttons is not None and not buttons.allowed):
        held, why = COMPLIANCE, _blocking(reasons)
    else:
        why = misfit(made, decision.text, adapter.limits)
        held = WORDING if why else ""
    return Ruling(
        key, made.language, decision.text, made.buttons, made.files, made.left_out, reasons, held, why,
        None if held else decision.clearance,
    )  # fmt: skip


def refusal(target: Target, ruling: Ruling, adapter: Adapter) -> Text | None:
    """Why this very place cannot be sent to, by its platform's own check; None when it can."""
    try:
        adapter.check(act_for(target, ruling), refs_for(target))
    except (Unsupported, BadInput) as error:
        return error.text
    return None


def act_for(target: Target, ruling: Ruling) -> ChannelAct:
    """The act that sends a ruling to a target."""
    return ChannelAct(
        Verb.SEND, target.space_id, text=ruling.text, buttons=ruling.buttons, thread_id=target.thread_id,
        media=ruling.files,
    )  # fmt: skip


def refs_for(target: Target) -> Refs:
    return Refs(
        target.external_id, receiver=target.receiver, space_kind=target.kind,
        thread_external_id=target.thread_id,
    )  # fmt: skip


def _names(files: tuple[str, ...]) -> list[str]:
    """What files are called: whoever gets one reads that too."""
    return [str(one["name"]) for one in enclosures.described(files)] if files else []


def _reasons(*decisions: Decision | None) -> tuple[dict[str, Any], ...]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for decision in decisions:
        for one in decision.reasons if decision else ():
            said = {"rule": one.rule_id, "version": one.version, "blocks": one.blocks, **one.text.to_json()}
            found.setdefault((one.rule_id, one.text.en), said)
    return tuple(found.values())


def _blocking(reasons: Iterable[dict[str, Any]]) -> Text:
    told = [one for one in reasons if one["blocks"]]
    return Text(
        " ".join(f"[{one['rule']}] {one['en']}" for one in told),
        "".join(f"[{one['rule']}] {one['zh']}" for one in told),
    )
