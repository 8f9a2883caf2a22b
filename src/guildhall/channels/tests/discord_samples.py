"""Events as Discord's gateway tells them, by name: (event, data). Messages are as the published description
says, with what the gateway adds to them (`guild_id`, `member`).
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
BOT, GUILD, CHANNEL, THREAD = (
    "7000000000000000001",
    "8000000000000000001",
    "8100000000000000001",
    "8200000000000000001",
)
BOB, ANN, HOOK = "9000000000000000001", "9000000000000000002", "9100000000000000001"
MESSAGE, EARLIER = "1310000000000000001", "1300000000000000009"
AT = "2026-11-23T10:00:00.123000+00:00"


def user(number: str = BOB, name: str = "bob", **more: Any) -> Json:
    return {
        "id": number, "username": name, "discriminator": "0", "global_name": name.title(), "avatar": None,
        "public_flags": 0, "flags": 0, "primary_guild": None, **more,
    }  # fmt: skip


def member(**more: Any) -> Json:
    return {
        "roles": [], "nick": None, "avatar": None, "joined_at": "2025-01-02T03:04:05.000000+00:00",
        "premium_since": None, "deaf": False, "mute": False, "flags": 0, "pending": False, "banner": None,
        "communication_disabled_until": None, **more,
    }  # fmt: skip


def message(text: str = "hello", **more: Any) -> Json:
    return {
        "id": MESSAGE, "channel_id": CHANNEL, "guild_id": GUILD, "type": 0, "content": text, "author": user(),
        "member": member(nick="Bobby"), "timestamp": AT, "edited_timestamp": None, "tts": False,
        "mention_everyone": False, "mentions": [], "mention_roles": [], "attachments": [], "embeds": [],
        "components": [], "pinned": False, "flags": 0, **more,
    }  # fmt: skip


def direct(text: str = "hello", **more: Any) -> Json:
    whole = message(text, **more)
    return {key: value for key, value in whole.items() if key not in ("guild_id", "member")}


def attachment(number: str = "1310000000000000100", **more: Any) -> Json:
    return {
        "id": number, "filename": "chart.png", "size": 12345, "content_type": "image/png", "width": 640,
        "height": 480, "ephemeral": False, "placeholder_version": 1,
        "url": f"https://cdn.discordapp.com/attachments/{CHANNEL}/{number}/chart.png?ex=1&is=2&hm=3",
        "proxy_url": f"https://media.discordapp.net/attachments/{CHANNEL}/{number}/chart.png?ex=1&is=2&hm=3",
        **more,
    }  # fmt: skip


def interaction(kind: int, data: Json | None, **more: Any) -> Json:
    whole = {
        "id": "1310000000000000500", "application_id": BOT, "type": kind, "token": "an-interaction-token",
        "version": 1, "guild_id": GUILD, "channel_id": CHANNEL, "locale": "zh-CN", "guild_locale": "en-US",
        "member": {**member(), "permissions": "0", "user": user()}, "context": 0,
        "authorizing_integration_owners": {"0": GUILD}, "entitlements": [], "app_permissions": "0", **more,
    }  # fmt: skip
    return {**whole, "data": data} if data is not None else whole


def channel(number: str = CHANNEL, **more: Any) -> Json:
    return {
        "id": number, "type": 0, "guild_id": GUILD, "name": "general", "position": 1, "parent_id": None,
        "permission_overwrites": [], "topic": None, "nsfw": False, "rate_limit_per_user": 0,
        "last_message_id": EARLIER, "flags": 0, **more,
    }  # fmt: skip


def thread(**more: Any) -> Json:
    return {
        "id": THREAD, "type": 11, "guild_id": GUILD, "parent_id": CHANNEL, "owner_id": BOB, "name": "Fees?",
        "message_count": 1, "member_count": 1, "total_message_sent": 1, "rate_limit_per_user": 0,
        "last_message_id": None, "flags": 0, "thread_metadata": {
            "archived": False, "archive_timestamp": AT, "auto_archive_duration": 1440, "locked": False,
        }, **more,
    }  # fmt: skip


def guild(**more: Any) -> Json:
    return {
        "id": GUILD, "name": "Perpetuals", "owner_id": ANN, "icon": None, "features": [], "roles": [
            {"id": GUILD, "name": "@everyone", "position": 0, "permissions": "0", "managed": False},
        ], "channels": [channel()], "threads": [thread()], "members": [{**member(), "user": user()}],
        "member_count": 2, "verification_level": 1, "preferred_locale": "en-US", "unavailable": False,
        "joined_at": AT, "large": False, **more,
    }  # fmt: skip


def entry(action: int, **more: Any) -> Json:
    return {
        "id": "1310000000000000700", "action_type": action, "user_id": ANN, "target_id": BOB,
        "guild_id": GUILD, **more,
    }  # fmt: skip


POLL = {
    "question": {"text": "Long or short?"},
    "answers": [
        {"answer_id": 1, "poll_media": {"text": "long"}},
        {"answer_id": 2, "poll_media": {"text": "short", "emoji": {"name": "📉", "id": None, "animated": False}}},
    ],
    "expiry": "2026-11-24T10:00:00+00:00", "allow_multiselect": False, "layout_type": 1,
    "results": {"is_finalized": False, "answer_counts": [{"id": 2, "count": 3, "me_voted": False}]},
}  # fmt: skip
REFERENCE = {"type": 0, "message_id": EARLIER, "channel_id": CHANNEL, "guild_id": GUILD}
RICH = {
    "type": "rich", "title": "Airdrop", "description": "Claim at claim-now.top", "url": "https://evil.top/x",
    "author": {"name": "MetaMask Support", "url": "https://metamask.example"},
    "fields": [{"name": "Step 1", "value": "connect your wallet", "inline": False}],
    "footer": {"text": "today only"},
}  # fmt: skip

WRITTEN: dict[str, tuple[str, Json]] = {
    "plain": ("MESSAGE_CREATE", message()),
    "marked": ("MESSAGE_CREATE", message(
        f"hi <@{ANN}> **bold** `code` ||gone|| [my site](https://evil.top/a) <:pepe:123456> @everyone\n> said")),
    "reply": ("MESSAGE_CREATE", message("yes", type=19, message_reference=REFERENCE)),
    "edited": ("MESSAGE_UPDATE", message("hello again", edited_timestamp="2026-11-23T10:01:00+00:00")),
    "in a thread": ("MESSAGE_CREATE", message("in there", channel_id=THREAD)),
    "by a webhook": ("MESSAGE_CREATE", {
        **message("from a hook", webhook_id=HOOK, author=user(HOOK, "Feed", bot=True)), "member": None}),
    "from another server": ("MESSAGE_CREATE", message(
        "news", flags=2, webhook_id=HOOK, author=user(HOOK, "News", bot=True),
        message_reference={"type": 0, "message_id": "55", "channel_id": "66", "guild_id": "77"})),
    "forwarded": ("MESSAGE_CREATE", message(
        "", message_reference={"type": 1, "message_id": "55", "channel_id": "66", "guild_id": "77"},
        message_snapshots=[{"message": {
            "type": 0, "content": "come to wallet-check.top", "mentions": [], "mention_roles": [],
            "attachments": [attachment()], "embeds": [], "timestamp": AT, "edited_timestamp": None,
            "flags": 0, "components": []}}])),
    "files": ("MESSAGE_CREATE", message("see", attachments=[
        attachment(), attachment("1310000000000000101", filename="terms.pdf", content_type="application/pdf")])),
    "a voice note": ("MESSAGE_CREATE", message("", flags=1 << 13, attachments=[attachment(
        filename="voice.ogg", content_type="audio/ogg", duration_secs=7.5, waveform="AAAA")])),
    "a sticker": ("MESSAGE_CREATE", message(
        "", sticker_items=[{"id": "749054660769218631", "name": "Wave", "format_type": 1}])),
    "a poll": ("MESSAGE_CREATE", message("", poll=POLL)),
    "an app's card": ("MESSAGE_CREATE", message("", author=user(HOOK, "App", bot=True), embeds=[RICH])),
    "buttons": ("MESSAGE_CREATE", message("pick", author=user(HOOK, "App", bot=True), components=[{
        "type": 1, "id": 1, "components": [
            {"type": 2, "id": 2, "style": 5, "label": "Open", "url": "https://dapp.evil.top", "disabled": False},
        ]}])),
    "laid out": ("MESSAGE_CREATE", message("", flags=1 << 15, author=user(HOOK, "App", bot=True), components=[{
        "type": 17, "id": 1, "accent_color": None, "spoiler": False, "components": [
            {"type": 10, "id": 2, "content": "Verify your wallet at verify-me.top"},
        ]}])),
    "in private": ("MESSAGE_CREATE", direct("may I ask something")),
}  # fmt: skip

SAMPLES: dict[str, tuple[str, Json]] = {
    **WRITTEN,
    "edited in part": ("MESSAGE_UPDATE", {
        "id": MESSAGE, "channel_id": CHANNEL, "guild_id": GUILD, "content": "new words"}),
    "a preview": ("MESSAGE_UPDATE", message(
        "https://x.example", embeds=[{"type": "link", "title": "A page", "url": "https://x.example"}])),
    "a preview in part": ("MESSAGE_UPDATE", {
        "id": MESSAGE, "channel_id": CHANNEL, "guild_id": GUILD, "embeds": []}),
    "our own": ("MESSAGE_CREATE", message("said by us", author=user(BOT, "warden", bot=True))),
    "a welcome line": ("MESSAGE_CREATE", message("", type=7)),
    "a pin": ("MESSAGE_CREATE", message("", type=6, message_reference=REFERENCE)),
    "a poll's result": ("MESSAGE_CREATE", message(
        "", type=46, message_reference=REFERENCE, embeds=[{"type": "poll_result", "fields": []}])),
    "deleted": ("MESSAGE_DELETE", {"id": MESSAGE, "channel_id": CHANNEL, "guild_id": GUILD}),
    "deleted in private": ("MESSAGE_DELETE", {"id": MESSAGE, "channel_id": CHANNEL}),
    "deleted together": ("MESSAGE_DELETE_BULK", {
        "ids": [MESSAGE, EARLIER], "channel_id": CHANNEL, "guild_id": GUILD}),
    "a reaction": ("MESSAGE_REACTION_ADD", {
        "user_id": BOB, "message_id": MESSAGE, "channel_id": CHANNEL, "guild_id": GUILD, "burst": False,
        "type": 0, "member": {**member(), "user": user()}, "emoji": {"id": None, "name": "👍"}}),
    "a reaction taken back": ("MESSAGE_REACTION_REMOVE", {
        "user_id": BOB, "message_id": MESSAGE, "channel_id": CHANNEL, "guild_id": GUILD, "burst": False,
        "type": 0, "emoji": {"id": "123456", "name": "pepe"}}),
    "reactions cleared": ("MESSAGE_REACTION_REMOVE_ALL", {
        "message_id": MESSAGE, "channel_id": CHANNEL, "guild_id": GUILD}),
    "one reaction cleared": ("MESSAGE_REACTION_REMOVE_EMOJI", {
        "message_id": MESSAGE, "channel_id": CHANNEL, "guild_id": GUILD, "emoji": {"id": None, "name": "🔥"}}),
    "a vote": ("MESSAGE_POLL_VOTE_ADD", {
        "user_id": BOB, "message_id": MESSAGE, "channel_id": CHANNEL, "guild_id": GUILD, "answer_id": 2}),
    "a vote taken back": ("MESSAGE_POLL_VOTE_REMOVE", {
        "user_id": BOB, "message_id": MESSAGE, "channel_id": CHANNEL, "guild_id": GUILD, "answer_id": 2}),
    "a join": ("GUILD_MEMBER_ADD", {**member(joined_at=AT), "user": user(), "guild_id": GUILD}),
    "a leave": ("GUILD_MEMBER_REMOVE", {"guild_id": GUILD, "user": user()}),
    "a member": ("GUILD_MEMBER_UPDATE", {**member(nick="Boss"), "user": user(), "guild_id": GUILD}),
    "a timeout": ("GUILD_MEMBER_UPDATE", {
        **member(communication_disabled_until="2026-11-24T10:00:00+00:00"), "user": user(), "guild_id": GUILD}),
    "a ban": ("GUILD_BAN_ADD", {"guild_id": GUILD, "user": user()}),
    "an unban": ("GUILD_BAN_REMOVE", {"guild_id": GUILD, "user": user()}),
    "a kick in the log": ("GUILD_AUDIT_LOG_ENTRY_CREATE", entry(20, reason="spam")),
    "a ban in the log": ("GUILD_AUDIT_LOG_ENTRY_CREATE", entry(22)),
    "a timeout in the log": ("GUILD_AUDIT_LOG_ENTRY_CREATE", entry(24, changes=[
        {"key": "communication_disabled_until", "new_value": "2026-12-24T10:00:00+00:00"}])),
    "a role in the log": ("GUILD_AUDIT_LOG_ENTRY_CREATE", entry(25, changes=[{"key": "$add", "new_value": []}])),
    "automod": ("AUTO_MODERATION_ACTION_EXECUTION", {
        "guild_id": GUILD, "action": {"type": 1, "metadata": {}}, "rule_id": "5", "rule_trigger_type": 1,
        "user_id": BOB, "channel_id": CHANNEL, "content": "bad words", "matched_keyword": "bad",
        "matched_content": "bad"}),
    "an application": ("GUILD_JOIN_REQUEST_CREATE", {"guild_id": GUILD, "status": "SUBMITTED", "request": {
        "id": "5", "user_id": BOB, "user": user(), "created_at": AT, "guild_id": GUILD,
        "application_status": "SUBMITTED", "form_responses": [
            {"field_type": "TERMS", "label": "Rules", "response": True, "values": []},
            {"field_type": "TEXT_INPUT", "label": "Where from?", "response": "a friend"},
            {"field_type": "MULTIPLE_CHOICE", "label": "You trade", "response": 1, "choices": ["spot", "perps"]},
        ]}}),
    "a server": ("GUILD_CREATE", guild()),
    "a server away": ("GUILD_CREATE", {"id": GUILD, "unavailable": True}),
    "a server renamed": ("GUILD_UPDATE", {**guild(name="Perps & Spot"), "channels": []}),
    "a server lost": ("GUILD_DELETE", {"id": GUILD}),
    "an outage": ("GUILD_DELETE", {"id": GUILD, "unavailable": True}),
    "a role": ("GUILD_ROLE_UPDATE", {"guild_id": GUILD, "role": {"id": "5", "name": "mod", "permissions": "4"}}),
    "a channel": ("CHANNEL_CREATE", channel(name="fees")),
    "a channel gone": ("CHANNEL_DELETE", channel()),
    "a thread": ("THREAD_CREATE", {**thread(), "newly_created": True}),
    "a thread closed": ("THREAD_UPDATE", thread(thread_metadata={
        "archived": True, "archive_timestamp": AT, "auto_archive_duration": 60, "locked": False})),
    "a thread gone": ("THREAD_DELETE", {"id": THREAD, "guild_id": GUILD, "parent_id": CHANNEL, "type": 11}),
    "threads": ("THREAD_LIST_SYNC", {"guild_id": GUILD, "threads": [thread()], "members": []}),
    "an invite": ("INVITE_CREATE", {
        "guild_id": GUILD, "channel_id": CHANNEL, "code": "abc", "created_at": AT, "max_age": 0, "max_uses": 1,
        "temporary": False, "uses": 0, "expires_at": None, "inviter": user()}),
    "an invite gone": ("INVITE_DELETE", {"guild_id": GUILD, "channel_id": CHANNEL, "code": "abc"}),
    "a command": ("INTERACTION_CREATE", interaction(2, {
        "id": "5", "name": "mute", "type": 1, "options": [
            {"name": "member", "type": 6, "value": ANN}, {"name": "time", "type": 3, "value": "2h"},
            {"name": "reason", "type": 3, "value": "spam links"}]})),
    "a command of two words": ("INTERACTION_CREATE", interaction(2, {
        "id": "5", "name": "raid", "type": 1, "options": [
            {"name": "start", "type": 1, "options": [{"name": "minutes", "type": 4, "value": 30}]}]})),
    "a command on a member": ("INTERACTION_CREATE", interaction(2, {
        "id": "6", "name": "Warn member", "type": 2, "target_id": ANN, "resolved": {}})),
    "a command on a message": ("INTERACTION_CREATE", interaction(2, {
        "id": "7", "name": "Report message", "type": 3, "target_id": EARLIER, "resolved": {}})),
    "a press": ("INTERACTION_CREATE", interaction(
        3, {"component_type": 2, "custom_id": "appeal:7", "id": 2}, message=message("pick"))),
    "a choice": ("INTERACTION_CREATE", interaction(
        3, {"component_type": 3, "custom_id": "gate", "values": ["b", "c"]}, message=message("pick"))),
    "a form": ("INTERACTION_CREATE", interaction(5, {"custom_id": "why", "components": [
        {"type": 1, "components": [{"type": 4, "custom_id": "reason", "value": "not me"}]},
        {"type": 18, "component": {"type": 3, "custom_id": "kind", "values": ["x"]}}]})),
    "a command in private": ("INTERACTION_CREATE", {
        **{key: value for key, value in interaction(2, {"id": "5", "name": "help", "type": 1}).items()
           if key not in ("guild_id", "member")}, "user": user()}),
    "letters so far": ("INTERACTION_CREATE", interaction(4, {"id": "5", "name": "mute", "type": 1})),
    "typing": ("TYPING_START", {"channel_id": CHANNEL, "guild_id": GUILD, "user_id": BOB, "timestamp": 1}),
    "a voice state": ("VOICE_STATE_UPDATE", {"guild_id": GUILD, "user_id": BOB, "session_id": "x"}),
    "a session": ("READY", {"v": 10, "session_id": "x", "guilds": [{"id": GUILD, "unavailable": True}]}),
}  # fmt: skip
