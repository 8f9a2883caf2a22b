"""One version of an SLA policy: what it promises, what it changes, what that does to open tickets; written in
a form or as JSON, put in force, put away.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_words import actor_names, known
from guildhall.console.sla_form import PolicyForm, SourceForm, as_source, fits, initial, with_holidays
from guildhall.console.sla_pages import STATES, State, find
from guildhall.console.sla_words import METRICS, said_hours, target_grid
from guildhall.core import clock
from guildhall.core.errors import BadInput
from guildhall.desk.actions import policies as actions
from guildhall.desk.models import EscalationChain, PolicyVersion
from guildhall.desk.policy_preview import preview
from guildhall.people.access import requires

Content = dict[str, Any]
_SHOWN_HOLIDAYS = 12


@requires("desk.policies")
@require_safe
def version_page(request: HttpRequest, number: int) -> HttpResponse:
    """What a version promises, against what it takes the place of."""
    one = _version(number)
    before = _before(one)
    chain = EscalationChain.objects.filter(pk=one.content.get("chain", "")).first()
    names = actor_names({who for who in (one.created_by, one.in_force_by) if who})
    context = {
        "one": one,
        "policy": one.policy,
        "state": STATES[one.state],
        "metrics": METRICS.values(),
        "grid": target_grid(one.content),
        "calendars": [_said(name, calendar) for name, calendar in one.content.get("calendars", {}).items()],
        "pauses": [
            METRICS[m] for m, statuses in one.content.get("pause", {}).items() if "pending" in statuses
        ],
        "warn": ", ".join(f"{share}%" for share in one.content.get("warn", ())),
        "chain": chain,
        "before": before,
        "source": as_source(one.content),
        "source_before": as_source(before.content) if before else "",
        "is_draft": one.state == State.DRAFT,
        "written_by": names.get(one.created_by, ""),
        "in_force_by": names.get(one.in_force_by, ""),
    }
    return render(request, "console/sla/version.html", context)


@requires("desk.policies")
@require_safe
def version_tried(request: HttpRequest, number: int) -> HttpResponse:
    """What the version would do to open tickets, fetched after its page."""
    one = _version(number)
    context = {"seen": preview(one, clock.now()), "metrics": METRICS}
    return render(request, "console/sla/tried.html", context)


@requires("desk.policies")
@require_POST
def version_new(request: HttpRequest, policy_id: str) -> HttpResponse:
    """A draft that begins as another version (`from`, else what is in force, else the latest)."""
    policy = find(policy_id)
    wanted = request.POST.get("from", "")
    versions = policy.versions.order_by("-version")
    base = versions.filter(version=int(wanted)).first() if wanted.isdecimal() and len(wanted) < 7 else None
    base = base or versions.filter(state=State.IN_FORCE).first() or versions.first()
    made = actions.save_draft(policy.pk, base.content if base else {}, by=known(request).actor)
    return SeeOther(reverse("console:sla-edit", args=[made.pk]))


@requires("desk.policies")
@require_http_methods(["GET", "HEAD", "POST"])
def version_edit(request: HttpRequest, number: int) -> HttpResponse:
    """Change a draft, in the form or as JSON."""
    one = _version(number)
    if one.state != State.DRAFT:
        messages.info(request, _("This version was decided; a change is a new version."))
        return SeeOther(_page(one))
    may_switch = fits(one.content)
    wants_source = (request.POST or request.GET).get("as") == "json" or not may_switch
    form: PolicyForm | SourceForm
    status, fill = 200, request.POST.get("fill", "")
    if request.method != "POST":
        form = _shown(one.content, one.note, source=wants_source)
    elif fill.isdecimal() and len(fill) < 3:
        form = _filled(request, fill)
    elif "switch" in request.POST:
        form, wants_source = _switched(request, source=wants_source)
    else:
        form = SourceForm(request.POST) if wants_source else PolicyForm(request.POST)
        if attempt(form, lambda: _save(request, one, form)):
            messages.success(request, _("Saved. Read it once more, then put it in force."))
            return SeeOther(_page(one))
        status = 422
    context = {
        "one": one,
        "policy": one.policy,
        "form": form,
        "is_source": wants_source,
        "may_switch": may_switch or wants_source,
        "metrics": METRICS.values(),
        "read": request.POST.get("read", one.edits),
        "zones": _ZONES,
        "this_year": clock.now().year,
    }
    return render(request, "console/sla/edit.html", context, status=status)


@requires("desk.policies")
@require_POST
def version_act(request: HttpRequest, number: int, deed: str) -> HttpResponse:
    """Put a draft in force, or away."""
    one, by = _version(number), known(request).actor
    match deed:
        case "in-force":
            said = _("In force. Open tickets follow within seconds and keep what has elapsed.")
            return carry_out(request, lambda: actions.put_in_force(one.pk, by=by), said, _page(one))
        case "discard":
            back = reverse("console:sla-policy", args=[one.policy_id])
            return carry_out(request, lambda: actions.discard(one.pk, by=by), _("Put away."), back)
    raise Http404


_ZONES = ("Asia/Shanghai", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Singapore", "Asia/Tokyo", "Asia/Seoul",
          "Asia/Ho_Chi_Minh", "Asia/Bangkok", "Asia/Jakarta", "Asia/Manila", "Asia/Kolkata", "Asia/Dubai",
          "Europe/Istanbul", "Europe/Moscow", "Europe/Berlin", "Europe/London", "Africa/Lagos",
          "America/Sao_Paulo", "America/New_York", "Australia/Sydney", "UTC")  # fmt: skip


def _shown(content: Content, note: str, *, source: bool) -> PolicyForm | SourceForm:
    if source:
        return SourceForm(initial={"source": as_source(content), "note": note})
    return PolicyForm(initial={**initial(content), "note": note})


def _filled(request: HttpRequest, slot: str) -> PolicyForm:
    """The form with the public holidays asked for; nothing is saved."""
    try:
        form = PolicyForm(with_holidays(request.POST, slot))
    except BadInput as error:
        messages.error(request, str(error.text))
        return PolicyForm(request.POST)
    form.is_valid()
    messages.info(request, _("Public holidays were added. Look them over, then save."))
    return form


def _switched(request: HttpRequest, *, source: bool) -> tuple[PolicyForm | SourceForm, bool]:
    """The other way of editing with what was typed in it, when that can be read."""
    form: PolicyForm | SourceForm = SourceForm(request.POST) if source else PolicyForm(request.POST)
    if not form.is_valid():
        return form, source
    content, note = form.content(), form.cleaned_data["note"]
    try:
        if not source or fits(content):
            return _shown(content, note, source=not source), not source
    except (KeyError, TypeError, ValueError, AttributeError):
        form.add_error("source", _("Save it first: something in it is not understood."))
        return form, source
    form.add_error("source", _("The form cannot show all of this; save it as it is."))
    return form, source


def _save(request: HttpRequest, one: PolicyVersion, form: PolicyForm | SourceForm) -> None:
    read = request.POST.get("read", "")
    actions.save_draft(
        one.policy_id,
        form.content(),
        by=known(request).actor,
        note=form.cleaned_data["note"],
        number=one.pk,
        read=int(read) if read.isdecimal() and len(read) < 7 else None,
    )


def _said(name: str, calendar: Content) -> dict[str, Any]:
    days = calendar.get("holidays", [])
    return {
        "name": name,
        "tz": calendar["tz"],
        "hours": said_hours(calendar.get("weekly", {})),
        "holidays": ", ".join(days[:_SHOWN_HOLIDAYS]),
        "more": max(0, len(days) - _SHOWN_HOLIDAYS),
    }


def _before(one: PolicyVersion) -> PolicyVersion | None:
    """What a draft would take the place of; for what was in force, the version before it."""
    others = PolicyVersion.objects.filter(policy=one.policy_id).exclude(pk=one.pk)
    if one.state == State.DRAFT:
        return others.filter(state=State.IN_FORCE).first()
    earlier = others.filter(version__lt=one.version, in_force_at__isnull=False)
    return earlier.order_by("-version").first()


def _version(number: int) -> PolicyVersion:
    one = PolicyVersion.objects.select_related("policy").filter(pk=number).first()
    if one is None:
        raise Http404
    return one


def _page(one: PolicyVersion) -> str:
    return reverse("console:sla-version", args=[one.pk])
