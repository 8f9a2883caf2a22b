"""The only writers of the paging room: `pages` (raised, acknowledged, over) and `pagers` (with the plans).

Other rooms need one of them: `raise_page(kind, title, by=..., severity=..., body=..., link=...,
dedupe_key=...)`, and `resolve_by_key` when it is over.
"""

from guildhall.paging.actions.pagers import (
    add_pager,
    change_pager,
    remove_pager,
    remove_plan,
    save_plan,
    telegram_talks,
    test_pager,
)
from guildhall.paging.actions.pages import acknowledge, raise_page, resolve, resolve_by_key, take_step

__all__ = [
    "acknowledge",
    "add_pager",
    "change_pager",
    "raise_page",
    "remove_pager",
    "remove_plan",
    "resolve",
    "resolve_by_key",
    "save_plan",
    "take_step",
    "telegram_talks",
    "test_pager",
]
