"""The write side of people and tokens."""

from annotation.accounts.services.people import password_choose, password_renew, user_change, user_create
from annotation.accounts.services.sign_in import TooManyAttemptsError, credentials_check
from annotation.accounts.services.tokens import token_issue, token_revoke

__all__ = [
    "TooManyAttemptsError",
    "credentials_check",
    "password_choose",
    "password_renew",
    "token_issue",
    "token_revoke",
    "user_change",
    "user_create",
]
