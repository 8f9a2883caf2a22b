"""Addresses of the pages about the exchange's feeds."""

from __future__ import annotations

from django.urls import URLPattern, path

from guildhall.console import exchange_batches, exchange_feeds, exchange_import

_FEED, _BATCH = "feeds/<str:feed_id>/", "feeds/batches/<str:batch_id>/"

urlpatterns: list[URLPattern] = [
    path("feeds/", exchange_feeds.exchange_feeds, name="exchange-feeds"),
    path("feeds/new/", exchange_feeds.exchange_feed_new, name="exchange-feed-new"),
    path("feeds/import/", exchange_import.exchange_import, name="exchange-import"),
    path(_BATCH, exchange_batches.exchange_batch, name="exchange-batch"),
    path(f"{_BATCH}mapping/", exchange_import.exchange_mapping, name="exchange-mapping"),
    path(f"{_BATCH}bad-rows.csv", exchange_batches.exchange_bad_rows, name="exchange-bad-rows"),
    path(f"{_BATCH}<slug:deed>/", exchange_batches.exchange_batch_deed, name="exchange-batch-deed"),
    path("feeds/rows/<int:row_id>/", exchange_batches.exchange_bad_row, name="exchange-bad-row"),
    path(_FEED, exchange_feeds.exchange_feed, name="exchange-feed"),
    path(f"{_FEED}edit/", exchange_feeds.exchange_feed_edit, name="exchange-feed-edit"),
    path(f"{_FEED}state/", exchange_feeds.exchange_feed_state, name="exchange-feed-state"),
    path(f"{_FEED}secret/", exchange_feeds.exchange_feed_secret, name="exchange-feed-secret"),
]
