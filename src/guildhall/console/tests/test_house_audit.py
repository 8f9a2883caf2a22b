"""The Audit page: deeds in words, filters, seals, and the proof that is queued, watched and read."""

import ast
from pathlib import Path

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import translation

from guildhall import console
from guildhall.channels.port import Verb
from guildhall.console import house_jobs
from guildhall.console.house_deeds import DEEDS
from guildhall.core import audit, audit_seal, clock
from guildhall.core.models import AuditEntry, Proposal
from guildhall.effects import testing as effects
from guildhall.effects.models import Effect
from guildhall.guard import notices
from guildhall.people.roles import Role
from guildhall.people.testing import client_for, make_staff

pytestmark = pytest.mark.django_db
HOUSE = Path(console.__file__).parents[1]


def url(name, *args):
    return reverse(f"console:{name}", args=args)


def record(actor="system:test", verb="staff.role_granted", subject="staff:1", **data):
    with transaction.atomic():
        audit.record(actor, verb, subject, data)


def test_a_deed_is_told_in_words_with_who_and_what():
    owner = client_for(Role.OWNER)
    record(owner.staff.actor, "staff.role_granted", "staff:77", role="moderator")
    page = owner.get(url("audit") + "?verb=staff.role_granted&subject=staff:77").content.decode()
    assert "Role granted" in page
    assert owner.staff.name in page
    assert "Moderator" in page
    assert url("staff-member", 77) in page


def test_the_same_deed_is_told_in_chinese():
    owner = client_for(Role.OWNER)
    record(verb="staff.role_granted")
    owner.cookies["guildhall_language"] = "zh-hans"
    assert "授予角色" in owner.get(url("audit")).content.decode()
    with translation.override("zh-hans"):
        assert str(DEEDS["team.joined"]) != "Joined a team"


def test_filters_narrow_by_actor_subject_verb_and_day():
    client = client_for(Role.COMPLIANCE_OFFICER)
    record("system:a", "team.created", "team:1")
    record("system:b", "team.created", "team:2")
    for query, expected in (
        ("?actor=system:a", {"team:1"}),
        ("?subject=team:2", {"team:2"}),
        ("?until=2001-01-01", set()),
    ):
        rows = client.get(url("audit") + query).context["table"].rows
        assert {row.entry.subject for row in rows} == expected
    today = f"{clock.now():%Y-%m-%d}"
    assert client.get(url("audit") + f"?since={today}&until={today}").context["table"].rows
    for query in (
        "?since=9999-12-31",
        "?since=0001-01-01",
        "?until=0001-01-01",
        "?since=nonsense",
        "?after=xx",
        "?actor=%00",
    ):
        assert client.get(url("audit") + query).status_code == 200


def test_a_deed_cannot_bring_markup_into_the_page():
    record(verb="team.created", subject="team:<b>x</b>", slug="<script>alert(1)</script>")
    page = client_for(Role.OWNER).get(url("audit")).content.decode()
    assert "<script>alert" not in page
    assert "<b>x</b>" not in page


def test_the_proof_is_queued_once_carried_out_and_shown():
    client = client_for(Role.OWNER)
    record()
    client.post(url("audit-verify"))
    client.post(url("audit-verify"))
    assert Effect.objects.filter(kind=house_jobs.VERIFY).count() == 1
    assert "Reading every entry" in client.get(url("audit")).content.decode()
    effects.drain()
    page = client.get(url("audit")).content.decode()
    assert "Nothing was changed, removed or inserted." in page


def test_a_broken_chain_is_shown_in_red():
    client = client_for(Role.OWNER)
    with transaction.atomic():
        Effect.objects.create(
            kind=house_jobs.VERIFY,
            mode="repeatable",
            state="done",
            finished_at=clock.now(),
            result={"intact": False, "seals": 1, "entries": 2, "breaks": ["changed: 01H"], "break_count": 1},
        )
    page = client.get(url("audit")).content.decode()
    assert "The audit is broken in 1 places." in page
    assert "changed: 01H" in page


def test_the_seals_are_listed():
    record()
    audit_seal.seal_all()
    page = client_for(Role.OWNER).get(url("audit-seals"))
    assert page.context["table"].rows[0].seq == 1


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.SUPPORT_AGENT, Role.PARTNER])
def test_others_see_no_audit(role):
    client = client_for(role)
    assert client.get(url("audit")).status_code == 403
    assert client.post(url("audit-verify")).status_code == 403


def test_a_forged_form_queues_no_proof():
    assert client_for(Role.OWNER, enforce_csrf_checks=True).post(url("audit-verify")).status_code == 403
    assert not Effect.objects.exists()


def test_a_page_of_the_audit_costs_few_queries_however_many_entries(django_assert_max_num_queries):
    with transaction.atomic():
        audit.record_many([audit.Entry("system:test", "team.created", f"team:{n}") for n in range(300)])
    client = client_for(Role.OWNER)
    make_staff(Role.MODERATOR)
    with django_assert_max_num_queries(25):
        client.get(url("audit"))
    assert AuditEntry.objects.count() > 300


def _verbs():
    for path in HOUSE.rglob("*.py"):
        if "tests" in path.parts or "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or len(node.args) < 3:
                continue
            verb = node.args[1].value if isinstance(node.args[1], ast.Constant) else None
            called = ast.unparse(node.func) in ("audit.record", "record", "Entry", "audit.Entry")
            if called and isinstance(verb, str) and "." in verb:
                yield verb, f"{path.relative_to(HOUSE)}:{node.lineno}"


def test_every_deed_that_any_room_records_has_words():
    missing = {f"{verb} ({where})" for verb, where in _verbs() if verb not in DEEDS}
    assert not missing


def test_every_deed_on_a_platform_has_words_asked_for_and_done():
    for verb in Verb:
        assert f"channels.{verb.value}" in DEEDS
        assert f"channels.{verb.value}.requested" in DEEDS


def test_the_audit_is_sealed_and_old_proposals_expire_by_themselves():
    record()
    house_jobs.seal_audit(clock.now())
    assert not AuditEntry.objects.filter(seal=None).exists()
    late = Proposal.objects.create(
        kind="x", subject="x", payload={}, content_hash="0", proposed_by="staff:1", expires_at=clock.now()
    )
    house_jobs.expire_proposals(clock.now())
    late.refresh_from_db()
    assert late.state == "expired"


def test_a_removal_notice_is_cleared_by_compliance():
    assert notices.clear("GB", "A message of yours was removed.", "en") is not None
    assert notices.clear("IR", "A message of yours was removed.", "en") is None
