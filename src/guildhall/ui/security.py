"""The headers that keep a page to itself: a strict content security policy and its companions. Pure but for a
mark.

No inline script or style anywhere in the house, so none is allowed. A view that is meant to be shown inside
another site (the chat widget) says so with `embeddable`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.http import HttpResponse

ANCESTORS = "_frame_ancestors"


def content_policy(ancestors: str = "'self'", form_targets: Iterable[str] = ()) -> str:
    """The content security policy. `ancestors`: who may frame the page; `form_targets`: foreign origins a
    form may lead to (an identity provider).
    """
    parts = {
        "default-src": "'self'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": " ".join(("'self'", *form_targets)),
        "frame-ancestors": ancestors,
    }
    return "; ".join(f"{name} {value}" for name, value in parts.items())


def embeddable(ancestors: str = "*") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let other sites frame this view. `ancestors` is a list of origins as the policy writes it."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def framed(*args: Any, **kwargs: Any) -> Any:
            response = view(*args, **kwargs)
            allow_framing(response, ancestors)
            return response

        return framed

    return decorate


def allow_framing(response: HttpResponse, ancestors: str = "*") -> None:
    """Let `ancestors` frame this one response."""
    setattr(response, ANCESTORS, ancestors)
    response.xframe_options_exempt = True
