"""What people do in the fake's world, as a test says it: customers add staff by a code, join and leave
groups, talk to kf accounts and Official Accounts; staff confirm what was handed to them.

Everything a real callback would be sent for is sent. `corp` and `account` are ids or the things themselves.
"""

from __future__ import annotations

from typing import Any

from guildhall.channels.testing.wecom.methods import kf as kf_methods
from guildhall.channels.testing.wecom.methods import mass as mass_methods
from guildhall.channels.testing.wecom.state import (
    Account,
    Corp,
    Customer,
    Follower,
    Group,
    Json,
    Kf,
    Robot,
    Talk,
    Welcome,
)
from guildhall.channels.testing.wecom.world import World, xml

INVITED, BY_LINK, BY_CODE = 1, 2, 3
"""join_scene of a group's member."""
DAY = 86400


class People:
    """The part of the fake that tests drive. Ids come back from everything that makes something."""

    world: World

    # -- making --------------------------------------------------------------------------------------

    def add_corp(self, corpid: str = "", name: str = "Guild") -> Corp:
        return self.world.add_corp(corpid, name)

    def add_account(self, appid: str = "", name: str = "Guild news") -> Account:
        return self.world.add_account(appid, name)

    def corp(self, corp: Corp | str) -> Corp:
        return corp if isinstance(corp, Corp) else self.world.corps[corp]

    def account(self, account: Account | str) -> Account:
        return account if isinstance(account, Account) else self.world.accounts[account]

    def add_staff(self, corp: Corp | str, userid: str, name: str = "", contact: bool = True) -> str:
        """`contact`: may have customers (客户联系)."""
        with self.world.lock:
            self.corp(corp).staff[userid] = {
                "userid": userid, "name": name or userid, "status": 1, "contact": contact, "department": [1],
            }  # fmt: skip
        return userid

    def add_customer(
        self, corp: Corp | str, name: str, staff: str = "", unionid: str = "", quiet: bool = True
    ) -> str:
        """Somebody on WeChat; with `staff`, somebody that person has as a customer already."""
        with self.world.lock:
            found = Customer(f"wm{self.world.word(30)}", name, unionid)
            self.corp(corp).customers[found.id] = found
        if staff:
            self.befriend(corp, found.id, staff, quiet=quiet)
        return found.id

    def add_group(
        self, corp: Corp | str, owner: str, name: str, capacity: int = 500, quiet: bool = False
    ) -> str:
        """A customer group, opened by hand on somebody's phone."""
        with self.world.lock:
            found = Group(f"wr{self.world.word(30)}", name, owner, int(self.world.now()), capacity)
            found.members[owner] = {"userid": owner, "type": 1, "join_time": found.created, "join_scene": 1}
            self.corp(corp).groups[found.id] = found
            if not quiet:
                self.world.event(
                    self.corp(corp), "contact", "change_external_chat", "create", ChatId=found.id
                )
        return found.id

    def add_kf(self, corp: Corp | str, name: str) -> str:
        with self.world.lock:
            found = Kf(f"wk{self.world.word(30)}", name)
            self.corp(corp).kf[found.id] = found
        return found.id

    def add_robot(self, corp: Corp | str, name: str = "robot") -> str:
        """The key of a group robot, as it stands in its webhook address."""
        with self.world.lock:
            key = "-".join(f"{self.world.dice.getrandbits(16 * n):0{4 * n}x}" for n in (2, 1, 1, 1, 3))
            self.corp(corp).robots[key] = Robot(key, name)
        return key

    def add_template(self, account: Account | str, title: str) -> str:
        with self.world.lock:
            name = self.world.word(43)
            self.account(account).templates[name] = {
                "template_id": name, "title": title, "primary_industry": "IT", "content": "{{first.DATA}}",
            }  # fmt: skip
        return name

    # -- customers and codes -------------------------------------------------------------------------

    def befriend(
        self,
        corp: Corp | str,
        customer: str,
        staff: str,
        state: str = "",
        add_way: int = 1,
        quiet: bool = False,
    ) -> str:
        """The customer and the member of staff have each other now; the welcome code that came with it."""
        with self.world.lock:
            house, found = self.corp(corp), self.corp(corp).customers[customer]
            follow: Json = {
                "userid": staff, "remark": found.name, "description": "", "createtime": int(self.world.now()),
                "tags": [], "add_way": add_way, "oper_userid": customer,
            }  # fmt: skip
            if state:
                follow["state"] = state
            found.follows[staff] = follow
            if quiet:
                return ""
            code = self.world.welcome(house, staff, found)
            fields: Json = {"UserID": staff, "ExternalUserID": customer}
            if state:
                fields["State"] = state
            self.world.event(
                house,
                "contact",
                "change_external_contact",
                "add_external_contact",
                **fields,
                WelcomeCode=code,
            )
            return code

    def unfriend(self, corp: Corp | str, customer: str, staff: str, by_staff: bool = False) -> None:
        """The customer deletes the member of staff, or the other way round."""
        with self.world.lock:
            self.corp(corp).customers[customer].follows.pop(staff, None)
            change = "del_external_contact" if by_staff else "del_follow_user"
            self.world.event(
                self.corp(corp),
                "contact",
                "change_external_contact",
                change,
                UserID=staff,
                ExternalUserID=customer,
            )

    def scan(self, corp: Corp | str, config_id: str, customer: str) -> str:
        """Somebody scans a code of ours: the member of staff they now have, the group they are in, or '' when
        every group behind the code is full.
        """
        house = self.corp(corp)
        with self.world.lock:
            if config_id in house.ways:
                way = house.ways[config_id]
                staff = self.world.dice.choice(way["user"])
                self.befriend(house, customer, staff, way.get("state") or "", add_way=1)
                return str(staff)
            way = house.joins[config_id]
            for chat_id in way["chat_id_list"]:
                group = house.groups[chat_id]
                if not group.dismissed and not group.is_full:
                    self.world.put_into(house, group, customer, BY_CODE, group.owner, way.get("state") or "")
                    return group.id
            if not way.get("auto_create_room"):
                return ""
            first = house.groups[way["chat_id_list"][0]]
            number = int(way.get("room_base_id") or 1)
            way["room_base_id"] = number + 1
            made = self.add_group(
                house, first.owner, f"{way.get('room_base_name') or first.name}{number}", first.capacity
            )
            way["chat_id_list"] = [*way["chat_id_list"], made][-5:]
            self.world.put_into(
                house, house.groups[made], customer, BY_CODE, first.owner, way.get("state") or ""
            )
            return made

    def chat(self, corp: Corp | str, customer: str, staff: str) -> None:
        """They begin to write to each other, so that no welcome can be sent any more."""
        self.corp(corp).customers[customer].chatted.add(staff)

    def customer(self, corp: Corp | str, external: str) -> Customer:
        return self.corp(corp).customers[external]

    # -- groups --------------------------------------------------------------------------------------

    def group(self, corp: Corp | str, chat_id: str) -> Group:
        return self.corp(corp).groups[chat_id]

    def join(
        self,
        corp: Corp | str,
        chat_id: str,
        who: str,
        scene: int = INVITED,
        invitor: str = "",
        state: str = "",
    ) -> None:
        with self.world.lock:
            house = self.corp(corp)
            self.world.put_into(house, house.groups[chat_id], who, scene, invitor, state)

    def leave(self, corp: Corp | str, chat_id: str, who: str, removed: bool = False) -> None:
        with self.world.lock:
            house, group = self.corp(corp), self.corp(corp).groups[chat_id]
            group.members.pop(who)
            if who in house.customers:
                group.history.append((int(self.world.now()), -1))
            before, group.version = group.version, group.version + 1
            self.world.changed(house, group, "del_member", before, QuitScene=int(removed), people=[who])

    def rename_group(self, corp: Corp | str, chat_id: str, name: str) -> None:
        with self.world.lock:
            group = self.corp(corp).groups[chat_id]
            group.name = name
            self.world.changed(self.corp(corp), group, "change_name", group.version)

    def set_notice(self, corp: Corp | str, chat_id: str, notice: str) -> None:
        with self.world.lock:
            group = self.corp(corp).groups[chat_id]
            group.notice = notice
            self.world.changed(self.corp(corp), group, "change_notice", group.version)

    def set_owner(self, corp: Corp | str, chat_id: str, owner: str) -> None:
        with self.world.lock:
            group = self.corp(corp).groups[chat_id]
            group.owner = owner
            self.world.changed(self.corp(corp), group, "change_owner", group.version)

    def dismiss(self, corp: Corp | str, chat_id: str) -> None:
        with self.world.lock:
            self.corp(corp).groups[chat_id].dismissed = True
            self.world.event(self.corp(corp), "contact", "change_external_chat", "dismiss", ChatId=chat_id)

    def talk(self, corp: Corp | str, chat_id: str, times: int = 1) -> None:
        """Members write in a group: counted by statistics, told to nobody."""
        self.corp(corp).groups[chat_id].talk += [int(self.world.now())] * times

    def confirm(self, corp: Corp | str, msgid: str, staff: str) -> dict[str, int]:
        """A member of staff sends a mass send handed to them; each target's status (1 sent, 3 too many)."""
        with self.world.lock:
            house = self.corp(corp)
            return mass_methods.confirm(self.world, house, house.masses[msgid], staff)

    # -- kf ------------------------------------------------------------------------------------------

    def kf_enter(
        self, corp: Corp | str, open_kfid: str, customer: str, scene: str = "", param: str = ""
    ) -> str:
        """Somebody opens the conversation; the code for a welcome ('' when they talked lately)."""
        with self.world.lock:
            house, found = self.corp(corp), self.corp(corp).kf[open_kfid]
            talk = found.talks.setdefault(customer, Talk())
            part: Json = {"event_type": "enter_session", "open_kfid": open_kfid, "external_userid": customer,
                          "scene": scene, "scene_param": param}  # fmt: skip
            code = ""
            if not talk.heard_at or self.world.now() - talk.heard_at > kf_methods.WINDOW:
                code = self.world.word(32)
                found.codes[code] = Welcome(customer, "", self.world.now())
                part["welcome_code"] = code
            kf_methods.put(self.world, house, found, customer, "event", part, origin=4)
            return code

    def kf_say(
        self, corp: Corp | str, open_kfid: str, customer: str, text: str = "", kind: str = "text",
        tell: bool = True, **part: Any,
    ) -> str:  # fmt: skip
        """A customer writes (or sends `kind` with the fields of `part`); the msgid."""
        with self.world.lock:
            house, found = self.corp(corp), self.corp(corp).kf[open_kfid]
            talk = found.talks.setdefault(customer, Talk())
            talk.heard_at, talk.answered = self.world.now(), 0
            if talk.state == 4:
                talk.state = 0
            said = {"content": text, **part} if kind == "text" else part
            return kf_methods.put(self.world, house, found, customer, kind, said, tell=tell)

    def kf_recall(self, corp: Corp | str, open_kfid: str, customer: str, msgid: str) -> None:
        with self.world.lock:
            part = {
                "event_type": "user_recall_msg",
                "open_kfid": open_kfid,
                "external_userid": customer,
                "recall_msgid": msgid,
            }
            kf_methods.put(
                self.world, self.corp(corp), self.corp(corp).kf[open_kfid], customer, "event", part, origin=4
            )

    def kf_fail(
        self, corp: Corp | str, open_kfid: str, customer: str, msgid: str, fail_type: int = 4
    ) -> None:
        """A message that was taken and then not delivered (`msg_send_fail`)."""
        with self.world.lock:
            part = {"event_type": "msg_send_fail", "open_kfid": open_kfid, "external_userid": customer,
                    "fail_msgid": msgid, "fail_type": fail_type}  # fmt: skip
            kf_methods.put(
                self.world, self.corp(corp), self.corp(corp).kf[open_kfid], customer, "event", part, origin=4
            )

    def kf_shown(self, corp: Corp | str, open_kfid: str, customer: str) -> list[Json]:
        """What the customer sees of us, in order."""
        return self.corp(corp).kf[open_kfid].talks.setdefault(customer, Talk()).shown

    def upload(self, kind: str, content: bytes, name: str = "file") -> str:
        """A file somebody sends; its media id."""
        media_id = f"1{self.world.word(60)}"
        self.world.media[media_id] = {
            "kind": kind, "name": name, "content": content, "until": self.world.now() + 3 * DAY
        }  # fmt: skip
        return media_id

    # -- Official Account ----------------------------------------------------------------------------

    def subscribe(self, account: Account | str, openid: str = "", scene: str = "", unionid: str = "") -> str:
        """Somebody follows, by a code with a scene if there is one; the openid."""
        with self.world.lock:
            house = self.account(account)
            openid = openid or f"o{self.world.word(27)}"
            one = house.followers.setdefault(openid, Follower(openid, unionid))
            one.subscribed, one.subscribe_time, one.scene = True, int(self.world.now()), scene
            ticket = next((name for name, code in house.codes.items() if code["scene"] == scene), "")
            more = {"EventKey": f"qrscene_{scene}", "Ticket": ticket} if scene else {"EventKey": ""}
            self._follower_event(house, one, "subscribe", **more)
            return openid

    def unsubscribe(self, account: Account | str, openid: str) -> None:
        with self.world.lock:
            one = self.account(account).followers[openid]
            one.subscribed = False
            self._follower_event(self.account(account), one, "unsubscribe", EventKey="")

    def follower_scans(self, account: Account | str, openid: str, scene: str) -> None:
        """A follower scans a code with a scene."""
        with self.world.lock:
            house = self.account(account)
            ticket = next((name for name, code in house.codes.items() if code["scene"] == scene), "")
            self._follower_event(house, house.followers[openid], "SCAN", EventKey=scene, Ticket=ticket)

    def press(self, account: Account | str, openid: str, key: str) -> None:
        """A menu entry is pressed."""
        with self.world.lock:
            self._follower_event(
                self.account(account), self.account(account).followers[openid], "CLICK", EventKey=key
            )

    def say(
        self, account: Account | str, openid: str, text: str = "", kind: str = "text", **part: Any
    ) -> str:
        """A follower writes to an Official Account; the MsgId."""
        with self.world.lock:
            house = self.account(account)
            one = house.followers[openid]
            one.until, one.allowed = self.world.now() + 48 * 3600, 5
            number = str(self.world.dice.randrange(10**16, 10**17))
            body: Json = {"ToUserName": f"gh_{house.id[2:14]}", "FromUserName": openid,
                          "CreateTime": int(self.world.now()), "MsgType": kind}  # fmt: skip
            body |= {"Content": text, **part} if kind == "text" else part
            self.world.post(house, "", xml({**body, "MsgId": int(number)}))
            return number

    def _follower_event(self, account: Account, one: Follower, event: str, **fields: Any) -> None:
        if event not in ("unsubscribe",):
            one.until, one.allowed = max(one.until, self.world.now() + 60), max(one.allowed, 3)
        head = {"ToUserName": f"gh_{account.id[2:14]}", "FromUserName": one.openid,
                "CreateTime": int(self.world.now()), "MsgType": "event", "Event": event}  # fmt: skip
        self.world.post(account, "", xml({**head, **fields}))
