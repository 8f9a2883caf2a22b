"""State that only WeChat and WeCom have: corporations, their people and customer groups, 微信客服 accounts,
Official Accounts, robots, codes, mass sends, and the access tokens all processes share.

Secrets are not here: `core.secrets` keeps them under the names below. Access tokens are: sealed, because they
are fetched anew every two hours and open everything while they last.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from guildhall.core import clock
from guildhall.core.ids import IdField

CONTACT, KF = "contact", "kf"
"""What a corporation's secrets are for: customers and their groups, and 微信客服. One app may serve both."""


def secret_name(corpid: str, use: str) -> str:
    """Under which name `core.secrets` keeps the secret of a corporation's app (`CONTACT` or `KF`)."""
    return f"wecom.secret.{corpid}.{use}"


def callback_token_name(receiver: str) -> str:
    """Under which name the token of a callback is kept; `receiver` is a corpid or an appid."""
    return f"wechat.callback_token.{receiver}"


def callback_key_name(receiver: str) -> str:
    """Under which name the EncodingAESKey of a callback is kept."""
    return f"wechat.callback_key.{receiver}"


def app_secret_name(appid: str) -> str:
    """Under which name an Official Account's AppSecret is kept."""
    return f"wechat.secret.{appid}"


def robot_key_name(robot_id: str) -> str:
    """Under which name a group robot's webhook key is kept."""
    return f"wecom.robot.{robot_id}"


class State(models.TextChoices):
    """What one of our own accounts there is doing."""

    ACTIVE = "active", _("at work")
    PAUSED = "paused", _("paused")
    REVOKED = "revoked", _("secret refused")


class AccessToken(models.Model):
    """An access token shared by all processes; `key` is `wecom:<corpid>:<use>` or `oa:<appid>`.

    `value` is sealed ('' before the first); `generation` grows with each new one, so that who met an expired
    token knows whether somebody fetched another meanwhile. `lease_owner` fetches one until `lease_until`.
    """

    key = models.CharField(primary_key=True, max_length=120)
    value = models.TextField(blank=True)
    generation = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField(null=True)
    lease_owner = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.key


class WecomCorp(models.Model):
    """A corporation at WeCom that we are an app of. `problem` is {en, zh, do_en, do_zh} while something is
    wrong, else {}.

    `facts`: which parts answered when last asked ({`contact`: true, `kf`: false}). `allowance`: how many mass
    sends a customer may get, as the corporation set it at WeCom.
    """

    class Allowance(models.TextChoices):
        MONTH = "month", _("as many a month as it has days")
        WEEK = "week", _("seven a week")
        DAY = "day", _("one a day")

    id = IdField()
    corpid = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=128)
    agent_id = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    allowance = models.CharField(max_length=6, choices=Allowance.choices, default=Allowance.MONTH)
    facts = models.JSONField(default=dict)
    problem = models.JSONField(default=dict)
    problem_since = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=60)
    created_at = models.DateTimeField(default=clock.now)
    checked_at = models.DateTimeField(null=True)
    last_callback_at = models.DateTimeField(null=True)
    synced_at = models.DateTimeField(null=True)
    """When its groups and people were last listed whole."""

    class Meta:
        verbose_name = _("WeCom corporation")
        verbose_name_plural = _("WeCom corporations")

    def __str__(self) -> str:
        return self.name


class WecomStaff(models.Model):
    """Somebody of the corporation by their userid there; `serves`: WeCom lets them have customers. `staff` is
    the person in our own staff, where we know.
    """

    corp = models.ForeignKey(WecomCorp, on_delete=models.CASCADE, related_name="people", db_index=False)
    userid = models.CharField(max_length=64)
    name = models.CharField(max_length=128, blank=True)
    serves = models.BooleanField(default=True)
    staff = models.ForeignKey("people.Staff", on_delete=models.SET_NULL, null=True, related_name="+")
    seen_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["corp", "userid"], name="wecomstaff_once"),)

    def __str__(self) -> str:
        return self.name or self.userid


class WecomGroup(models.Model):
    """What only WeCom has of a customer group. `status` as WeCom numbers it (0 normal, 1-3 handed over);
    `member_version` names the list of members we know.
    """

    space = models.OneToOneField(
        "channels.Space", on_delete=models.CASCADE, primary_key=True, related_name="wecom"
    )
    corp = models.ForeignKey(WecomCorp, on_delete=models.CASCADE, related_name="groups")
    owner = models.CharField(max_length=64, blank=True)
    """Userid of the member of staff who owns it."""
    admins = models.JSONField(default=list)
    notice = models.TextField(blank=True)
    member_count = models.PositiveIntegerField(default=0)
    member_version = models.CharField(max_length=64, blank=True)
    status = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField(null=True)
    dismissed_at = models.DateTimeField(null=True)
    synced_at = models.DateTimeField(null=True)
    problem = models.JSONField(default=dict)
    problem_since = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["corp", "owner"], name="wecomgroup_owner"),)

    def __str__(self) -> str:
        return str(self.space_id)


class WecomGroupMember(models.Model):
    """Somebody in a customer group as WeCom tells it. `join_scene`: 1 invited by a member, 2 by an invite
    link, 3 by a code; `state` is that of the code they came by; `invitor` the userid of who brought them.
    """

    STAFF, CUSTOMER = 1, 2

    group = models.ForeignKey(WecomGroup, on_delete=models.CASCADE, related_name="members", db_index=False)
    userid = models.CharField(max_length=64)
    account = models.ForeignKey("people.Account", on_delete=models.SET_NULL, null=True, related_name="+")
    kind = models.PositiveSmallIntegerField(default=CUSTOMER)
    unionid = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=128, blank=True)
    nickname = models.CharField(max_length=128, blank=True)
    """What they call themselves in this group."""
    join_scene = models.PositiveSmallIntegerField(default=0)
    invitor = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=64, blank=True)
    joined_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)
    left_scene = models.PositiveSmallIntegerField(null=True)
    """0 went by themselves, 1 taken out by the owner or an admin, None when WeCom did not say."""

    class Meta:
        constraints = (models.UniqueConstraint(fields=["group", "userid"], name="wecomgroupmember_once"),)
        indexes = (models.Index(fields=["state"], name="wecomgroupmember_state", condition=~Q(state="")),)

    def __str__(self) -> str:
        return f"{self.group_id}/{self.userid}"


class WecomKf(models.Model):
    """A 微信客服 account. `cursor` stands behind the last message that was committed."""

    id = IdField()
    corp = models.ForeignKey(WecomCorp, on_delete=models.CASCADE, related_name="desks")
    open_kfid = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=128, blank=True)
    url = models.CharField(max_length=255, blank=True)
    """The link customers open to talk to it, once made."""
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    may_manage = models.BooleanField(default=True)
    """Whether WeCom gives us this account's talks (manage_privilege)."""
    cursor = models.CharField(max_length=190, blank=True)
    problem = models.JSONField(default=dict)
    problem_since = models.DateTimeField(null=True)
    synced_at = models.DateTimeField(null=True)
    last_message_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("WeChat customer service account")
        verbose_name_plural = _("WeChat customer service accounts")

    def __str__(self) -> str:
        return self.name or self.open_kfid


class WechatAccount(models.Model):
    """An Official Account (公众号). `original_id` is its gh_… name; `kind` what it may do at WeChat."""

    class Kind(models.TextChoices):
        SERVICE = "service", _("service account")
        SUBSCRIPTION = "subscription", _("subscription account")

    id = IdField()
    appid = models.CharField(max_length=40, unique=True)
    original_id = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=128)
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.SERVICE)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    facts = models.JSONField(default=dict)
    problem = models.JSONField(default=dict)
    problem_since = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=60)
    created_at = models.DateTimeField(default=clock.now)
    checked_at = models.DateTimeField(null=True)
    last_callback_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("Official Account")
        verbose_name_plural = _("Official Accounts")

    def __str__(self) -> str:
        return self.name


class WechatTalk(models.Model):
    """A talk with one customer through 微信客服 or an Official Account, and what may still be said in it:
    `sends_left` until `open_until`, opened anew by what the customer does.

    `service_state` as 微信客服 numbers it: 0 unassigned, 1 with us, 2 waits for a person, 3 with one, 4 over.
    `scene`: by which code or place they came, as given there.
    """

    space = models.OneToOneField(
        "channels.Space", on_delete=models.CASCADE, primary_key=True, related_name="wechat_talk"
    )
    open_until = models.DateTimeField(null=True)
    sends_left = models.PositiveSmallIntegerField(default=0)
    heard_at = models.DateTimeField(null=True)
    unionid = models.CharField(max_length=64, blank=True)
    service_state = models.PositiveSmallIntegerField(null=True)
    servicer = models.CharField(max_length=64, blank=True)
    welcome_code = models.CharField(max_length=128, blank=True)
    """Opens one greeting within 20 seconds of entering; '' once used."""
    welcome_until = models.DateTimeField(null=True)
    scene = models.CharField(max_length=64, blank=True)
    scene_param = models.CharField(max_length=190, blank=True)
    subscribed_at = models.DateTimeField(null=True)
    unsubscribed_at = models.DateTimeField(null=True)
    problem = models.JSONField(default=dict)

    def __str__(self) -> str:
        return str(self.space_id)


class WecomRobot(models.Model):
    """A group robot: a webhook that says things in one group and hears nothing. `space` is what it speaks in,
    of kind `robot`; `group` the customer group that is, where somebody told us. `sent`: when its latest
    messages went out (seconds since 1970), because WeCom takes twenty in any minute.
    """

    id = IdField()
    space = models.OneToOneField("channels.Space", on_delete=models.CASCADE, related_name="wecom_robot")
    group = models.ForeignKey("channels.Space", on_delete=models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=128)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    sent = models.JSONField(default=list)
    problem = models.JSONField(default=dict)
    problem_since = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=60)
    created_at = models.DateTimeField(default=clock.now)
    checked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("group robot")
        verbose_name_plural = _("group robots")

    def __str__(self) -> str:
        return self.name


class WecomWay(models.Model):
    """A code (活码) made at WeCom: a contact way (adds a member of staff) or a join way (into groups).

    `state` (at most 30 characters) comes back with everybody who enters by it. `users`: userids of a contact
    way; `groups`: at most five chat ids of a join way, of which WeCom picks the first that has room.
    """

    class Kind(models.TextChoices):
        CONTACT = "contact", _("adds a member of staff")
        GROUP = "group", _("leads into a group")

    id = IdField()
    corp = models.ForeignKey(WecomCorp, on_delete=models.CASCADE, related_name="ways")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    config_id = models.CharField(max_length=64, blank=True)
    """WeCom's id of it; '' until it was made there."""
    state = models.CharField(max_length=30)
    qr_url = models.CharField(max_length=255, blank=True)
    remark = models.CharField(max_length=30, blank=True)
    users = models.JSONField(default=list)
    groups = models.JSONField(default=list)
    makes_groups = models.BooleanField(default=False)
    """A join way: whether WeCom makes another group by itself when all are full (auto_create_room)."""
    room_name = models.CharField(max_length=40, blank=True)
    room_number = models.PositiveIntegerField(default=1)
    skip_verify = models.BooleanField(default=True)
    removed_at = models.DateTimeField(null=True)
    problem = models.JSONField(default=dict)
    created_by = models.CharField(max_length=60)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("entrance code")
        verbose_name_plural = _("entrance codes")
        constraints = (
            models.UniqueConstraint(
                fields=["corp", "state"], name="wecomway_state", condition=Q(removed_at__isnull=True)
            ),
            models.UniqueConstraint(
                fields=["corp", "config_id"], name="wecomway_config", condition=~Q(config_id="")
            ),
        )

    def __str__(self) -> str:
        return self.remark or self.state


from guildhall.channels.wecom.mass_models import MassSend, MassSendTarget  # noqa: E402, F401 - one place for all
