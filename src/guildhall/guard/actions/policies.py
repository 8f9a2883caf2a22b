"""Policies are written as drafts, compared, tried in the shadow, and put in force; what punishes more needs
four eyes.

`policy.punishes_more(active, new)` decides: an edit that can hit nobody harder is put in force by its
author at once; any other becomes a proposal of kind `guard.policy`, which somebody else approves and
`core.approvals` carries out through this module. Whatever acts is checked first (`actions.reaching`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max

from guildhall.channels.models import Space
from guildhall.core import approvals, audit, clock
from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.core.text import Text
from guildhall.guard import freshness, policies
from guildhall.guard import policy as rules
from guildhall.guard.actions import reaching
from guildhall.guard.models import Policy, PolicyVersion, ReachCheck, SpacePolicy

APPROVAL = "guard.policy"
BEGINNING = "review-first"
BEGINNER = "system:guard"
"""Who gives a new space its first policy; nobody has chosen one yet while this stands beside it."""
State = PolicyVersion.State
_CHECK_LASTS = timedelta(days=3)
_CHANGED = Text("The version has changed since it was proposed.", "该版本在提交后已被修改。")
_NAMES = {"default": "Default", "review-first": "Review first", "strict": "Strict"}


@dataclass(frozen=True, slots=True)
class Proposed:
    """What became of a change: in force at once, or waiting for someone else with the reasons why.

    `check_id` names the check of whom it would have punished where that has not passed: it still runs
    (`is_refused` False), or it holds the change up until two people want it all the same.
    """

    in_force: bool
    proposal_id: str
    reasons: tuple[Text, ...]
    check_id: str = ""
    is_refused: bool = False


def install_shipped(by: str) -> int:
    """Put the policies that come with the house into the database where they are missing; returns how many
    were.
    """
    made = 0
    with transaction.atomic():
        for slug in rules.SHIPPED:
            policy, created = Policy.objects.get_or_create(slug=slug, defaults={"name": _NAMES[slug]})
            if not created:
                continue
            made += 1
            now = clock.now()
            PolicyVersion.objects.create(
                policy=policy,
                version=1,
                source_yaml=rules.shipped_source(slug),
                state=State.ACTIVE,
                created_by=by,
                activated_at=now,
                activated_by=by,
            )
            audit.record(by, "policy.installed", f"policy:{slug}", {"version": 1})
        if made:
            freshness.touch("policies")
    return made


def save_draft(slug: str, source_yaml: str, by: str, *, note: str = "", name: str = "") -> PolicyVersion:
    """A new draft of a policy, which is made when it does not exist yet. Raises BadInput with line and
    field.
    """
    rules.parse(source_yaml, slug=slug)
    if (
        not slug
        or not all(char.isascii() and (char.isalnum() or char == "-") for char in slug)
        or len(slug) > 60
    ):
        raise BadInput(
            Text("A short name has letters, digits and hyphens.", "短名称只能包含字母、数字和连字符。"),
            field="slug",
        )
    with transaction.atomic():
        policy, _created = Policy.objects.get_or_create(
            slug=slug.lower(), defaults={"name": name.strip()[:120] or slug}
        )
        policy = Policy.objects.select_for_update().get(pk=policy.pk)
        number = (policy.versions.aggregate(last=Max("version"))["last"] or 0) + 1
        version = PolicyVersion.objects.create(
            policy=policy, version=number, source_yaml=source_yaml, note=note[:2000], created_by=by
        )
        audit.record(by, "policy.drafted", f"policy:{slug}", {"version": number})
    return version


def edit_draft(version_id: str, source_yaml: str, by: str, *, note: str | None = None) -> PolicyVersion:
    """Change a draft. One that was proposed goes back to being a draft and its approvals are void. Raises
    BadInput, Conflict.
    """
    with transaction.atomic():
        version = _version(version_id)
        rules.parse(source_yaml, slug=version.policy.slug)
        if version.state not in (State.DRAFT, State.PROPOSED):
            raise Conflict(
                Text(
                    "A version in force cannot be changed; make a new one.",
                    "已生效的版本不可修改，请新建版本。",
                )
            )
        if version.source_yaml != source_yaml:
            reaching.void(_digest(version))
            if version.state == State.PROPOSED:
                _withdraw(version, by)
        version.source_yaml = source_yaml
        if note is not None:
            version.note = note[:2000]
        version.save(update_fields=["source_yaml", "note", "state", "proposal_id"])
        audit.record(by, "policy.edited", f"policy:{version.policy.slug}", {"version": version.version})
    return version


def discard_draft(version_id: str, by: str) -> None:
    """Throw a draft away. Raises NotFound, Conflict."""
    with transaction.atomic():
        version = _version(version_id)
        if version.state not in (State.DRAFT, State.PROPOSED):
            raise Conflict(Text("A version in force cannot be discarded.", "已生效的版本不能丢弃。"))
        if version.state == State.PROPOSED:
            _withdraw(version, by)
        reaching.void(_digest(version))
        version.state = State.RETIRED
        version.save(update_fields=["state", "proposal_id"])
        audit.record(by, "policy.discarded", f"policy:{version.policy.slug}", {"version": version.version})


def propose_policy(version_id: str, by: str) -> Proposed:
    """Put a draft in force, or propose it when it punishes more than what is in force.

    One that acts is first checked against the last seven days: while that runs, and when it would have
    punished too many, nothing is put in force and nothing proposed. Raises NotFound, Conflict.
    """
    check = _checked_version(version_id, by)
    with transaction.atomic():
        version = _version(version_id)
        if version.state == State.PROPOSED and _still_waits(version):
            return Proposed(False, version.proposal_id, _harder(version))
        if version.state == State.PROPOSED:  # it was rejected or nobody decided in time: propose it anew
            version.state = State.DRAFT
        if version.state != State.DRAFT:
            raise Conflict(Text("Only a draft can be proposed.", "只有草稿可以提交。"))
        reasons = _harder(version)
        if check is not None and check.sha256 != _digest(version):
            raise Conflict(_CHANGED)
        if check is not None and check.state != ReachCheck.State.PASSED:
            return _held_up(check, reasons)
        if not reasons:
            _activate(version, by)
            return Proposed(True, "", ())
        proposal = approvals.propose(APPROVAL, f"policy:{version.policy.slug}", _payload(version), by)
        version.state, version.proposal_id = State.PROPOSED, str(proposal.id)
        version.save(update_fields=["state", "proposal_id"])
        audit.record(
            by,
            "policy.proposed",
            f"policy:{version.policy.slug}",
            {"version": version.version, "harder": [reason.en for reason in reasons]},
        )
        return Proposed(False, version.proposal_id, reasons)


def assign_policy(space_id: str, slug: str, by: str) -> Proposed:
    """Let a policy judge a space; four eyes when it punishes more than the one that does now. Raises
    NotFound.

    A policy that acts is first checked against what was written there, as in `propose_policy`. The house
    itself (`system:` actors: first start, demo) needs no check and no second pair of eyes. Nor does the first
    choice for a new space (`begin_space`) need the latter, if it is no harder than the policy of the house,
    `default`.
    """
    if not Space.objects.filter(pk=space_id).exists():
        raise NotFound(Text("There is no such space.", "不存在该群组。"))
    policy = Policy.objects.filter(slug=slug).first()
    if policy is None:
        raise NotFound(Text(f'There is no policy "{slug}".', f"不存在策略“{slug}”。"))
    number, source = _active_source(policy)
    check = None
    if not by.startswith("system:"):
        check = reaching.check(reaching.Wanted(policy, number, source, space_id=space_id), by)
    with transaction.atomic():
        is_first_choice = SpacePolicy.objects.filter(space_id=space_id, by=BEGINNER).exists()
        now_in_force = policies.active(policies.DEFAULT) if is_first_choice else policies.raw_for(space_id)
        reasons = rules.punishes_more(now_in_force, policies.active(slug))
        if check is not None and check.state != ReachCheck.State.PASSED:
            return _held_up(check, reasons)
        if by.startswith("system:") or not reasons:
            _assign(space_id, policy, by)
            return Proposed(True, "", ())
        payload = {"space": space_id, "slug": slug, "sha256": reaching.digest(source)}
        proposal = approvals.propose(APPROVAL, f"space:{space_id}", payload, by)
        return Proposed(False, str(proposal.id), reasons)


def begin_space(space_id: str) -> None:
    """Let `review-first` judge a space that has just been connected, until a person chooses.

    Nothing happens when a policy was chosen already. Joins the caller's transaction.
    """
    policy = Policy.objects.filter(slug=BEGINNING).first()
    if policy is not None and not SpacePolicy.objects.filter(space_id=space_id).exists():
        _assign(space_id, policy, BEGINNER)


def carry_out_proposal(proposal: approvals.Proposal) -> None:
    """What an approved proposal does, in the approval's transaction. Raises Conflict if the draft changed, or
    if it was checked too long ago.
    """
    payload, by = proposal.payload, proposal.decided_by
    if "space" in payload:
        policy = Policy.objects.filter(slug=payload["slug"]).first()
        if policy is None:
            raise NotFound(Text("The policy is gone.", "该策略已不存在。"))
        _number, source = _active_source(policy)
        if payload.get("sha256", reaching.digest(source)) != reaching.digest(source):
            raise Conflict(_CHANGED)
        _require_check(policy, source, {"space": str(payload["space"])})
        _assign(str(payload["space"]), policy, by)
        return
    version = _version(str(payload["version"]))
    if version.state not in (State.DRAFT, State.PROPOSED) or _digest(version) != payload["sha256"]:
        raise Conflict(_CHANGED)
    _require_check(version.policy, version.source_yaml, {"version": version.id})
    _activate(version, by)


def still_wanted(check: ReachCheck) -> PolicyVersion | None:
    """The version a check was made for, if it still says the same; None for a policy of one space. Raises
    Conflict when it was changed, thrown away or put in force meanwhile.
    """
    if check.intent.get("space"):
        if reaching.digest(_active_source(check.policy)[1]) != check.sha256:
            raise Conflict(_CHANGED)
        return None
    version = _version(str(check.intent["version"]))
    if version.state not in (State.DRAFT, State.PROPOSED) or _digest(version) != check.sha256:
        raise Conflict(_CHANGED)
    return version


def put_in_force(check: ReachCheck, by: str) -> None:
    """What two people want although a check held it up. Joins the caller's transaction. Raises Conflict."""
    version = still_wanted(check)
    if version is None:
        _assign(str(check.intent["space"]), check.policy, by)
    else:
        _activate(version, by)


def describe_proposal(payload: Mapping[str, Any]) -> Text:
    """A proposal in one sentence."""
    if "space" in payload:
        space = (
            Space.objects.filter(pk=payload["space"]).values_list("name", flat=True).first()
            or payload["space"]
        )
        return Text(f"Let policy {payload['slug']} judge {space}", f"由策略 {payload['slug']} 管理“{space}”")
    return Text(
        f"Put policy {payload['slug']}, version {payload['number']}, in force",
        f"启用策略 {payload['slug']} 的第 {payload['number']} 版",
    )


def _checked_version(version_id: str, by: str) -> ReachCheck | None:
    """The check of a draft, or None for what needs none: not a draft, or one that punishes nobody."""
    version = PolicyVersion.objects.select_related("policy").filter(pk=version_id).first()
    if version is None or version.state not in (State.DRAFT, State.PROPOSED) or _still_waits(version):
        return None
    wanted = reaching.Wanted(version.policy, version.version, version.source_yaml, version_id=version.id)
    return reaching.check(wanted, by)


def _held_up(check: ReachCheck, reasons: tuple[Text, ...]) -> Proposed:
    return Proposed(False, "", reasons, check.id, check.state != ReachCheck.State.RUNNING)


def _require_check(policy: Policy, source: str, intent: Mapping[str, str]) -> None:
    """A policy that acts comes into force only while its check is fresh. Raises Conflict."""
    if not rules.acts(rules.parse(source, slug=policy.slug)):
        return
    if not ReachCheck.objects.filter(
        policy=policy,
        sha256=reaching.digest(source),
        intent=dict(intent),
        state=ReachCheck.State.PASSED,
        finished_at__gte=clock.now() - _CHECK_LASTS,
    ).exists():
        raise Conflict(
            Text(
                "Whom it would punish was not checked lately; propose it again.",
                "近期未检查该策略会处罚哪些成员，请重新提交。",
            ),
            code="check_old",
        )


def _active_source(policy: Policy) -> tuple[int, str]:
    """Number and words of the version in force; those of the house's own while there is none."""
    active = policy.versions.filter(state=State.ACTIVE).first()
    return (active.version, active.source_yaml) if active else (0, rules.shipped_source(policies.DEFAULT))


def _version(version_id: str) -> PolicyVersion:
    version = (
        PolicyVersion.objects.select_for_update(of=("self",))
        .select_related("policy")
        .filter(pk=version_id)
        .first()
    )
    if version is None:
        raise NotFound(Text("There is no such version.", "不存在该版本。"))
    return version


def _harder(version: PolicyVersion) -> tuple[Text, ...]:
    """Why the version needs four eyes: against the one in force of the same policy, or of what judges
    instead today.
    """
    slug = version.policy.slug
    return rules.punishes_more(policies.active(slug), rules.parse(version.source_yaml, slug=slug))


def _payload(version: PolicyVersion) -> dict[str, Any]:
    return {
        "version": version.id,
        "slug": version.policy.slug,
        "number": version.version,
        "sha256": _digest(version),
        "source": version.source_yaml,
    }


def _digest(version: PolicyVersion) -> str:
    return reaching.digest(version.source_yaml)


def _activate(version: PolicyVersion, by: str) -> None:
    rules.parse(version.source_yaml, slug=version.policy.slug)
    PolicyVersion.objects.filter(policy=version.policy, state=State.ACTIVE).update(state=State.RETIRED)
    version.state, version.activated_at, version.activated_by = State.ACTIVE, clock.now(), by
    version.save(update_fields=["state", "activated_at", "activated_by"])
    audit.record(
        by,
        "policy.activated",
        f"policy:{version.policy.slug}",
        {"version": version.version, "sha256": _digest(version)},
    )
    freshness.touch("policies")


def _assign(space_id: str, policy: Policy, by: str) -> None:
    SpacePolicy.objects.update_or_create(
        space_id=space_id, defaults={"policy": policy, "at": clock.now(), "by": by}
    )
    audit.record(by, "space.policy_set", f"space:{space_id}", {"policy": policy.slug})
    freshness.touch("policies")


def _withdraw(version: PolicyVersion, by: str) -> None:
    if _still_waits(version):
        approvals.withdraw(version.proposal_id, by)
    version.state, version.proposal_id = State.DRAFT, ""


def _still_waits(version: PolicyVersion) -> bool:
    proposed = approvals.Proposal.State.PROPOSED
    return approvals.Proposal.objects.filter(pk=version.proposal_id, state=proposed).exists()
