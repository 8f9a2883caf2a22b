"""Puts Django's admin behind our doors: stands in INSTALLED_APPS instead of `django.contrib.admin`."""

from django.contrib.admin.apps import AdminConfig


class OwnerAdminConfig(AdminConfig):
    """Django's admin with `OwnerAdminSite` as its site."""

    default = False
    default_site = "guildhall.people.admin_site.OwnerAdminSite"
