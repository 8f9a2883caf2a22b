"""What a view says about who may open it, and how to read that from any view, ours or django-ninja's.

Pure bookkeeping: `access` enforces what is declared here, the middleware refuses what declares nothing, and
the matrix test walks the declarations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

ATTRIBUTE = "guildhall_access"


class Door(StrEnum):
    """How a view is guarded."""

    PUBLIC = "public"  # anybody
    ENROLMENT = "enrolment"  # signed in; open while the second factor is being set up
    STAFF = "staff"  # signed in, second factor, permission
    API = "api"  # a token with the scope, or a session with the permission behind it


@dataclass(frozen=True, slots=True)
class Access:
    """One declaration. `needs`: a permission (staff) or a scope (api); `methods` empty: all of them."""

    door: Door
    needs: str = ""
    confirm: bool = False
    methods: tuple[str, ...] = ()


def access_of(view: Callable[..., Any]) -> Access | None:
    """What `view` declares; for a django-ninja path, what its first operation declares. None: nothing at
    all.
    """
    return next(iter(accesses_of(view)), None)


def accesses_of(view: Callable[..., Any]) -> tuple[Access, ...]:
    """Every declaration of `view`: one for a page, one for each operation of a django-ninja path.

    A ninja path counts as undeclared as soon as one of its operations declares nothing.
    """
    own = getattr(view, ATTRIBUTE, None)
    if isinstance(own, Access):
        return (own,)
    operations = list(ninja_operations(view))
    found = [_of_operation(operation) for operation in operations]
    if not found or any(access is None for access in found):
        return ()
    return tuple(access for access in found if access is not None)


def ninja_operations(view: Callable[..., Any]) -> Iterator[Any]:
    """The operations behind a view made by django-ninja's `PathView.get_view`; none for any other view."""
    for cell in getattr(view, "__closure__", None) or ():
        yield from getattr(cell.cell_contents, "operations", ())


def _of_operation(operation: Any) -> Access | None:
    methods = tuple(operation.methods)
    declared = getattr(operation.view_func, ATTRIBUTE, None)
    if isinstance(declared, Access) and not operation.auth_callbacks:
        return Access(declared.door, declared.needs, declared.confirm, methods)
    for callback in operation.auth_callbacks:
        scope = getattr(callback, "scope", None)
        if scope is None:
            return None
        return Access(Door.API, scope, methods=methods)
    return None
