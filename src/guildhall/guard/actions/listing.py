"""Edits of the lists every policy shares: domains allowed or blocked, protected names. Each edit is
audited.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import transaction

from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, NotFound
from guildhall.core.text import Text
from guildhall.guard import freshness
from guildhall.guard.models import DomainEntry, ProtectedName
from guildhall.guard.policy import clean_domain
from guildhall.guard.rules.names import skeleton


def add_domain(domain: str, kind: str, by: str, *, source: str = "") -> DomainEntry:
    """Allow or block a domain for the whole installation; a domain already there changes its kind. Raises
    BadInput.
    """
    cleaned = clean_domain(domain)
    if not cleaned:
        raise BadInput(
            Text(f'"{domain[:80]}" is not a domain.', f"“{domain[:80]}”不是域名。"), field="domain"
        )
    if kind not in DomainEntry.Kind.values:
        raise BadInput(Text("A domain is allowed or blocked.", "域名只能设为允许或拦截。"), field="kind")
    with transaction.atomic():
        known = DomainEntry.objects.filter(domain=cleaned).first()
        if known is not None and known.kind == kind:
            return known
        entry, _created = DomainEntry.objects.update_or_create(
            domain=cleaned, defaults={"kind": kind, "source": source[:120], "added_by": by, "at": clock.now()}
        )
        audit.record(
            by,
            f"domain.{kind}ed",
            f"domain:{cleaned}",
            {"source": source, "was": known.kind if known else ""},
        )
        freshness.touch("lists")
    return entry


def add_domains(
    domains: Iterable[str], kind: str, by: str, *, source: str = ""
) -> tuple[int, Sequence[tuple[int, str]]]:
    """Many at once, as pasted or imported: how many are new, and (row from 1, text) of those that are no
    domains.

    Domains already listed keep their kind.
    """
    if kind not in DomainEntry.Kind.values:
        raise BadInput(Text("A domain is allowed or blocked.", "域名只能设为允许或拦截。"), field="kind")
    good: dict[str, None] = {}
    bad = []
    for row, text in enumerate(domains, start=1):
        if not text.strip():
            continue
        cleaned = clean_domain(text)
        if cleaned:
            good[cleaned] = None
        else:
            bad.append((row, text[:80]))
    now = clock.now()
    with transaction.atomic():
        before = DomainEntry.objects.count()
        DomainEntry.objects.bulk_create(
            [
                DomainEntry(domain=domain, kind=kind, source=source[:120], added_by=by, at=now)
                for domain in good
            ],
            ignore_conflicts=True,
            batch_size=2000,
        )
        added = DomainEntry.objects.count() - before
        if added:
            audit.record(
                by,
                f"domains.{kind}ed",
                f"list:{kind}",
                {"added": added, "source": source, "first": list(good)[:20]},
            )
            freshness.touch("lists")
    return added, bad


def remove_domain(domain: str, by: str) -> None:
    """Take a domain off the lists. Raises NotFound."""
    with transaction.atomic():
        entry = DomainEntry.objects.filter(domain=clean_domain(domain) or domain).first()
        if entry is None:
            raise NotFound(Text(f"{domain[:80]} is on no list.", f"{domain[:80]} 不在任何列表中。"))
        kind = entry.kind
        entry.delete()
        audit.record(by, "domain.unlisted", f"domain:{entry.domain}", {"was": kind})
        freshness.touch("lists")


def protect_name(name: str, kind: str, by: str, *, domains: Sequence[str] = ()) -> ProtectedName:
    """Protect a brand's, staff member's or bot's name; the same name again is updated. Raises BadInput."""
    name = name.strip()
    if len(skeleton(name)) < 3 or len(name) > 80:
        raise BadInput(Text("A name has 3 to 80 letters.", "名称须为 3 至 80 个字符。"), field="name")
    if kind not in ProtectedName.Kind.values:
        raise BadInput(
            Text("A name is a brand, staff or a bot.", "名称类型只能是品牌、工作人员或机器人。"), field="kind"
        )
    cleaned = [clean_domain(domain) for domain in domains]
    if not all(cleaned):
        wrong = domains[cleaned.index("")]
        raise BadInput(Text(f'"{wrong[:80]}" is not a domain.', f"“{wrong[:80]}”不是域名。"), field="domains")
    with transaction.atomic():
        entry, _created = ProtectedName.objects.update_or_create(
            name=name, defaults={"kind": kind, "domains": cleaned, "added_by": by, "at": clock.now()}
        )
        audit.record(by, "name.protected", f"name:{entry.pk}", {"kind": kind, "domains": cleaned})
        freshness.touch("lists")
    return entry


def unprotect_name(name_id: int, by: str) -> None:
    """Stop protecting a name. Raises NotFound."""
    with transaction.atomic():
        entry = ProtectedName.objects.filter(pk=name_id).first()
        if entry is None:
            raise NotFound(Text("There is no such name.", "不存在该名称。"))
        entry.delete()
        audit.record(by, "name.unprotected", f"name:{name_id}", {"kind": entry.kind})
        freshness.touch("lists")
