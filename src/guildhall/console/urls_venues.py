"""Addresses of the account look-up and of connections to affiliate APIs."""

from __future__ import annotations

from django.urls import path

from guildhall.console import lookup, lookup_offices, venue_connections, venue_pulls

urlpatterns = [
    path("lookup/", lookup.lookup, name="lookup"),
    path("lookup/offices/", lookup_offices.office_list, name="back-offices"),
    path("lookup/offices/new/", lookup_offices.office_new, name="back-office-new"),
    path("lookup/offices/<str:office_id>/", lookup_offices.office_page, name="back-office"),
    path("lookup/offices/<str:office_id>/change/", lookup_offices.office_change, name="back-office-change"),
    path("lookup/offices/<str:office_id>/switch/", lookup_offices.office_switch, name="back-office-switch"),
    path("lookup/offices/<str:office_id>/remove/", lookup_offices.office_remove, name="back-office-remove"),
    path("venues/", venue_connections.venue_list, name="venues"),
    path("venues/new/", venue_connections.venue_new, name="venue-new"),
    path("venues/pulls/<str:pull_id>/", venue_pulls.venue_pull_page, name="venue-pull-page"),
    path("venues/<str:connection_id>/", venue_connections.venue_page, name="venue"),
    path("venues/<str:connection_id>/change/", venue_connections.venue_change, name="venue-change"),
    path("venues/<str:connection_id>/pull/", venue_connections.venue_pull, name="venue-pull"),
    path("venues/<str:connection_id>/pause/", venue_connections.venue_pause, name="venue-pause"),
    path("venues/<str:connection_id>/resume/", venue_connections.venue_resume, name="venue-resume"),
]
