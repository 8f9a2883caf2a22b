"""Account look-up: one question to an exchange's back office, its answer on the page and nowhere else, and
who asked what before.

The answer is part of the response to the form and is gone with the page; the history says who asked and why,
never what the answer was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from guildhall.console.house_answers import attempt
from guildhall.console.house_words import actor_names, known
from guildhall.core.text import Text
from guildhall.exchange.lookup import protocol, queries
from guildhall.exchange.lookup.asking import ask
from guildhall.exchange.lookup.models import LookUp
from guildhall.exchange.lookup.protocol import Answer, Deposit, Kind, Kyc, Purpose, RiskHold, Withdrawal
from guildhall.people.access import requires
from guildhall.ui import paging, tables

_GOOD, _WAITING, _BAD = "green", "amber", "red"
_COLOURS = {
    "credited": _GOOD, "done": _GOOD, "verified": _GOOD, "lifted": _GOOD, "pending": _WAITING, "held":
    _WAITING, "requested": _WAITING, "sending": _WAITING, "rejected": _BAD, "active": _BAD, "expired": _BAD,
}  # fmt: skip


class AskForm(forms.Form):
    """One question about one account."""

    venue = forms.ChoiceField(label=gettext_lazy("Exchange"))
    uid = forms.CharField(
        label=gettext_lazy("UID"),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "inputmode": "text"}),
        help_text=gettext_lazy("As the person sees it in their profile at the exchange."),
    )
    kind = forms.ChoiceField(label=gettext_lazy("What you want to know"), widget=forms.RadioSelect)
    txid = forms.CharField(
        label=gettext_lazy("Transaction"),
        max_length=128,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("Hash or order number of one deposit or withdrawal; empty for the latest."),
    )
    purpose = forms.ChoiceField(label=gettext_lazy("Why you ask"))
    reference = forms.CharField(
        label=gettext_lazy("What it is about"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "ticket:01H…, case:01H…"}),
        help_text=gettext_lazy("Stands in the audit with your name; write no personal data here."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        venues = [(office.venue, office.venue) for office in queries.offices().filter(is_on=True)]
        choices = {
            "venue": venues,
            "kind": [(kind.value, str(kind.label)) for kind in Kind],
            "purpose": [("", "—"), *((why.value, str(why.label)) for why in Purpose)],
        }
        for name, given in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = given
        self.fields["kind"].initial = Kind.DEPOSIT.value


@dataclass(frozen=True, slots=True)
class Line:
    """One record of an answer as the page shows it. `facts`: (label, value) in order."""

    title: str
    state: str
    colour: str
    at: Any
    facts: tuple[tuple[str, str], ...]
    says: Text | None = None


def _spec() -> tables.Spec:
    kinds = tuple((kind.value, kind.label) for kind in Kind)
    return tables.Spec(
        columns=(
            tables.Column("when", gettext_lazy("When"), sort=("id",)),
            tables.Column("what", gettext_lazy("Asked for"), css="lead"),
            tables.Column("who", gettext_lazy("Asked by")),
            tables.Column("why", gettext_lazy("Why"), css="text"),
            tables.Column("state", gettext_lazy("State")),
        ),
        filters=(tables.Filter("kind", gettext_lazy("Asked for"), "choice", kinds),),
        default_sort="-when",
        tie="",
        page_size=25,
    )


@requires("lookup.any")
@never_cache
def lookup(request: HttpRequest) -> HttpResponse:
    """Ask, and see what was asked before."""
    is_asked = request.method == "POST"
    given = {name: request.GET[name] for name in ("venue", "kind", "reference") if name in request.GET}
    form = AskForm(request.POST if is_asked else None, initial=given)
    answers: list[Answer] = []

    def deed() -> None:
        said = form.cleaned_data
        answers.append(
            ask(
                said["venue"], said["uid"], said["kind"], by=known(request).actor, purpose=said["purpose"],
                reference=said["reference"], txid=said["txid"],
            )
        )  # fmt: skip

    done = is_asked and attempt(form, deed)
    status = 422 if is_asked and not done else 200
    return render(request, "console/lookup/page.html", _context(request, form, answers), status=status)


def _context(request: HttpRequest, form: AskForm, answers: list[Answer]) -> dict[str, Any]:
    me = known(request)
    answer = answers[0] if answers else None
    state = tables.read(_spec(), request.GET)
    table = paging.fetch(_history(request, state), state)
    rows: list[LookUp] = list(table.rows)
    names = actor_names(one.by for one in rows)
    shown = [
        {
            "one": one,
            "who": names[one.by],
            "kind": str(Kind(one.kind).label),
            "why": str(Purpose(one.purpose).label),
        }
        for one in rows
    ]
    return {
        "form": form,
        "venues": queries.offices().filter(is_on=True).exists(),
        "answer": answer,
        "asked_kind": str(answer.kind.label) if answer else "",
        "lines": [line(record, answer.kind) for record in answer.records] if answer else [],
        "table": tables.Table(state, shown, table.next_key, table.previous_key),
        "sees_all": me.may("audit.view"),
        "may_set_up": me.may("settings.view"),
    }


def _history(request: HttpRequest, state: tables.State) -> QuerySet[LookUp]:
    """Everybody's look-ups for whoever reads the audit, else one's own."""
    me = known(request)
    return queries.asked(by="" if me.may("audit.view") else me.actor, kind=state.value("kind"))


def line(record: protocol.Record, kind: Kind) -> Line:
    """A record in words."""
    state = str(protocol.STATES[kind][record.state])
    colour = _COLOURS.get(record.state, "")
    match record:
        case Deposit():
            facts = [(_("Network"), record.network), (_("Transaction"), record.txid), ("ID", record.id)]
            if record.confirmations is not None:
                needed = record.needed if record.needed is not None else "?"
                facts.insert(0, (_("Confirmations"), f"{record.confirmations} / {needed}"))
            return Line(protocol.shown(record.amount), state, colour, record.at, _told(facts))
        case Withdrawal():
            facts = [
                (_("Network"), record.network), (_("To"), record.address), (_("Transaction"), record.txid),
                ("ID", record.id),
            ]  # fmt: skip
            return Line(protocol.shown(record.amount), state, colour, record.at, _told(facts))
        case Kyc():
            title = _("Level %(n)s") % {"n": record.level}
            return Line(title, state, colour, record.at, _told([(_("Region"), record.region)]))
        case RiskHold():
            facts = [("ID", record.id)]
            if record.until:
                facts.insert(0, (_("Until"), f"{record.until:%Y-%m-%d %H:%M} UTC"))
            title = _("Hold on %(what)s") % {"what": protocol.SCOPES[record.scope]}
            return Line(title, state, colour, record.since, _told(facts), record.says)


def _told(facts: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((label, value) for label, value in facts if value)
