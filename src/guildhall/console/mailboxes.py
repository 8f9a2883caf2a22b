"""Settings, Mailboxes: addresses of ours that people write to, how each is read and sent from, and whom mail
no longer reaches.

Passwords are taken once and kept encrypted; no page shows them again. Everything that speaks with a mail
server stands in `channels.email` and answers within seconds or says why not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from guildhall.channels.email import PLATFORM, contacts, mailboxes
from guildhall.channels.email.adapter import send_test
from guildhall.channels.email.hook import PREFIX
from guildhall.channels.email.models import EmailContact, Mailbox
from guildhall.channels.email.providers import hosts_of
from guildhall.channels.models import Space
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_settings import tabs
from guildhall.console.house_words import known
from guildhall.core.settings import settings
from guildhall.core.text import Text
from guildhall.people.access import requires
from guildhall.ui import paging, tables

_COLOURS = {Mailbox.State.ACTIVE: "green", Mailbox.State.PAUSED: "amber", Mailbox.State.REFUSED: "red"}
_SERVER = gettext_lazy("Leave empty to use what the provider of the address usually has.")
CLOSED = tables.Spec(
    columns=(tables.Column("since", gettext_lazy("Since"), sort=("problem_since", "space_id")),),
    default_sort="-since",
    tie="",
    page_size=25,
)


class MailboxForm(forms.Form):
    """How a mailbox is reached. Of a known provider, address and password are enough."""

    address = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=120)
    name = forms.CharField(
        label=gettext_lazy("Sender name"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("What people see beside the address."),
    )
    way = forms.ChoiceField(
        label=gettext_lazy("How letters reach us"),
        choices=Mailbox.Way.choices,
        widget=forms.RadioSelect,
        initial=Mailbox.Way.IMAP,
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=300,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("Many providers want an app password. Kept encrypted, never shown again."),
    )
    user = forms.CharField(
        label=gettext_lazy("User name"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("Leave empty when it is the address."),
    )
    imap_host = forms.CharField(
        label=gettext_lazy("IMAP server"), max_length=120, required=False, help_text=_SERVER
    )
    imap_port = forms.IntegerField(label=gettext_lazy("IMAP port"), initial=993, min_value=1, max_value=65535)
    imap_security = forms.ChoiceField(
        label=gettext_lazy("IMAP encryption"), choices=Mailbox.Security.choices, initial=Mailbox.Security.TLS
    )
    folder = forms.CharField(label=gettext_lazy("Folder"), max_length=120, initial="INBOX")
    smtp_host = forms.CharField(
        label=gettext_lazy("SMTP server"), max_length=120, required=False, help_text=_SERVER
    )
    smtp_port = forms.IntegerField(label=gettext_lazy("SMTP port"), initial=465, min_value=1, max_value=65535)
    smtp_security = forms.ChoiceField(
        label=gettext_lazy("SMTP encryption"), choices=Mailbox.Security.choices, initial=Mailbox.Security.TLS
    )
    signs = forms.CharField(
        label=gettext_lazy("Server whose checks are believed"),
        max_length=120,
        required=False,
        help_text=gettext_lazy(
            "The name at the start of Authentication-Results in letters you received, such as mx.google.com. "
            "Empty: nobody's word on whether a letter is genuine is believed."
        ),
    )

    def said(self) -> dict[str, Any]:
        """The columns of the mailbox, with what the provider usually has where nothing was said."""
        given = dict(self.cleaned_data)
        address, user = given.pop("address"), given.pop("user")
        given.pop("password")
        hosts = hosts_of(address)
        if not given["imap_host"] and given["way"] == Mailbox.Way.IMAP:
            given["imap_host"] = hosts.imap
        if not given["smtp_host"]:
            given["smtp_host"] = hosts.smtp
            if hosts.starttls:
                given["smtp_port"], given["smtp_security"] = 587, Mailbox.Security.STARTTLS
        return given | {"imap_user": user or address, "smtp_user": user or address}


class TestForm(forms.Form):
    """Where the test letter goes."""

    to = forms.EmailField(label=gettext_lazy("Send it to"), max_length=160)


@dataclass(frozen=True, slots=True)
class Line:
    """A mailbox as a list shows it."""

    mailbox: Mailbox
    state: str
    colour: str
    what: str
    do: str


@requires("settings.view")
@never_cache
@require_safe
def mailbox_list(request: HttpRequest) -> HttpResponse:
    """Every mailbox, or how to begin."""
    return _overview(request, MailboxForm())


@requires("settings.edit")
@never_cache
@require_POST
def mailbox_new(request: HttpRequest) -> HttpResponse:
    """Connect a mailbox and look at once whether it answers."""
    form = MailboxForm(request.POST)
    made: list[Mailbox] = []

    def deed() -> None:
        password = form.cleaned_data["password"]
        by = known(request).actor
        given = {mailboxes.IMAP: password, mailboxes.SMTP: password}
        made.append(mailboxes.add_mailbox(form.cleaned_data["address"], by, given, **form.said()))

    if not attempt(form, deed):
        return _overview(request, form, status=422)
    _look(request, made[0])
    return SeeOther(_page(made[0]))


@requires("settings.view")
@never_cache
@require_safe
def mailbox_page(request: HttpRequest, mailbox_id: str) -> HttpResponse:
    """One mailbox: what is wrong, how it is reached, whom its letters no longer reach."""
    return _mailbox_page(request, _mailbox(mailbox_id))


@requires("settings.edit", confirm=True)
@never_cache
@require_POST
def mailbox_change(request: HttpRequest, mailbox_id: str) -> HttpResponse:
    """Change how a mailbox is reached; an empty password keeps the one there is."""
    mailbox = _mailbox(mailbox_id)
    form = _bound(mailbox, request.POST)

    def deed() -> None:
        password = form.cleaned_data["password"]
        given = {mailboxes.IMAP: password, mailboxes.SMTP: password}
        mailboxes.change_mailbox(mailbox, known(request).actor, given, **form.said())

    if not attempt(form, deed):
        return _mailbox_page(request, mailbox, form=form, status=422)
    _look(request, _mailbox(mailbox_id))
    return SeeOther(_page(mailbox))


@requires("settings.edit")
@require_POST
def mailbox_check(request: HttpRequest, mailbox_id: str) -> HttpResponse:
    """Sign in to both servers and look."""
    mailbox = _mailbox(mailbox_id)
    _look(request, mailbox)
    return SeeOther(_page(mailbox))


@requires("settings.edit")
@require_POST
def mailbox_test(request: HttpRequest, mailbox_id: str) -> HttpResponse:
    """Send one letter about nothing but itself."""
    mailbox = _mailbox(mailbox_id)
    form = TestForm(request.POST)

    def deed() -> None:
        send_test(mailbox, form.cleaned_data["to"], known(request).actor, get_language() or "en")

    if not attempt(form, deed):
        return _mailbox_page(request, mailbox, test=form, status=422)
    messages.success(request, _("Sent to %(to)s.") % {"to": form.cleaned_data["to"]})
    return SeeOther(_page(mailbox))


@requires("settings.edit")
@require_POST
def mailbox_pause(request: HttpRequest, mailbox_id: str) -> HttpResponse:
    """Read and send nothing through it for a while."""
    mailbox, by = _mailbox(mailbox_id), known(request).actor
    return carry_out(request, lambda: mailboxes.pause(mailbox, by), _("Paused."), _page(mailbox))


@requires("settings.edit")
@require_POST
def mailbox_resume(request: HttpRequest, mailbox_id: str) -> HttpResponse:
    """Let a paused mailbox work again."""
    mailbox, by = _mailbox(mailbox_id), known(request).actor
    return carry_out(request, lambda: mailboxes.resume(mailbox, by), _("At work again."), _page(mailbox))


@requires("settings.edit", confirm=True)
@require_POST
def mailbox_remove(request: HttpRequest, mailbox_id: str) -> HttpResponse:
    """Forget a mailbox and its passwords; its letters are kept."""
    mailbox, by = _mailbox(mailbox_id), known(request).actor
    said = _("%(address)s is removed.") % {"address": mailbox.address}
    return carry_out(request, lambda: mailboxes.remove(mailbox, by), said, reverse("console:mailboxes"))


@requires("settings.edit", confirm=True)
@never_cache
@require_POST
def mailbox_secret(request: HttpRequest, mailbox_id: str) -> HttpResponse:
    """Make a new signing secret for the webhook and show it once."""
    mailbox = _mailbox(mailbox_id)
    secret = mailboxes.new_hook_secret(mailbox, known(request).actor)
    context = {"secret": secret, "mailbox": mailbox, "hook": _hook(mailbox), "back": _page(mailbox)}
    return render(request, "console/mailboxes/secret.html", context)


@requires("settings.edit")
@require_POST
def mailbox_write_again(request: HttpRequest, mailbox_id: str, space_id: str) -> HttpResponse:
    """Have an address that bounced be written to again."""
    mailbox, by = _mailbox(mailbox_id), known(request).actor
    said = _("The next letter to them is sent.")
    return carry_out(request, lambda: contacts.write_again(space_id, by), said, _page(mailbox))


def line(mailbox: Mailbox) -> Line:
    """A mailbox with its problem in the reader's language."""
    told = mailbox.problem
    what = str(Text(told["en"], told["zh"])) if told else ""
    do = str(Text(told["do_en"], told["do_zh"])) if told else ""
    colour = "red" if told else _COLOURS[Mailbox.State(mailbox.state)]
    is_hidden = bool(told) and mailbox.state == Mailbox.State.ACTIVE
    return Line(mailbox, _("Trouble") if is_hidden else mailbox.get_state_display(), colour, what, do)


def _overview(request: HttpRequest, form: MailboxForm, status: int = 200) -> HttpResponse:
    context = {
        "tabs": tabs(request, "mailboxes"),
        "lines": [line(one) for one in Mailbox.objects.order_by("address")],
        "form": form,
        "may_edit": known(request).may("settings.edit"),
    }
    return render(request, "console/mailboxes/page.html", context, status=status)


def _mailbox_page(
    request: HttpRequest,
    mailbox: Mailbox,
    *,
    form: MailboxForm | None = None,
    test: TestForm | None = None,
    status: int = 200,
) -> HttpResponse:
    theirs = Space.objects.filter(platform=PLATFORM, receiver=mailbox.pk)
    closed = EmailContact.objects.filter(space__in=theirs, problem_since__isnull=False)
    table = paging.fetch(closed, tables.read(CLOSED, request.GET), count_cap=1000)
    context = {
        "mailbox": mailbox,
        "line": line(mailbox),
        "form": form or _bound(mailbox),
        "test": test or TestForm(initial={"to": known(request).email}),
        "table": table,
        "closed": [(row, Text(row.problem["en"], row.problem["zh"])) for row in table.rows],
        "correspondences": theirs.count(),
        "hook": _hook(mailbox),
        "may_edit": known(request).may("settings.edit"),
    }
    return render(request, "console/mailboxes/mailbox.html", context, status=status)


def _look(request: HttpRequest, mailbox: Mailbox) -> None:
    """Sign in to the servers and say what came of it."""
    wrong = [step for step in mailboxes.check_mailbox(mailbox) if step.wrong is not None]
    for step in wrong:
        messages.error(request, f"{step.what.upper()}: {step.wrong}")
    if not wrong:
        messages.success(request, _("%(address)s answers.") % {"address": mailbox.address})


def _bound(mailbox: Mailbox, data: Any = None) -> MailboxForm:
    fields = [name for name in MailboxForm.base_fields if name not in ("password", "user")]
    given = {name: getattr(mailbox, name) for name in fields}
    user = mailbox.imap_user or mailbox.smtp_user
    form = MailboxForm(data, initial=given | {"user": "" if user == mailbox.address else user})
    form.fields["address"].disabled = True
    form.fields["password"].help_text = _("Leave empty to keep the one there is.")
    return form


def _hook(mailbox: Mailbox) -> str:
    return f"{settings.public_url}{PREFIX}{mailbox.pk}" if mailbox.way == Mailbox.Way.WEBHOOK else ""


def _mailbox(mailbox_id: str) -> Mailbox:
    return get_object_or_404(Mailbox, pk=mailbox_id)


def _page(mailbox: Mailbox) -> str:
    return reverse("console:mailbox", args=[mailbox.pk])
