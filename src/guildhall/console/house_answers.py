"""How every page of the house answers a form: carry the deed out, say what happened, go back; or say what
is wrong.

A deed raises one of the errors of `core.errors`; its text becomes a toast, or stands at the field that
caused it. All redirects are 303, so that loading the next page again posts nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from guildhall.core.errors import BadInput, GuildhallError
from guildhall.ui import navigation


class SeeOther(HttpResponseRedirect):
    """The answer to a form that was carried out."""

    status_code = 303


def carry_out(request: HttpRequest, deed: Callable[[], object], said: object, back: str) -> HttpResponse:
    """Do `deed`, say `said` (or why it was refused) in a toast on the page `back`."""
    try:
        deed()
    except GuildhallError as error:
        messages.error(request, str(error.text))
    else:
        navigation.forget_badges()
        messages.success(request, str(said))
    return SeeOther(back)


def attempt(form: forms.Form, deed: Callable[[], object]) -> bool:
    """Do `deed` for a valid form; a refusal becomes an error of the form. Whether it was done."""
    if not form.is_valid():
        return False
    try:
        deed()
    except GuildhallError as error:
        field = error.field if isinstance(error, BadInput) and error.field in form.fields else None
        form.add_error(field, str(error.text))
        return False
    navigation.forget_badges()
    return True
