"""Our own pages of the people room; allauth's stand in `account_urls`."""

from django.urls import path

from guildhall.people import views

app_name = "people"

urlpatterns = [
    path("sign-in/<str:token>/", views.sign_in_link, name="sign_in_link"),
    path("accounts/", views.account, name="account"),
    path("accounts/sessions/<int:session_id>/end/", views.end_session, name="end_session"),
]
