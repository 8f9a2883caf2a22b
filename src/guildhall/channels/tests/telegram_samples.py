"""One realistic update of every kind of Telegram, by name, written by the published API description."""

from __future__ import annotations

from guildhall.channels.tests.telegram_updates import (
    ADMIN,
    ANONYMOUS_ADMIN,
    AT,
    BOB,
    CHANNEL,
    CHANNEL_BOT,
    FORUM,
    GROUP,
    LEFT,
    MEI,
    MEMBER,
    OTHER_CHANNEL,
    OWNER,
    SUPERGROUP,
    TELEGRAM,
    US,
    Json,
    administrator,
    banned,
    buttons,
    edited,
    entity,
    file,
    invite,
    member_changed,
    message,
    person,
    photo,
    poll,
    post,
    private,
    restricted,
    said,
    update,
)  # fmt: skip

_LONG_AGO = {"chat": SUPERGROUP, "message_id": 7, "date": 0}
_USER_ORIGIN = {"type": "user", "date": AT - 600, "sender_user": BOB}
_CHANNEL_ORIGIN = {"type": "channel", "date": AT - 600, "chat": OTHER_CHANNEL, "message_id": 88}
_GIVEAWAY = {
    "chats": [CHANNEL], "winners_selection_date": AT + 86400, "winner_count": 5,
    "prize_description": "5 × 100 USDT", "premium_subscription_month_count": 3,
}  # fmt: skip
_STORY = {"chat": OTHER_CHANNEL, "id": 12}
_TASK = {"id": 1, "text": "Join evil-airdrop.xyz"}


def _service(**fields: object) -> Json:
    return message(**fields)


def _forum(**fields: object) -> Json:
    return message(**{"chat": FORUM, "message_thread_id": 77, "is_topic_message": True, **fields})


WRITTEN: dict[str, Json] = {
    "text": message("gm, is the funding rate negative again?"),
    "chinese text": message("大家早上好，手续费怎么算？🚀"),
    "basic group": message("hello", chat=GROUP),
    "private": private("/start ref-7", entities=[entity("bot_command", 0, 6)]),
    "topic message": _forum(text="问一下资金费率"),
    "comment thread": message("first!", message_thread_id=30, reply_to_message=said("post", message_id=30)),
    "channel post": post("Listing at 14:00 UTC", author_signature="Ada"),
    "edited channel post": post("Listing at 15:00 UTC", kind="edited_channel_post", edit_date=AT + 5),
    "automatic forward": message(
        "Listing at 14:00 UTC",
        **{"from": TELEGRAM},
        sender_chat=CHANNEL,
        is_automatic_forward=True,
        forward_origin={"type": "channel", "date": AT, "chat": CHANNEL, "message_id": 5},
    ),
    "anonymous admin": message(
        "Please read the rules", **{"from": ANONYMOUS_ADMIN}, sender_chat=SUPERGROUP, author_signature="Support"
    ),
    "as a channel": message("Join my signals", **{"from": CHANNEL_BOT}, sender_chat=OTHER_CHANNEL),
    "tagged member": message("hi", sender_tag="Whale"),
    "edited": edited("is the funding rate positive again?"),
    "photo": message(caption="my P&L", photo=photo(), media_group_id="13600000000000001"),
    "document": message(document=file(file_name="报表.pdf", mime_type="application/pdf", file_size=5_000_000_000)),
    "animation": message(
        animation=file(width=320, height=240, duration=3), document=file(), caption="lol"
    ),
    "video": message(video=file(width=1920, height=1080, duration=65, mime_type="video/mp4")),
    "video note": message(video_note=file(length=240, duration=9)),
    "voice": message(voice=file(duration=9, mime_type="audio/ogg")),
    "audio": message(audio=file(duration=180, performer="Faye", title="Song")),
    "live photo": message(photo=photo(), live_photo=file("LP1", width=900, height=700, duration=2)),
    "sticker": message(
        sticker=file(
            type="regular", width=512, height=512, is_animated=False, is_video=False, emoji="👍", set_name="Cats"
        )
    ),
    "paid media": message(
        paid_media={
            "star_count": 10,
            "paid_media": [{"type": "photo", "photo": photo()}, {"type": "preview", "width": 10, "height": 10}],
        }
    ),
    "story": message(story=_STORY),
    "contact": message(contact={"phone_number": "+6590000000", "first_name": "VIP", "last_name": "Support"}),
    "location": message(location={"latitude": 1.29, "longitude": 103.85}),
    "venue": message(
        location={"latitude": 1.29, "longitude": 103.85},
        venue={
            "location": {"latitude": 1.29, "longitude": 103.85}, "title": "OTC desk",
            "address": "see otc-desk-vip.com",
        },
    ),
    "dice": message(dice={"emoji": "🎲", "value": 6}),
    "game": message(game={"title": "Ape Run", "description": "Run", "photo": photo(), "text": "ape-run.xyz"}),
    "invoice": message(
        invoice={
            "title": "VIP", "description": "One month", "start_parameter": "x", "currency": "XTR",
            "total_amount": 500,
        }
    ),
    "poll": message(poll=poll("Airdrop at free-usdt.top ?", description="描述")),
    "poll option added": message(
        poll_option_added={"option_persistent_id": "c", "option_text": "Vote at evil-votes.top"}
    ),
    "giveaway": message(giveaway=_GIVEAWAY),
    "giveaway winners": message(
        giveaway_winners={
            "chat": CHANNEL, "giveaway_message_id": 3, "winners_selection_date": AT, "winner_count": 1,
            "winners": [BOB],
        }
    ),
    "checklist": message(checklist={"title": "To do", "tasks": [_TASK]}),
    "checklist tasks added": message(checklist_tasks_added={"tasks": [_TASK]}),
    "via bot": message("chart", via_bot={"id": 9, "is_bot": True, "first_name": "Gif", "username": "gif"}),
    "message effect": message("wow", effect_id="5104841245755180586", is_paid_post=True),
    "forward of user": message("x", forward_origin=_USER_ORIGIN),
    "forward of hidden user": message(
        "x", forward_origin={"type": "hidden_user", "date": AT, "sender_user_name": "Satoshi"}
    ),
    "forward of chat": message(
        "x", forward_origin={"type": "chat", "date": AT, "sender_chat": GROUP, "author_signature": "Mod"}
    ),
    "forward of channel": message("x", forward_origin=_CHANNEL_ORIGIN),
    "reply": message("yes", reply_to_message=said("is it?", message_id=41)),
    "reply with quote": message(
        "this",
        reply_to_message=said("🚀🚀 up only", message_id=41),
        quote={"text": "up", "position": 5, "is_manual": True},
    ),
    "external reply": message(
        "look",
        external_reply={"origin": _CHANNEL_ORIGIN, "chat": OTHER_CHANNEL, "message_id": 88},
        quote={"text": "double your coins", "position": 3},
    ),
    "external reply to a hidden chat": message("look", external_reply={"origin": _USER_ORIGIN}),
    "reply to a story": message("nice", reply_to_story=_STORY),
    "buttons": message(
        "Claim",
        reply_markup=buttons(
            {"text": "Claim 🎁", "url": "https://claim-bonus.top/x"},
            {"text": "App", "web_app": {"url": "https://app.evil.top"}},
            {"text": "No", "callback_data": "no"},
        ),
    ),
    "link preview": message("hello there", link_preview_options={"url": "https://hidden.example/x"}),
    "rich message": message(
        rich_message={
            "blocks": [
                {"type": "heading", "size": 1, "text": "Bonus"},
                {
                    "type": "paragraph",
                    "text": [
                        "Claim ", {"type": "url", "text": {"type": "bold", "text": "here"},
                                   "url": "https://evil.top"}, " or at free-usdt.top",
                    ],
                },
                {"type": "list", "items": [{"label": "1.", "blocks": [{"type": "paragraph", "text": "a"}]}]},
                {"type": "photo", "photo": photo(), "caption": {"text": "看图"}},
            ]
        }
    ),
}  # fmt: skip

_FROM_ADMIN = {"from": ADMIN}
HAPPENED: dict[str, Json] = {
    "joined (service line)": _service(new_chat_members=[BOB], **{"from": BOB}),
    "added (service line)": _service(new_chat_members=[BOB, person(510, "Cy"), US], **_FROM_ADMIN),
    "bot added (service line)": _service(new_chat_members=[US], **_FROM_ADMIN),
    "left (service line)": _service(left_chat_member=BOB, **{"from": BOB}),
    "removed (service line)": _service(left_chat_member=BOB, **_FROM_ADMIN),
    "bot removed (service line)": _service(left_chat_member=US, **_FROM_ADMIN),
    "joined by link": member_changed(LEFT, MEMBER, invite_link=invite(name="Twitter November")),
    "joined by request": member_changed(LEFT, MEMBER, by=ADMIN, via_join_request=True),
    "joined by folder": member_changed(LEFT, MEMBER, via_chat_folder_invite_link=True),
    "came back restricted": member_changed(restricted(is_member=False), restricted(until=AT + 3600)),
    "left": member_changed(MEMBER, LEFT),
    "banned": member_changed(MEMBER, banned(), by=ADMIN),
    "banned until": member_changed(MEMBER, banned(AT + 86400), by=ADMIN),
    "unbanned": member_changed(banned(), LEFT, by=ADMIN),
    "restricted": member_changed(MEMBER, restricted(until=AT + 3600), by=ADMIN),
    "restricted for ever": member_changed(MEMBER, restricted(), by=ADMIN),
    "no pictures": member_changed(MEMBER, restricted(can_send_messages=True), by=ADMIN),
    "promoted": member_changed(MEMBER, administrator(can_delete_messages=True), by=ADMIN),
    "demoted": member_changed(administrator(), MEMBER, by=ADMIN),
    "owner changed": member_changed(MEMBER, OWNER, by=ADMIN),
    "bot promoted": member_changed(
        MEMBER, administrator(can_delete_messages=True), who=US, by=ADMIN, kind="my_chat_member"
    ),
    "bot kicked": member_changed(administrator(), banned(), who=US, by=ADMIN, kind="my_chat_member"),
    "bot blocked": member_changed(
        MEMBER, banned(), who=US, by=MEI, kind="my_chat_member",
        chat={"id": 501, "type": "private", "first_name": "Mei", "username": "meilin"},
    ),
    "join request": update(
        "chat_join_request",
        {
            "chat": SUPERGROUP, "from": BOB, "user_chat_id": 502, "date": AT,
            "bio": "交易员 · t.me/bobtrades", "invite_link": invite(name="VIP door", creates_join_request=True),
        },
    ),
    "topic created": _forum(
        forum_topic_created={"name": "Deposits 充值", "icon_color": 7322096}, message_id=77
    ),
    "topic edited": _forum(forum_topic_edited={"name": "Deposits"}),
    "topic icon edited": _forum(forum_topic_edited={"icon_custom_emoji_id": ""}),
    "topic closed": _forum(forum_topic_closed={}),
    "topic reopened": _forum(forum_topic_reopened={}),
    "general topic closed": message(chat=FORUM, forum_topic_closed={}),
    "general topic hidden": message(chat=FORUM, general_forum_topic_hidden={}),
    "general topic unhidden": message(chat=FORUM, general_forum_topic_unhidden={}),
    "new title": _service(new_chat_title="Exchange English", **_FROM_ADMIN),
    "new title of a channel": post(new_chat_title="News"),
    "pinned": _service(pinned_message=said("rules", message_id=12), **_FROM_ADMIN),
    "pinned long ago": _service(pinned_message=_LONG_AGO, **_FROM_ADMIN),
    "migrated to": message(chat=GROUP, migrate_to_chat_id=-1001500000077),
    "reaction": update(
        "message_reaction",
        {
            "chat": SUPERGROUP, "message_id": 42, "user": BOB, "date": AT, "old_reaction": [],
            "new_reaction": [
                {"type": "emoji", "emoji": "👍"}, {"type": "custom_emoji", "custom_emoji_id": "5368324170671"},
                {"type": "paid"},
            ],
        },
    ),
    "reaction taken back": update(
        "message_reaction",
        {
            "chat": SUPERGROUP, "message_id": 42, "actor_chat": SUPERGROUP, "date": AT,
            "old_reaction": [{"type": "emoji", "emoji": "👍"}], "new_reaction": [],
        },
    ),
    "reaction count": update(
        "message_reaction_count",
        {
            "chat": CHANNEL, "message_id": 42, "date": AT,
            "reactions": [{"type": {"type": "emoji", "emoji": "🔥"}, "total_count": 31},
                          {"type": {"type": "paid"}, "total_count": 2}],
        },
    ),
    "poll tally": update("poll", poll(closed=True)),
    "vote": update(
        "poll_answer",
        {"poll_id": "5300000000000000001", "user": BOB, "option_ids": [1], "option_persistent_ids": ["b"]},
    ),
    "vote of a channel": update(
        "poll_answer",
        {
            "poll_id": "5300000000000000001", "voter_chat": OTHER_CHANNEL, "option_ids": [],
            "option_persistent_ids": [],
        },
    ),
    "button pressed": update(
        "callback_query",
        {
            "id": "4382bfdwdsb323b2d9", "from": BOB, "chat_instance": "1", "data": "a:1",
            "message": said("Choose", message_id=50, **{"from": US}),
        },
    ),
    "button pressed in a private talk": update(
        "callback_query",
        {
            "id": "1", "from": MEI, "chat_instance": "1", "data": "appeal",
            "message": said("?", message_id=3, chat={"id": 501, "type": "private", "first_name": "Mei"},
                            **{"from": US}),
        },
    ),
    "button of a message too old": update(
        "callback_query",
        {"id": "2", "from": BOB, "chat_instance": "1", "data": "a:1", "message": _LONG_AGO},
    ),
    "button of an inline message": update(
        "callback_query",
        {"id": "3", "from": BOB, "chat_instance": "1", "inline_message_id": "AAA", "game_short_name": "run"},
    ),
}  # fmt: skip

NOTHING_TO_DO: dict[str, Json] = {
    "migrated from": message(chat={**SUPERGROUP, "id": -1001500000077}, migrate_from_chat_id=GROUP["id"]),
    "new photo": _service(new_chat_photo=photo()),
    "photo deleted": _service(delete_chat_photo=True),
    "group created": message(chat=GROUP, group_chat_created=True),
    "timer changed": _service(message_auto_delete_timer_changed={"message_auto_delete_time": 86400}),
    "owner changed (service line)": _service(chat_owner_changed={"new_owner": BOB}),
    "video chat started": _service(video_chat_started={}),
    "boost added": _service(boost_added={"boost_count": 1}),
    "tasks done": _service(checklist_tasks_done={"marked_as_done_task_ids": [1]}),
    "giveaway created": _service(giveaway_created={}),
    "giveaway completed": _service(giveaway_completed={"winner_count": 1}),
    "write access": private(write_access_allowed={"from_request": True}),
    "business connection": update(
        "business_connection",
        {"id": "b1", "user": MEI, "user_chat_id": 501, "date": AT, "is_enabled": True},
    ),
    "business message": update("business_message", said("hi", business_connection_id="b1")),
    "edited business message": update("edited_business_message", said("hi", business_connection_id="b1")),
    "deleted business messages": update(
        "deleted_business_messages",
        {"business_connection_id": "b1", "chat": {"id": 501, "type": "private"}, "message_ids": [1, 2]},
    ),
    "guest message": update("guest_message", said("@guild_bot help", guest_query_id="q1")),
    "inline query": update("inline_query", {"id": "1", "from": BOB, "query": "price", "offset": ""}),
    "chosen inline result": update("chosen_inline_result", {"result_id": "1", "from": BOB, "query": "price"}),
    "shipping query": update(
        "shipping_query",
        {
            "id": "1", "from": BOB, "invoice_payload": "x",
            "shipping_address": {
                "country_code": "SG", "state": "", "city": "Singapore", "street_line1": "1", "street_line2": "",
                "post_code": "018956",
            },
        },
    ),
    "pre checkout query": update(
        "pre_checkout_query",
        {"id": "1", "from": BOB, "currency": "XTR", "total_amount": 1, "invoice_payload": "x"},
    ),
    "purchased paid media": update("purchased_paid_media", {"from": BOB, "paid_media_payload": "x"}),
    "boost": update(
        "chat_boost",
        {
            "chat": CHANNEL,
            "boost": {
                "boost_id": "1", "add_date": AT, "expiration_date": AT + 9,
                "source": {"source": "premium", "user": BOB},
            },
        },
    ),
    "boost removed": update(
        "removed_chat_boost",
        {"chat": CHANNEL, "boost_id": "1", "remove_date": AT, "source": {"source": "premium", "user": BOB}},
    ),
    "managed bot": update("managed_bot", {"user": BOB, "bot": US}),
}  # fmt: skip
SAMPLES = {**WRITTEN, **HAPPENED, **NOTHING_TO_DO}
