"""App configuration."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Django's view of this app."""

    name = "annotation.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Register the bearer token with the schema generator, the audit log, and what a sign-out leaves."""
        from django.contrib.auth.signals import user_logged_out

        from annotation.accounts import schema, sign_ins  # noqa: F401
        from annotation.accounts.services.sessions import session_gone

        user_logged_out.connect(session_gone, dispatch_uid="open session ends")
