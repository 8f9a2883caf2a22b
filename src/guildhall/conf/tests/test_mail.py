"""The mail settings that each shape of GUILDHALL_EMAIL_URL means."""

from __future__ import annotations

from guildhall.conf.mail import mail


def test_console_prints_and_connects_to_nothing() -> None:
    settings = mail("console:", "Guild <guild@example.org>")
    assert settings["EMAIL_BACKEND"].endswith("console.EmailBackend")
    assert settings["DEFAULT_FROM_EMAIL"] == "Guild <guild@example.org>"
    assert "EMAIL_HOST" not in settings


def test_a_password_may_hold_any_sign_and_ports_have_their_usual_numbers() -> None:
    settings = mail("smtp://me%40example.org:p%2Fw%3A@mail.example.org", "g@example.org")
    assert (settings["EMAIL_HOST"], settings["EMAIL_PORT"]) == ("mail.example.org", 587)
    assert (settings["EMAIL_HOST_USER"], settings["EMAIL_HOST_PASSWORD"]) == ("me@example.org", "p/w:")
    assert (settings["EMAIL_USE_TLS"], settings["EMAIL_USE_SSL"]) == (True, False)


def test_encryption_follows_the_scheme() -> None:
    implicit, none = mail("smtps://h", "g@example.org"), mail("smtp+plain://h:2525", "g@example.org")
    assert (implicit["EMAIL_PORT"], implicit["EMAIL_USE_SSL"], implicit["EMAIL_USE_TLS"]) == (
        465,
        True,
        False,
    )
    assert (none["EMAIL_PORT"], none["EMAIL_USE_SSL"], none["EMAIL_USE_TLS"]) == (2525, False, False)
