"""Set-up of the people room in Django's admin: teams. Staff and rights have pages of their own."""

from __future__ import annotations

from django.contrib import admin

from guildhall.people.models import Team


@admin.register(Team)
class TeamAdmin(admin.ModelAdmin):
    list_display = ("name", "slug", "created_at")
    prepopulated_fields = {"slug": ("name",)}
