"""The addresses of the web chat, and of the links under pages."""

from django.urls import path

from guildhall.public import duty_calendar, help_urls, pages_of_duty, views

app_name = "public"

urlpatterns = [
    *help_urls.urlpatterns,
    path("duty/calendar/<str:key>.ics", duty_calendar.calendar, name="duty-calendar"),
    path("page/<str:token>/", pages_of_duty.page, name="page"),
    path("page/<str:token>/act", pages_of_duty.act, name="page-act"),
    path("chat/<slug:slug>/", views.chat, name="chat"),
    path("chat/<slug:slug>/embed", views.embed, name="embed"),
    path("chat/<slug:slug>/widget.js", views.widget, name="widget"),
    path("chat/<slug:slug>/log", views.log, name="log"),
    path("chat/<slug:slug>/composer", views.composer, name="composer"),
    path("chat/<slug:slug>/join", views.join, name="join"),
    path("chat/<slug:slug>/ask", views.ask, name="ask"),
    path("chat/<slug:slug>/leave", views.leave, name="leave"),
    path("chat/<slug:slug>/post", views.post, name="post"),
    path("chat/<slug:slug>/messages/<slug:message_id>/edit", views.edit, name="edit"),
    path("chat/<slug:slug>/messages/<slug:message_id>/delete", views.delete, name="delete"),
    path("chat/<slug:slug>/messages/<slug:message_id>/appeal", views.appeal, name="appeal"),
]
