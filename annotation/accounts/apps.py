"""App configuration."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Django's view of this app."""

    name = "annotation.accounts"
    label = "accounts"
