"""Tags of customers, as WeCom has them; and the welcome a family gives who joins its groups.

Speaks with WeCom, so never inside a transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from guildhall.channels.text import one_line
from guildhall.channels.wecom import customers
from guildhall.channels.wecom.models import WecomCorp
from guildhall.compliance.acts import Act
from guildhall.compliance.gate import Gate
from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, NotFound
from guildhall.core.text import Text
from guildhall.spaces.models import CustomerTag, Family, GroupGreeting


def sync_tags(corp: WecomCorp) -> int:
    """Bring our list of tags in line with WeCom's; how many there are. Raises Temporary, Refused."""
    told = customers.tags(corp)
    now = clock.now()
    rows = [
        CustomerTag(
            corp=corp, external_id=str(tag["id"])[:64], name=one_line(str(tag.get("name", "")), 90),
            group_id=str(group.get("group_id", ""))[:64],
            group_name=one_line(str(group.get("group_name", "")), 90), gone_at=None,
        )
        for group in told
        for tag in _tags(group)
    ]  # fmt: skip
    with transaction.atomic():
        CustomerTag.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["corp", "external_id"],
            update_fields=["name", "group_id", "group_name", "gone_at"],
        )
        gone = CustomerTag.objects.filter(corp=corp, gone_at=None)
        gone.exclude(external_id__in=[row.external_id for row in rows]).update(gone_at=now)
    return len(rows)


def add_tag(corp: WecomCorp, group: str, name: str, *, by: str) -> str:
    """Make a tag at WeCom; its id there. Raises BadInput, Temporary, Refused, Uncertain."""
    said, within = one_line(name, 30), one_line(group, 15)
    if not said or not within:
        raise BadInput(Text("Give the tag and its group a name.", "请填写标签及标签组的名称。"), field="name")
    made = customers.add_tag(corp, within, said)
    with transaction.atomic():
        CustomerTag.objects.update_or_create(
            corp=corp, external_id=made, defaults={"name": said, "group_name": within, "gone_at": None}
        )
        audit.record(by, "wecom.tag_made", f"wecom_corp:{corp.pk}", {"tag": made})
    return made


def greet_groups(family_id: str, corp_id: str, text: str, *, by: str) -> GroupGreeting:
    """Give WeCom the words that greet who joins a group of a family; colleagues choose them for a group
    in the app. Raises NotFound, BadInput, NotAllowed (compliance, with reasons), Temporary, Refused.
    """
    family = Family.objects.filter(pk=family_id, archived_at=None).first()
    corp = WecomCorp.objects.filter(pk=corp_id).first()
    if family is None or corp is None:
        raise NotFound(Text("There is no such family.", "不存在该群系列。"))
    said = text.strip()
    if not said:
        raise BadInput(Text("Write the welcome.", "请填写欢迎语。"), field="text")
    decision = Gate().may(Act.SERVICE, family.region, said, language=family.language)
    decision.require()
    known = GroupGreeting.objects.filter(family=family, corp=corp).first()
    if known is not None and known.template_id:
        customers.change_group_template(corp, known.template_id, decision.text)
        template = known.template_id
    else:
        template = customers.add_group_template(corp, decision.text)
    with transaction.atomic():
        kept, _ = GroupGreeting.objects.update_or_create(
            family=family,
            corp=corp,
            defaults={
                "text": decision.text, "template_id": template, "problem": {}, "changed_by": by,
                "changed_at": clock.now(),
            },
        )  # fmt: skip
        audit.record(by, "family.greeting_changed", f"family:{family.pk}", {"template": template})
    return kept


def _tags(group: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = group.get("tag")
    rows = found if isinstance(found, list) else []
    return [row for row in rows if isinstance(row, dict) and row.get("id")]
