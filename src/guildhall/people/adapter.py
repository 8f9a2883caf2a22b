"""How allauth behaves in our house: nobody signs up by themselves, secrets are encrypted, redirects stay at
home.

allauth owns passwords, codes, keys and their throttling; these classes only answer the questions it asks.
"""

from __future__ import annotations

from typing import Any

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from qrcode.image.svg import SvgPathFillImage

from guildhall.core import secrets, troubles
from guildhall.core.log import get_logger
from guildhall.core.settings import settings
from guildhall.core.text import Text
from guildhall.people import client_address, mfa
from guildhall.people.models import Staff
from guildhall.ui import navigation

MAIL_TROUBLE = "mail_not_sent"
log = get_logger(__name__)
troubles.describe(MAIL_TROUBLE, Text("Mail cannot be sent.", "无法发送邮件。"))


class AccountAdapter(DefaultAccountAdapter):
    """Passwords and sign-in."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str | None) -> bool:
        # Only the host that was asked: a forged `next` does not even lead to another allowed host.
        return bool(url) and url_has_allowed_host_and_scheme(url, allowed_hosts={self.request.get_host()})

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address.of(request)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Today, or the first page they may open for those who have no Today, at last one's own account."""
        if isinstance(request.user, Staff) and not request.user.may("today.view"):
            return navigation.start_for(request.user) or reverse("people:account")
        return super().get_login_redirect_url(request)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        if isinstance(request.user, Staff) and not mfa.has_second_factor(request.user):
            return reverse(mfa.ENROL_URL_NAME)
        return reverse("people:account")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        # A mail server that is away must neither break the page nor tell by it that the address exists.
        try:
            super().send_mail(template_prefix, email, context)
        except OSError as error:
            log.error("mail.not_sent", template=template_prefix, error=type(error).__name__)
            troubles.report(MAIL_TROUBLE, type(error).__name__)
        else:
            troubles.clear(MAIL_TROUBLE)

    def format_email_subject(self, subject: str) -> str:
        return f"[{settings.name}] {subject}"


class MFAAdapter(DefaultMFAAdapter):
    """Second factors. The seeds of codes are encrypted at rest with the house's keys."""

    def encrypt(self, text: str) -> str:
        return secrets.seal(text, mfa.SEALED_FOR)

    def decrypt(self, encrypted_text: str) -> str:
        return secrets.unseal(encrypted_text, mfa.SEALED_FOR)

    def get_totp_issuer(self) -> str:
        return settings.name

    def build_totp_svg(self, url: str) -> str:
        # With a white ground of its own: on a dark page a picture of black squares could not be scanned.
        drawing = qrcode.make(url, image_factory=SvgPathFillImage)
        return str(drawing.to_string(encoding="unicode"))

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": settings.name}

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """The last second factor of somebody who must have one stays until they have another."""
        staff: Any = authenticator.user
        if not mfa.must_have_second_factor(staff):
            return True
        others = Authenticator.objects.filter(user_id=staff.pk, type__in=mfa.FACTORS).exclude(
            pk=authenticator.pk
        )
        return others.exists()


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Sign-in through the organisation's identity provider: only for people who are staff already."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False
