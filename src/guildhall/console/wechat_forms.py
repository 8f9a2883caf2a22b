"""The forms of the WeChat pages. Secrets are typed into password fields and never given back."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from guildhall.channels.models import Space
from guildhall.channels.wecom.models import WechatAccount


def _secret() -> forms.PasswordInput:
    return forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"})


class SecretForm(forms.Form):
    """The secrets of a corporation's app."""

    contact_secret = forms.CharField(
        label=gettext_lazy("Secret of the app"),
        max_length=200,
        widget=_secret(),
        help_text=gettext_lazy(
            "The app has to be allowed to use customer contact (客户联系). Never shown again."
        ),
    )
    kf_secret = forms.CharField(
        label=gettext_lazy("Secret for WeChat customer service"),
        max_length=200,
        required=False,
        widget=_secret(),
        help_text=gettext_lazy("Only when another app manages 微信客服; empty: the same secret."),
    )


class CorpForm(SecretForm):
    """A corporation at WeCom."""

    field_order = ("name", "corpid", "contact_secret", "kf_secret")
    name = forms.CharField(label=gettext_lazy("What you call it"), max_length=100)
    corpid = forms.CharField(
        label=gettext_lazy("Corporation id"),
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": "ww…", "spellcheck": "false", "autocomplete": "off"}),
        help_text=gettext_lazy("In WeCom's console under My company (我的企业), at the bottom: 企业 ID."),
    )


class CallbackForm(forms.Form):
    """The words WeChat's console made for the callback."""

    token = forms.CharField(
        label="Token", max_length=64, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    key = forms.CharField(
        label="EncodingAESKey",
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("43 letters and digits."),
    )


class AccountForm(forms.Form):
    """An Official Account."""

    name = forms.CharField(label=gettext_lazy("What you call it"), max_length=100)
    appid = forms.CharField(
        label="AppID",
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": "wx…", "spellcheck": "false", "autocomplete": "off"}),
    )
    secret = forms.CharField(
        label="AppSecret", max_length=200, widget=_secret(), help_text=gettext_lazy("Never shown again.")
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=WechatAccount.Kind.choices)


class RobotForm(forms.Form):
    """A group robot."""

    name = forms.CharField(label=gettext_lazy("What you call it"), max_length=100)
    address = forms.CharField(
        label=gettext_lazy("Webhook address"),
        max_length=300,
        widget=_secret(),
        help_text=gettext_lazy(
            "As WeCom shows it when the robot is added. Whoever has it can speak in the group."
        ),
    )
    group = forms.ModelChoiceField(
        label=gettext_lazy("Its group"),
        queryset=Space.objects.none(),
        required=False,
        help_text=gettext_lazy("If it stands in a customer group that is known here."),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        field = self.fields["group"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Space.objects.filter(platform="wecom", kind="group", archived_at=None).order_by(
            "name"
        )


class CodeForm(forms.Form):
    """A code of an Official Account that says which way somebody came."""

    scene = forms.RegexField(
        r"^[\x21-\x7e]{1,64}$",
        label=gettext_lazy("Where it will be shown"),
        help_text=gettext_lazy(
            "1 to 64 letters, digits and signs, such as booth-2026. It comes back with every scan."
        ),
    )
