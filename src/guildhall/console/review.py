"""Review: what the guard did or was unsure of, put before a moderator; decide, undo for real, teach.

One decision counts. Whoever comes second is told who decided what, and nothing happens twice: the actions of
the guard hold that, these views only say it. After a decision the next case of the same list is shown, so a
queue can be worked with three keys.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from guildhall.console import review_queue
from guildhall.console.house_answers import SeeOther, carry_out
from guildhall.console.house_words import known
from guildhall.console.review_picture import picture
from guildhall.core.errors import GuildhallError, NotFound
from guildhall.guard import actions
from guildhall.people.access import requires
from guildhall.ui import htmx, navigation, tables

MOST_AT_ONCE = 200

KEYS = (
    ("Y", gettext_lazy("uphold")),
    ("U", gettext_lazy("undo")),
    ("T", gettext_lazy("train as scam")),
    ("F", gettext_lazy("train as fine")),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Which list a moderator is working through: the tab and its filters, as the address carries them."""

    tab: str
    query: str

    def href(self, case_id: str = "") -> str:
        base = reverse("console:case", args=[case_id]) if case_id else reverse("console:review")
        return f"{base}?{self.query}" if self.query else base


@requires("cases.view")
@require_safe
def review(request: HttpRequest) -> HttpResponse:
    """The queue, with its first case beside it on a wide screen."""
    return _page(request, "")


@requires("cases.view")
@require_safe
def review_news(request: HttpRequest) -> HttpResponse:
    """How many cases have come since the list was shown, for htmx; empty while there are none."""
    state, place = _place(request.GET)
    known_id = request.GET.get("known", "")
    fresh = review_queue.come_since(place.tab, state, known_id) if place.tab != "decided" else tables.Count(0)
    return render(request, "console/review/news.html", {"fresh": fresh, "place": place})


@requires("cases.view")
@require_safe
def case(request: HttpRequest, case_id: str) -> HttpResponse:
    """One case beside the queue."""
    return _page(request, case_id)


def _page(request: HttpRequest, case_id: str) -> HttpResponse:
    me = known(request)
    state, place = _place(request.GET)
    queue = review_queue.queue(place.tab, state)
    shown = case_id or (queue.rows[0].pk if queue.rows else "")
    try:
        seen = picture(shown, me) if shown else None
    except NotFound as error:
        raise Http404(str(error)) from error
    context = {
        "queue": queue,
        "place": place,
        "table": tables.Table(state, queue.rows, queue.next_key, queue.previous_key),
        "tabs": _tabs(place, state),
        "seen": seen,
        "is_chosen": bool(case_id),
        "newest": review_queue.newest(place.tab, state),
        "may_review": me.may("cases.review"),
        "page_keys": KEYS if me.may("cases.review") else (),
    }
    return render(request, "console/review/page.html", context)


def _place(params: Any) -> tuple[tables.State, Place]:
    tab = params.get("tab", "")
    tab = tab if tab in review_queue.TABS else "open"
    state = tables.read(review_queue.spec(), params, keep=("tab",))
    chosen = {key: value for key, value in state.values.items() if value}
    if tab != "open":
        chosen["tab"] = tab
    return state, Place(tab, urlencode(chosen))


def _tabs(place: Place, state: tables.State) -> list[dict[str, Any]]:
    counts = review_queue.counts()
    chosen = {key: value for key, value in state.values.items() if value}
    return [
        {
            "label": label,
            "href": "?" + urlencode({**chosen, **({"tab": key} if key != "open" else {})}),
            "current": key == place.tab,
            "count": counts.get(key),
        }
        for key, label in review_queue.TABS.items()
    ]


@requires("cases.review")
@require_POST
def case_uphold(request: HttpRequest, case_id: str) -> HttpResponse:
    """It was right, or is done now."""
    return _decide(request, case_id, lambda by, note: actions.uphold(case_id, by, note), _("Upheld."))


@requires("cases.review")
@require_POST
def case_undo(request: HttpRequest, case_id: str) -> HttpResponse:
    """It was wrong: take it back on the platform too."""
    return _decide(
        request,
        case_id,
        lambda by, note: actions.undo(case_id, by, note),
        _("Undone. The platform is being told now."),
    )


@requires("cases.review")
@require_POST
def case_dismiss(request: HttpRequest, case_id: str) -> HttpResponse:
    """Neither right nor wrong: close it."""
    return _decide(
        request, case_id, lambda by, note: actions.dismiss(case_id, by, note), _("Closed without a decision.")
    )


@requires("cases.review")
@require_POST
def case_reopen(request: HttpRequest, case_id: str) -> HttpResponse:
    """Decide again."""
    _state, place = _place(request.GET)
    return carry_out(
        request,
        lambda: actions.reopen(case_id, known(request).actor, _note(request)),
        _("Open again. What was done stands until you decide."),
        place.href(case_id),
    )


@requires("cases.review")
@require_POST
def case_train(request: HttpRequest, case_id: str) -> HttpResponse:
    """Keep the message as an example."""
    _state, place = _place(request.GET)
    label = request.POST.get("label", "")
    said = {
        "scam": _("Kept as an example of scam or spam."),
        "fine": _("Kept as an example of a fine message."),
    }
    if htmx.is_htmx(request):
        return _train_in_place(case_id, label, known(request).actor, said.get(label, ""))
    return carry_out(
        request,
        lambda: actions.train(case_id, label, known(request).actor),
        said.get(label, ""),
        place.href(case_id),
    )


def _train_in_place(case_id: str, label: str, by: str, said: str) -> HttpResponse:
    """Training changes nothing a moderator looks at: a toast, and the page stays where it is."""
    try:
        actions.train(case_id, label, by)
    except GuildhallError as error:
        return htmx.toast(HttpResponse(status=204), error.text, "error")
    return htmx.toast(HttpResponse(status=204), said)


@requires("cases.review")
@require_POST
def case_block_domain(request: HttpRequest, case_id: str) -> HttpResponse:
    """Put a domain of this message on the block list of the whole house."""
    _state, place = _place(request.GET)
    domain = request.POST.get("domain", "")
    return carry_out(
        request,
        lambda: actions.add_domain(domain, "block", known(request).actor, source=f"case:{case_id}"),
        _("%(domain)s is blocked everywhere from now on.") % {"domain": domain},
        place.href(case_id),
    )


@requires("cases.review")
@require_POST
def review_bulk(request: HttpRequest) -> HttpResponse:
    """Uphold all that were ticked; those decided meanwhile are passed over and named."""
    _state, place = _place(request.GET)
    chosen = request.POST.getlist("case")[:MOST_AT_ONCE]
    outcome = actions.bulk_uphold(chosen, known(request).actor, _note(request))
    navigation.forget_badges()
    if outcome.done:
        messages.success(
            request,
            ngettext("%(n)s case upheld.", "%(n)s cases upheld.", len(outcome.done))
            % {"n": len(outcome.done)},
        )
    for _case_id, why in outcome.skipped[:5]:
        messages.warning(request, str(why))
    if not chosen:
        messages.info(request, _("Tick some cases first."))
    return SeeOther(place.href())


def _decide(
    request: HttpRequest, case_id: str, deed: Callable[[str, str], object], said: str
) -> HttpResponse:
    """Decide and go on to the next case; whoever comes too late stays and sees what was decided."""
    state, place = _place(request.GET)
    following = review_queue.queue(place.tab, state).around(case_id)[1]
    try:
        deed(known(request).actor, _note(request))
    except GuildhallError as error:
        messages.error(request, str(error.text))
        return SeeOther(place.href(case_id))
    navigation.forget_badges()
    again = format_html(' <a href="{}">{}</a>', place.href(case_id), _("Look again"))
    messages.success(request, format_html("{}{}", said, again))
    return SeeOther(place.href(case_id if place.tab == "decided" else following))


def _note(request: HttpRequest) -> str:
    return request.POST.get("note", request.POST.get("reason", "")).strip()[:2000]
