"""Families and the places of groups in them: made, changed, archived; a group put into one, moved, taken out.

A group's region, theme, language and tier follow its family, so that rules and audiences see the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max

from guildhall.channels.models import Space
from guildhall.channels.text import one_line
from guildhall.compliance.regions import parse_region
from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.core.text import Text
from guildhall.spaces.actions import filling
from guildhall.spaces.models import Entrance, Family, Place

LANGUAGES = ("en", "zh-hans", "zh-hant")
MOST_TIERS = 8
LARGEST_GROUP = 200_000
_GROUP_KINDS = ("group", "supergroup", "server", "channel", "")


def found(
    name: str, *, by: str, region: str = "", theme: str = "", language: str = "en",
    tiers: Sequence[str] = (), limit: int = 450,
) -> Family:  # fmt: skip
    """Make a family. Raises BadInput naming the field."""
    said = _checked(name, region, theme, language, tiers, limit)
    with transaction.atomic():
        family = Family.objects.create(**said, made_by=by, made_at=clock.now())
        facts = {"region": family.region, "theme": family.theme, "language": family.language}
        audit.record(by, "family.made", f"family:{family.pk}", facts)
    return family


def edit(
    family_id: str, *, by: str, name: str, region: str, theme: str, language: str, tiers: Sequence[str],
    limit: int,
) -> Family:  # fmt: skip
    """Change a family, and its groups with it. Raises BadInput, NotFound; Conflict when a tier that is
    dropped still has groups.
    """
    said = _checked(name, region, theme, language, tiers, limit)
    with transaction.atomic():
        family = _locked(family_id)
        gone = set(family.tiers) - set(said["tiers"])
        if family.places.filter(tier__in=gone).exists():
            raise Conflict(
                Text("A tier that still has groups cannot be dropped.", "仍有群的层级不能删除。"),
                code="tier_used",
            )
        before = {key: getattr(family, key) for key in said}
        changed = {key: value for key, value in said.items() if before[key] != value}
        if not changed:
            return family
        for key, value in changed.items():
            setattr(family, key, value)
        family.save(update_fields=list(changed))
        Space.objects.filter(place__family=family).update(
            region=family.region, theme=family.theme, language=family.language
        )
        audit.record(by, "family.changed", f"family:{family.pk}", changed)
        filling.look_again(family, by=by)
    return family


def archive(family_id: str, *, by: str) -> None:
    """Put a family away. Raises NotFound; Conflict while an entrance leads into it."""
    with transaction.atomic():
        family = _locked(family_id)
        if family.entrances.exclude(state=Entrance.State.CLOSED).exists():
            raise Conflict(Text("Close its entrances first.", "请先关闭其入口。"), code="has_entrances")
        if family.archived_at is None:
            family.archived_at = clock.now()
            family.save(update_fields=["archived_at"])
            family.places.all().delete()
            audit.record(by, "family.archived", f"family:{family.pk}")


def put(space_id: str, family_id: str, *, by: str, tier: str = "", limit: int | None = None) -> Place:
    """Give a group its place, at the end of its tier; moves it when it has one. Raises NotFound, BadInput."""
    with transaction.atomic():
        family = _locked(family_id)
        space = Space.objects.select_for_update().filter(pk=space_id, archived_at=None).first()
        if space is None:
            raise NotFound(Text("There is no such group.", "不存在该群组。"))
        if space.kind not in _GROUP_KINDS:
            raise BadInput(
                Text("Only groups have a place in a family.", "只有群组可以归入群系列。"), field="space"
            )
        _check_tier(family, tier)
        _check_limit(limit)
        old = Place.objects.filter(space=space).first()
        last = family.places.filter(tier=tier).aggregate(last=Max("position"))["last"]
        place, _ = Place.objects.update_or_create(
            space=space,
            defaults={
                "family": family, "tier": tier, "limit": limit, "position": 0 if last is None else last + 1,
                **({} if old else {"takes": True}),
            },
        )  # fmt: skip
        Space.objects.filter(pk=space.pk).update(
            region=family.region, theme=family.theme, language=family.language, tier=tier
        )
        audit.record(by, "family.group_placed", f"space:{space.pk}", {"family": family.pk, "tier": tier})
        filling.count_again([space.pk])
        filling.look_again(family, by=by)
        if old is not None and old.family_id != family.pk:
            filling.look_again(old.family, by=by)
    return place


def change_place(space_id: str, *, by: str, takes: bool, limit: int | None, position: int) -> Place:
    """Whether newcomers are led to a group, when it is full, and where it stands in line. Raises NotFound,
    BadInput.
    """
    _check_limit(limit)
    with transaction.atomic():
        place = _place(space_id)
        said: dict[str, Any] = {"takes": takes, "limit": limit, "position": max(0, position)}
        changed = {key: value for key, value in said.items() if getattr(place, key) != value}
        if changed:
            for key, value in changed.items():
                setattr(place, key, value)
            place.save(update_fields=list(changed))
            audit.record(by, "family.place_changed", f"space:{place.pk}", changed)
            filling.count_again([place.pk])
            filling.look_again(place.family, by=by)
    return place


def take_out(space_id: str, *, by: str) -> None:
    """Take a group out of its family. Raises NotFound."""
    with transaction.atomic():
        place = _place(space_id)
        family = place.family
        place.delete()
        Space.objects.filter(pk=space_id).update(tier="")
        audit.record(by, "family.group_taken_out", f"space:{space_id}", {"family": family.pk})
        filling.look_again(family, by=by)


def _locked(family_id: str) -> Family:
    family = Family.objects.select_for_update().filter(pk=family_id, archived_at=None).first()
    if family is None:
        raise NotFound(Text("There is no such family.", "不存在该群系列。"))
    return family


def _place(space_id: str) -> Place:
    place = Place.objects.select_for_update().select_related("family").filter(pk=space_id).first()
    if place is None:
        raise NotFound(Text("This group has no place in a family.", "该群未归入任何群系列。"))
    return place


def _checked(
    name: str, region: str, theme: str, language: str, tiers: Sequence[str], limit: int
) -> dict[str, Any]:
    said = one_line(name, 120)
    if not said:
        raise BadInput(Text("Give it a name.", "请填写名称。"), field="name")
    try:
        code = parse_region(region)
    except ValueError as error:
        raise BadInput(str(error), field="region") from error
    if len(code) > 6 or code == "*":
        raise BadInput(Text("Name one region, such as SG.", "请填写一个地区，例如 SG。"), field="region")
    if language not in LANGUAGES:
        raise BadInput(Text("Choose a language.", "请选择语言。"), field="language")
    rungs = [one_line(tier, 40) for tier in tiers]
    rungs = [tier for tier in rungs if tier]
    if len(set(rungs)) != len(rungs) or len(rungs) > MOST_TIERS:
        raise BadInput(
            Text(f"At most {MOST_TIERS} tiers, each once.", f"层级最多 {MOST_TIERS} 个，且不得重复。"),
            field="tiers",
        )
    _check_limit(limit)
    return {
        "name": said, "region": code, "theme": one_line(theme, 40), "language": language, "tiers": rungs,
        "limit": limit,
    }  # fmt: skip


def _check_tier(family: Family, tier: str) -> None:
    if tier and tier not in family.tiers:
        raise BadInput(Text("The family has no such tier.", "该群系列没有此层级。"), field="tier")


def _check_limit(limit: int | None) -> None:
    if limit is not None and not 1 <= limit <= LARGEST_GROUP:
        raise BadInput(
            Text("A group is full at 1 to 200,000 people.", "满员人数须在 1 至 200,000 之间。"), field="limit"
        )
