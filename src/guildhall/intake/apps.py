"""Registers the intake room with Django."""

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "guildhall.intake"
    label = "intake"

    def ready(self) -> None:
        from guildhall.intake import at_the_desk, wecom_jobs
        from guildhall.intake.importing import jobs

        jobs.register()
        wecom_jobs.register()
        at_the_desk.register()
