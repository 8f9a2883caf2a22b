"""Methods on the bot itself: who it is, its commands and descriptions, how it gets its updates.

getUpdates is answered by the server, because it waits without the world's lock.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

from guildhall.channels.testing.telegram.methods.registry import method
from guildhall.channels.testing.telegram.refusals import bad
from guildhall.channels.testing.telegram.state import Bot, Json
from guildhall.channels.testing.telegram.webhook import LOOPBACK, Hook, Pusher
from guildhall.channels.testing.telegram.world import World

PORTS = (80, 88, 443, 8443)
SCOPES = ("chat_member", "chat_administrators", "chat", "all_chat_administrators", "all_group_chats",
          "all_private_chats", "default")  # fmt: skip


@method("getMe")
def get_me(world: World, bot: Bot, p: Json) -> Any:
    return bot.user


@method("logOut", "close")
def log_out(world: World, bot: Bot, p: Json) -> Any:
    return True


# -- webhook -----------------------------------------------------------------------------------------


def stop_pushing(world: World, bot: Bot) -> None:
    pusher = world.pushers.pop(bot.id, None)
    if pusher is not None:
        left = pusher.close()
        world.updates[bot.id].hook(None)
        world.updates[bot.id].put_back(left)


@method("setWebhook")
def set_webhook(world: World, bot: Bot, p: Json) -> Any:
    """Telegram demands https; plain http is let through to this machine alone, where tests have no
    certificate to show."""
    url = p["url"].strip()
    updates = world.updates[bot.id]
    if not url:
        return delete_webhook(world, bot, p)
    parts = urlsplit(url)
    local = parts.hostname in LOOPBACK
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        raise bad("bad webhook: An HTTPS URL must be provided for webhook")
    if not parts.hostname or ("." not in parts.hostname and not local):
        raise bad("bad webhook: Failed to resolve host: Name or service not known")
    if not local and (parts.port or 443) not in PORTS:
        raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
    secret = p.get("secret_token", "")
    if not re.fullmatch(r"[A-Za-z0-9_-]*", secret):
        raise bad("secret token contains unallowed characters")
    stop_pushing(world, bot)
    if p.get("drop_pending_updates"):
        updates.drop_all()
    updates.allow(p.get("allowed_updates"))
    hook = Hook(url, secret, p.get("max_connections", 40), p.get("ip_address", ""), "certificate" in p)
    pusher = Pusher(hook, updates, world.routes, world.mischief.twice, world.mischief.late)
    world.pushers[bot.id] = pusher
    pusher.start()
    return True


@method("deleteWebhook")
def delete_webhook(world: World, bot: Bot, p: Json) -> Any:
    stop_pushing(world, bot)
    if p.get("drop_pending_updates"):
        world.updates[bot.id].drop_all()
    return True


@method("getWebhookInfo")
def webhook_info(world: World, bot: Bot, p: Json) -> Any:
    updates = world.updates[bot.id]
    pusher = world.pushers.get(bot.id)
    info: Json = {
        "url": pusher.hook.url if pusher else "",
        "has_custom_certificate": pusher.hook.has_certificate if pusher else False,
        "pending_update_count": pusher.waiting if pusher else len(updates.pending),
    }
    if updates.allowed is not None:
        info["allowed_updates"] = sorted(updates.allowed)
    if pusher is not None:
        info["max_connections"] = pusher.hook.max_connections
        info["ip_address"] = pusher.hook.ip_address or "127.0.0.1"
        if pusher.last_error_date:
            info["last_error_date"] = pusher.last_error_date
            info["last_error_message"] = pusher.last_error
    return info


# -- commands, names and descriptions ----------------------------------------------------------------


def _scope(p: Json) -> tuple[str, str]:
    scope = p.get("scope") or {"type": "default"}
    return json.dumps(scope, sort_keys=True), p.get("language_code") or ""


@method("setMyCommands")
def set_commands(world: World, bot: Bot, p: Json) -> Any:
    for one in p["commands"]:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", one["command"].lstrip("/")):
            raise bad("BOT_COMMAND_INVALID")
        if not one["description"].strip():
            raise bad("command description must be non-empty")
    if len(p.get("language_code") or "xx") != 2:
        raise bad("LANG_CODE_INVALID")
    bot.commands[_scope(p)] = [{**one, "command": one["command"].lstrip("/")} for one in p["commands"]]
    return True


@method("getMyCommands")
def get_commands(world: World, bot: Bot, p: Json) -> Any:
    return bot.commands.get(_scope(p), [])


@method("deleteMyCommands")
def delete_commands(world: World, bot: Bot, p: Json) -> Any:
    bot.commands.pop(_scope(p), None)
    return True


def _about(name: str, parameter: str) -> None:
    def put(world: World, bot: Bot, p: Json) -> Any:
        bot.about[(parameter, p.get("language_code") or "")] = p.get(parameter, "")
        return True

    def get(world: World, bot: Bot, p: Json) -> Any:
        fallback = bot.user["first_name"] if parameter == "name" else ""
        plain = bot.about.get((parameter, "")) or fallback
        return {parameter: bot.about.get((parameter, p.get("language_code") or "")) or plain}

    method(f"setMy{name}")(put)
    method(f"getMy{name}")(get)


_about("Name", "name")
_about("Description", "description")
_about("ShortDescription", "short_description")


@method("setChatMenuButton")
def set_menu(world: World, bot: Bot, p: Json) -> Any:
    bot.menu_button = p.get("menu_button") or {"type": "default"}
    return True


@method("getChatMenuButton")
def get_menu(world: World, bot: Bot, p: Json) -> Any:
    return bot.menu_button


@method("setMyDefaultAdministratorRights")
def set_default_rights(world: World, bot: Bot, p: Json) -> Any:
    bot.default_rights[bool(p.get("for_channels"))] = p.get("rights") or {}
    return True


@method("getMyDefaultAdministratorRights")
def get_default_rights(world: World, bot: Bot, p: Json) -> Any:
    from guildhall.channels.testing.telegram.rights import RIGHTS

    held = bot.default_rights.get(bool(p.get("for_channels")), {})
    return {name: bool(held.get(name)) for name in ("is_anonymous", *RIGHTS)}
