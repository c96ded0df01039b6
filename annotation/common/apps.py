"""App configuration."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CommonConfig(AppConfig):
    """Django's view of this app."""

    name = "annotation.common"
    label = "common"

    def ready(self) -> None:
        """Keep append-only tables from being truncated, those of later migrations too."""
        from annotation.common.triggers import refuse_truncate

        post_migrate.connect(refuse_truncate, sender=self, dispatch_uid="refuse_truncate")
