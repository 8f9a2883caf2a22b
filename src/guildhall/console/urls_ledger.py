"""Addresses of the pages about the ledger."""

from __future__ import annotations

from django.urls import path

from guildhall.console import ledger_accounts, ledger_days, ledger_postings

urlpatterns = [
    path("ledger/", ledger_accounts.ledger, name="ledger"),
    path("ledger/verify/", ledger_accounts.ledger_verify, name="ledger-verify"),
    path("ledger/find/", ledger_accounts.find, name="ledger-find"),
    path("ledger/accounts/<int:account_id>/", ledger_accounts.account, name="ledger-account"),
    path("ledger/postings/", ledger_postings.postings, name="ledger-postings"),
    path("ledger/postings/<int:posting_id>/", ledger_postings.posting, name="ledger-posting"),
    path("ledger/days/", ledger_days.days, name="ledger-days"),
    path("ledger/days/close/", ledger_days.days_close, name="ledger-days-close"),
    path("ledger/holds/", ledger_days.holds, name="ledger-holds"),
    path("ledger/holds/place/", ledger_days.hold_place, name="ledger-hold-place"),
    path("ledger/holds/<str:hold_id>/release/", ledger_days.hold_release, name="ledger-hold-release"),
]
