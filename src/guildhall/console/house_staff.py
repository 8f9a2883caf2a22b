"""Staff: who works here, with which roles, in which teams, and how they get in and out.

Every rule about rank and the last owner stands in `people.actions`; these views only ask and show.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.people import queries
from guildhall.people.access import requires
from guildhall.people.actions import staff as staff_actions
from guildhall.people.actions.keys import invite, make_sign_in_link
from guildhall.people.models import LANGUAGES, Staff, Team
from guildhall.people.permissions import of_roles
from guildhall.people.roles import Role, may_grant
from guildhall.ui import tables

SPEC = tables.Spec(
    columns=(
        tables.Column("name", gettext_lazy("Name"), css="lead"),
        tables.Column("roles", gettext_lazy("Roles")),
        tables.Column("teams", gettext_lazy("Teams")),
        tables.Column("factor", gettext_lazy("Second factor")),
        tables.Column("sessions", gettext_lazy("Sign-ins"), css="num"),
        tables.Column("state", gettext_lazy("State")),
    ),
    filters=(
        tables.Filter("q", gettext_lazy("Find"), "search", placeholder=gettext_lazy("Name or address")),
        tables.Filter("role", gettext_lazy("Role"), "choice", tuple((r.value, r.label) for r in Role)),
        tables.Filter(
            "state",
            gettext_lazy("State"),
            "choice",
            (("active", gettext_lazy("active")), ("inactive", gettext_lazy("deactivated"))),
        ),
    ),
    tie="",
)


class NewStaffForm(forms.Form):
    """Somebody new: who they are and what they will do."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    email = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=254)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=LANGUAGES)
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Roles"), widget=forms.CheckboxSelectMultiple, required=False
    )

    def __init__(self, *args: Any, by: Staff, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["roles"]
        assert isinstance(choice, forms.MultipleChoiceField)
        choice.choices = [(role.value, str(role.label)) for role in Role if may_grant(by.roles, role)]


class TeamForm(forms.Form):
    """A new team."""

    name = forms.CharField(label=gettext_lazy("Name of the team"), max_length=120)


@requires("staff.view")
@require_safe
def staff_list(request: HttpRequest) -> HttpResponse:
    """Everybody who works here."""
    state = tables.read(SPEC, request.GET)
    rows = [row for row in queries.staff_list() if _fits(row, state)]
    table = tables.Table(state, rows, count=tables.Count(len(rows)))
    return render(
        request, "console/house/staff.html", {"table": table, "may_edit": _me(request).may("staff.edit")}
    )


def _fits(row: queries.StaffRow, state: tables.State) -> bool:
    sought = state.value("q").lower()
    return (
        (not sought or sought in row.staff.name.lower() or sought in row.staff.email)
        and (not state.value("role") or state.value("role") in row.roles)
        and (not state.value("state") or row.staff.is_active == (state.value("state") == "active"))
    )


@requires("staff.edit", confirm=True)
@never_cache
def staff_new(request: HttpRequest) -> HttpResponse:
    """Invite somebody: their address of invitation is shown once."""
    form = NewStaffForm(request.POST or None, by=_me(request))
    made: list[Staff] = []

    def deed() -> None:
        said = form.cleaned_data
        made.append(
            staff_actions.create_staff(
                said["email"], said["name"], said["roles"], by=_me(request), language=said["language"]
            )
        )

    if request.method == "POST" and attempt(form, deed):
        return _show_link(request, made[0], invite(made[0], by=_me(request)), days=7)
    return render(request, "console/house/staff_new.html", {"form": form})


@requires("staff.view")
@require_safe
def staff_member(request: HttpRequest, staff_id: int) -> HttpResponse:
    """One colleague: roles, teams, sign-ins, keys."""
    row = _row(staff_id)
    me = _me(request)
    roles = [
        {
            "role": role,
            "held": role in row.roles,
            "may": may_grant(me.roles, role) or (role in row.roles and me.pk == staff_id),
        }
        for role in Role
    ]
    context = {
        "row": row,
        "colleague": row.staff,
        "roles": roles,
        "permissions": sorted(of_roles(row.roles)),
        "sessions": queries.sessions_of(row.staff),
        "tokens": queries.tokens(row.staff),
        "teams": Team.objects.order_by("name"),
        "team_ids": set(row.staff.teams.values_list("pk", flat=True)),
        "is_me": me.pk == staff_id,
        "may_edit": me.may("staff.edit")
        and (me.pk == staff_id or all(may_grant(me.roles, r) for r in row.roles)),
    }
    return render(request, "console/house/staff_member.html", context)


@requires("staff.edit", confirm=True)
@require_POST
def staff_roles(request: HttpRequest, staff_id: int) -> HttpResponse:
    """Set the roles of a colleague to those that are ticked, as far as the asker's rank reaches."""
    staff = _staff(staff_id)
    wanted = {role for role in request.POST.getlist("roles") if role in set(Role)}
    me = _me(request)
    reach = {role for role in Role if may_grant(me.roles, role) or me.pk == staff_id}

    def deed() -> None:
        for role in reach:
            if role in wanted and role not in staff.roles:
                staff_actions.grant_role(staff, role, by=me)
            elif role not in wanted and role in staff.roles:
                staff_actions.revoke_role(staff, role, by=me)

    return carry_out(request, deed, _("The roles were changed."), _page(staff_id))


@requires("staff.edit", confirm=True)
@require_POST
def staff_deactivate(request: HttpRequest, staff_id: int) -> HttpResponse:
    """Shut somebody out at once."""
    staff = _staff(staff_id)
    said = _("%(name)s can no longer sign in.") % {"name": staff}
    return carry_out(request, lambda: staff_actions.deactivate(staff, by=_me(request)), said, _page(staff_id))


@requires("staff.edit", confirm=True)
@require_POST
def staff_reactivate(request: HttpRequest, staff_id: int) -> HttpResponse:
    """Let somebody in again."""
    staff = _staff(staff_id)
    said = _("%(name)s may sign in again.") % {"name": staff}
    return carry_out(request, lambda: staff_actions.reactivate(staff, by=_me(request)), said, _page(staff_id))


@requires("staff.edit", confirm=True)
@require_POST
def staff_sessions_end(request: HttpRequest, staff_id: int) -> HttpResponse:
    """Sign somebody out everywhere."""
    staff = _staff(staff_id)
    said = _("Signed out everywhere.")
    own = request.session.session_key or ""
    keep = own if _me(request).pk == staff_id else ""
    return carry_out(
        request,
        lambda: staff_actions.end_sessions(staff, by=_me(request), except_key=keep),
        said,
        _page(staff_id),
    )


@requires("staff.edit", confirm=True)
@require_POST
def staff_factor_reset(request: HttpRequest, staff_id: int) -> HttpResponse:
    """Remove the second factor of somebody who lost theirs."""
    staff = _staff(staff_id)
    said = _("The second factor was removed; it is set up anew at the next sign-in.")
    return carry_out(
        request, lambda: staff_actions.reset_second_factor(staff, by=_me(request)), said, _page(staff_id)
    )


@requires("staff.edit", confirm=True)
@never_cache
@require_POST
def staff_link(request: HttpRequest, staff_id: int) -> HttpResponse:
    """A fresh way in for a colleague: an invitation while they have no password, else a one-hour link."""
    staff = _staff(staff_id)
    links: list[str] = []
    is_new = not staff.has_usable_password()

    def deed() -> None:
        links.append(invite(staff, by=_me(request)) if is_new else make_sign_in_link(staff, by=_me(request)))

    refused = carry_out(request, deed, _("A link was made."), _page(staff_id))
    return _show_link(request, staff, links[0], days=7 if is_new else 0) if links else refused


@requires("staff.view")
@require_safe
def teams(request: HttpRequest) -> HttpResponse:
    """The teams and who is in them."""
    return _teams_page(request, TeamForm())


@requires("staff.edit")
@require_POST
def team_new(request: HttpRequest) -> HttpResponse:
    """Found a team."""
    form = TeamForm(request.POST)
    if attempt(form, lambda: staff_actions.create_team(form.cleaned_data["name"], by=_me(request))):
        return SeeOther(reverse("console:teams"))
    return _teams_page(request, form, status=422)


@requires("staff.edit")
@require_POST
def staff_teams(request: HttpRequest, staff_id: int) -> HttpResponse:
    """Put a colleague into the ticked teams and out of the others."""
    staff = _staff(staff_id)
    wanted = set(request.POST.getlist("teams"))

    def deed() -> None:
        now = set(staff.teams.values_list("pk", flat=True))
        for team in Team.objects.all():
            if str(team.pk) in wanted and team.pk not in now:
                staff_actions.add_to_team(team, staff, by=_me(request))
            elif str(team.pk) not in wanted and team.pk in now:
                staff_actions.remove_from_team(team, staff, by=_me(request))

    return carry_out(request, deed, _("The teams were changed."), _page(staff_id))


def _teams_page(request: HttpRequest, form: TeamForm, status: int = 200) -> HttpResponse:
    found = Team.objects.prefetch_related("memberships__staff").order_by("name")
    context = {"teams": found, "form": form, "may_edit": _me(request).may("staff.edit")}
    return render(request, "console/house/teams.html", context, status=status)


def _show_link(request: HttpRequest, staff: Staff, link: str, *, days: int) -> HttpResponse:
    return render(request, "console/house/staff_link.html", {"colleague": staff, "link": link, "days": days})


def _row(staff_id: int) -> queries.StaffRow:
    row = next((row for row in queries.staff_list() if row.staff.pk == staff_id), None)
    if row is None:
        raise Http404
    return row


def _staff(staff_id: int) -> Staff:
    return get_object_or_404(Staff, pk=staff_id)


def _me(request: HttpRequest) -> Staff:
    assert isinstance(request.user, Staff)
    return request.user


def _page(staff_id: int) -> str:
    return reverse("console:staff-member", args=[staff_id])
