"""App configuration."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Django's view of this app."""

    name = "annotation.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Register the bearer token with the schema generator, and sign-ins with the audit log."""
        from annotation.accounts import schema, sign_ins  # noqa: F401
