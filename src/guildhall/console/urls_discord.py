"""Addresses of the pages about Discord."""

from __future__ import annotations

from django.urls import path

from guildhall.console import discord_bots, discord_servers

_SERVER = "settings/discord/servers/<str:space_id>/"
_BOT = "settings/discord/<str:bot_id>/"

urlpatterns = [
    path("settings/discord/", discord_bots.discord, name="discord"),
    path("settings/discord/new/", discord_bots.bot_new, name="discord-new"),
    path(_SERVER, discord_servers.server_page, name="discord-server"),
    path(f"{_SERVER}live/", discord_servers.server_live, name="discord-server-live"),
    path(f"{_SERVER}check/", discord_servers.server_check, name="discord-server-check"),
    path(f"{_SERVER}save/", discord_servers.server_save, name="discord-server-save"),
    path(f"{_SERVER}moderate/", discord_servers.server_moderate, name="discord-server-moderate"),
    path(f"{_SERVER}test/", discord_servers.server_test, name="discord-server-test"),
    path(f"{_SERVER}channels/<str:channel>/", discord_servers.channel_save, name="discord-channel-save"),
    path(_BOT, discord_bots.bot_page, name="discord-bot"),
    path(f"{_BOT}live/", discord_bots.bot_live, name="discord-bot-live"),
    path(f"{_BOT}check/", discord_bots.bot_check, name="discord-bot-check"),
    path(f"{_BOT}pause/", discord_bots.bot_pause, name="discord-bot-pause"),
    path(f"{_BOT}resume/", discord_bots.bot_resume, name="discord-bot-resume"),
    path(f"{_BOT}token/", discord_bots.bot_token, name="discord-bot-token"),
    path(f"{_BOT}remove/", discord_bots.bot_remove, name="discord-bot-remove"),
]
