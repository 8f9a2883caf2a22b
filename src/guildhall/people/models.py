"""State of the people room: staff and how they sign in, members and their accounts.

Constraints hold what must never be untrue (one account per platform identity, one grant per role, a link's
hash used once); who may change a row is decided in `actions`. Secrets are stored as hashes only.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from guildhall.core import clock
from guildhall.core.ids import IdField
from guildhall.people.permissions import allows
from guildhall.people.roles import Role

LANGUAGES = [("en", "English"), ("zh-hans", "简体中文"), ("zh-hant", "繁體中文")]
DEMO_DOMAIN = "demo.invalid"
"""Addresses of made-up staff end in it: a name that can never exist, so nobody can sign in with one."""
ROLE_CHOICES = [(role.value, role.label.en) for role in Role]


class StaffManager(BaseUserManager["Staff"]):
    """Finds staff by the address they sign in with, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> Staff:
        return self.get(email=self.normalise(username or ""))

    @staticmethod
    def normalise(email: str) -> str:
        return email.strip().lower()


class Staff(AbstractBaseUser):
    """A person who signs in. `mfa_grace_until`: until then the first owner may work without a second
    factor.
    """

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    language = models.CharField(_("language"), max_length=10, choices=LANGUAGES, default="en")
    zone = models.CharField(_("time zone"), max_length=60, default="UTC")
    is_active = models.BooleanField(_("active"), default=True)
    mfa_grace_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects: ClassVar[StaffManager] = StaffManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = _("staff member")
        verbose_name_plural = _("staff")
        constraints = (
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="staff_email_lower"),
        )

    def __str__(self) -> str:
        return self.name or self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = StaffManager.normalise(self.email)
        super().save(*args, **kwargs)

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    @property
    def actor(self) -> str:
        """How audit rows name this person."""
        return f"staff:{self.pk}"

    @property
    def is_demo(self) -> bool:
        """Whether this person is made up."""
        return self.email.endswith(f"@{DEMO_DOMAIN}")

    @cached_property
    def roles(self) -> frozenset[Role]:
        """Read once for each request: a role taken away is gone with the next one."""
        if not self.is_active or self.pk is None:
            return frozenset()
        return frozenset(
            Role(grant.role) for grant in self.grants.all() if grant.role in Role._value2member_map_
        )

    def may(self, permission: str) -> bool:
        return self.is_active and allows(self.roles, permission)

    def in_mfa_grace(self, at: datetime | None = None) -> bool:
        return self.mfa_grace_until is not None and self.mfa_grace_until > (at or clock.now())

    # What Django's admin asks. Only an owner reaches it, and only after the middleware saw a second factor.
    @property
    def is_staff(self) -> bool:
        return Role.OWNER in self.roles

    @property
    def is_superuser(self) -> bool:
        return Role.OWNER in self.roles

    def has_perm(self, perm: str, obj: object | None = None) -> bool:
        return self.is_superuser

    def has_perms(self, perm_list: Iterable[str], obj: object | None = None) -> bool:
        return self.is_superuser

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_superuser


class RoleGrant(models.Model):
    """One role held by one staff member, and who gave it."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=30, choices=ROLE_CHOICES)
    granted_by = models.CharField(max_length=40)
    granted_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["staff", "role"], name="rolegrant_once"),)
        indexes = (models.Index(fields=["role"], name="rolegrant_role"),)

    def __str__(self) -> str:
        return f"{self.staff_id}: {self.role}"


class Team(models.Model):
    """A group of staff who share work, for example one vendor's agents or one region's moderators."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    members = models.ManyToManyField(Staff, through="TeamMembership", related_name="teams")

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")

    def __str__(self) -> str:
        return self.name


class TeamMembership(models.Model):
    """One staff member in one team."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="memberships")
    is_lead = models.BooleanField(_("leads the team"), default=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["team", "staff"], name="teammembership_once"),)

    def __str__(self) -> str:
        return f"{self.team_id}/{self.staff_id}"


class SignInLink(models.Model):
    """A link that signs one person in once. Only the hash of its secret is kept."""

    class Purpose(models.TextChoices):
        SIGN_IN = "sign_in"
        INVITATION = "invitation"

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="links")
    token_hash = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    created_by = models.CharField(max_length=40)
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (models.Index(fields=["expires_at"], name="signinlink_expires"),)

    def __str__(self) -> str:
        return f"{self.purpose} for staff {self.staff_id}"


class ApiToken(models.Model):
    """A scoped key to the API that acts for the staff member it belongs to, and never with more than they
    hold.
    """

    id = IdField()
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(_("name"), max_length=120)
    prefix = models.CharField(max_length=16)
    token_hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_by = models.CharField(max_length=40)
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def actor(self) -> str:
        return f"token:{self.pk}"


class Member(models.Model):
    """A person in the community. The id is the only thing about them that leaves this room's tables."""

    id = IdField()
    display_name = models.CharField(max_length=255, blank=True)
    language = models.CharField(max_length=10, blank=True)
    region = models.CharField(max_length=6, blank=True)
    note = models.TextField(blank=True)
    created_at = models.DateTimeField(default=clock.now)
    last_seen_at = models.DateTimeField(default=clock.now)
    erased_at = models.DateTimeField(null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="merged"
    )

    class Meta:
        indexes = (
            models.Index(fields=["display_name", "id"], name="member_name"),
            models.Index(fields=["last_seen_at", "id"], name="member_seen"),
            models.Index(fields=["language", "id"], name="member_language"),
            models.Index(fields=["region", "id"], name="member_region"),
        )

    def __str__(self) -> str:
        return self.id


class Account(models.Model):
    """A member's presence on one platform."""

    id = IdField()
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="accounts")
    platform = models.CharField(max_length=30)
    external_id = models.CharField(max_length=190)
    username = models.CharField(max_length=190, blank=True)
    display_name = models.CharField(max_length=255, blank=True)
    is_bot = models.BooleanField(default=False)
    is_staff = models.BooleanField(default=False)
    staff = models.ForeignKey(
        Staff, on_delete=models.SET_NULL, null=True, blank=True, related_name="chat_accounts"
    )
    """Whose account this is, so that what is asked in chat counts as asked by that colleague. `is_staff`
    alone (one of ours, nobody said who) protects the account and lets it do nothing.
    """
    created_at = models.DateTimeField(default=clock.now)
    last_seen_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["platform", "external_id"], name="account_identity"),)
        indexes = (models.Index(Lower("username"), "platform", name="account_username"),)

    def __str__(self) -> str:
        return self.id


class Rename(models.Model):
    """A change of an account's names, kept so that an impersonator's trail can be followed; erased with the
    member.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="renames")
    old_username = models.CharField(max_length=190, blank=True)
    new_username = models.CharField(max_length=190, blank=True)
    old_display_name = models.CharField(max_length=255, blank=True)
    new_display_name = models.CharField(max_length=255, blank=True)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = (models.Index(fields=["account", "at"], name="rename_account"),)

    def __str__(self) -> str:
        return f"{self.account_id} at {self.at:%Y-%m-%d}"


class MemberSearch(models.Model):
    """The search terms of one member. Its integer key carries the full-text index on both databases."""

    member = models.OneToOneField(Member, on_delete=models.CASCADE, related_name="search")
    terms = models.TextField()

    def __str__(self) -> str:
        return str(self.member_id)
