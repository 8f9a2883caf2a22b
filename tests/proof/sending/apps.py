"""Registers the performer that sends to the sink named by PROOF_SINK."""

from django.apps import AppConfig


class SendingConfig(AppConfig):
    name = "tests.proof.sending"
    label = "proof_sending"

    def ready(self) -> None:
        from tests.proof.sending import performer  # noqa: F401
