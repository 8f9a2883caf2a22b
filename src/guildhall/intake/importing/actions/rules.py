"""Rules of another bot: a draft policy for review, the rules text of a space, and, where somebody who may
chooses so, the house's own list of blocked domains.

Nothing that punishes comes into force here: a draft is proposed and approved like any other.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from guildhall.channels import actions as channels
from guildhall.channels.models import Space
from guildhall.core.errors import Conflict, NotFound
from guildhall.core.text import Text
from guildhall.guard import actions as guard
from guildhall.guard import policy as policies
from guildhall.guard.house_rules import EN, ZH
from guildhall.guard.models import DomainEntry, PolicyVersion, SpacePolicy
from guildhall.intake.importing import detecting, drafting, files, values
from guildhall.intake.importing.records import Rules
from guildhall.intake.models import Import

_SHOWN_WORDS = 1000


def read(one: Import) -> dict[str, Any]:
    """Read the file and write the draft that would be made; what a preview shows. Raises BadInput."""
    found = detecting.read_rules(files.file_of(one.id).read_bytes())
    space = one.spaces.get()
    made = drafting.draft(found, _base(space))
    bad = files.put_aside(one.id, found.bad)
    return {
        "format": found.format.key,
        "rows_total": 1,
        "bad_rows": bad,
        "counts": {
            "domains": len(found.block_domains),
            "allowed": len(found.allow_domains),
            "words": len(found.words),
            "unreadable": bad,
        },
        "result": {
            "draft": made.source,
            "carried": [text.to_json() for text in made.carried],
            "left": [text.to_json() for text in made.left],
            "domains": list(found.block_domains),
            "words": list(found.words[:_SHOWN_WORDS]),
            "rules_text": found.rules_text,
            "rules_key": _rules_key(found),
        },
    }


def check(one: Import) -> None:
    """Rules that say nothing we know cannot be carried out. Raises Conflict."""
    if not one.result.get("draft") and not one.result.get("rules_text"):
        raise Conflict(
            Text("Nothing in this file can be carried over.", "该文件没有可导入的内容。"), code="nothing"
        )


def step(one: Import) -> bool:
    """Make the draft and set the rules text, all in one transaction."""
    space, by = one.spaces.get(), one.confirmed_by
    with transaction.atomic():
        now = Import.objects.select_for_update().get(pk=one.id)
        if now.state != Import.State.RUNNING or now.rows_done:
            return False
        result = now.result
        source = str(result.get("draft") or "")
        if source:
            note = f"import:{one.id}"
            version = guard.save_draft(policy_slug(space), source, by, note=note, name=space.name[:120])
            result["version"], result["policy"] = version.id, version.policy.slug
            result["number"] = version.version
        text, key = str(result.get("rules_text") or ""), str(result.get("rules_key") or EN)
        if text and now.options.get("rules_text", True):
            result["rules_before"] = str(space.settings.get(key) or "")
            channels.edit_space(space.id, by=by, **{key: text})
        if now.options.get("on_list") and result.get("domains"):
            added, _bad = guard.add_domains(
                result["domains"], DomainEntry.Kind.BLOCK, by, source=f"import {one.id}"
            )
            now.counts["listed"] = added
        now.rows_done = 1
        now.save()
    return False


def undo(one: Import) -> bool:
    """Throw the draft away if it is still one, and put the rules text back if nobody changed it since."""
    by = str(one.options.get("undone_by") or one.by)
    result = one.result
    with transaction.atomic():
        if result.get("version"):
            try:
                guard.discard_draft(str(result["version"]), by)
            except (Conflict, NotFound):
                result["kept"] = Text("The draft is in force and stays.", "草稿已生效，予以保留。").to_json()
        key = str(result.get("rules_key") or EN)
        space = one.spaces.get()
        if "rules_before" in result and space.settings.get(key) == result.get("rules_text"):
            channels.edit_space(space.id, by=by, **{key: str(result["rules_before"])})
        for domain in DomainEntry.objects.filter(source=f"import {one.id}").values_list("domain", flat=True):
            guard.remove_domain(domain, by)
        Import.objects.filter(pk=one.id).update(result=result)
    return False


def policy_slug(space: Space) -> str:
    """The short name of the policy that the draft belongs to: never one that judges other spaces too."""
    own = SpacePolicy.objects.filter(space=space).select_related("policy").first()
    if own is not None and not SpacePolicy.objects.filter(policy=own.policy).exclude(space=space).exists():
        slug = own.policy.slug
        if slug not in policies.SHIPPED:
            return slug
    return space.slug[:60].strip("-")


def _base(space: Space) -> str:
    """The YAML that judges the space now."""
    own = SpacePolicy.objects.filter(space=space).values_list("policy__slug", flat=True).first() or "default"
    active = PolicyVersion.objects.filter(policy__slug=own, state=PolicyVersion.State.ACTIVE).first()
    return active.source_yaml if active is not None else policies.shipped_source("default")


def _rules_key(found: Rules) -> str:
    return ZH if values.is_chinese(found.rules_text) else EN
