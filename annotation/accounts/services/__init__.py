"""The write side of people, sign-in and tokens."""

from annotation.accounts.services.links import password_link_make, password_link_read, password_link_use
from annotation.accounts.services.people import (
    own_password_check,
    password_choose,
    password_renew,
    user_change,
    user_create,
)
from annotation.accounts.services.second_factor import (
    code_check,
    enrolment_of,
    recovery_codes_left,
    recovery_codes_renew,
    second_factor_remove,
    second_factor_set,
)
from annotation.accounts.services.sessions import session_end, session_keep, sessions_end, sessions_of
from annotation.accounts.services.sign_in import (
    credentials_check,
    pending_forget,
    pending_is_there,
    pending_of,
    pending_require,
    second_step_check,
    sign_in_after_enrolment,
    sign_in_begin,
    sign_in_with_code,
)
from annotation.accounts.services.throttle import TooManyAttemptsError
from annotation.accounts.services.tokens import token_issue, token_revoke

__all__ = [
    "TooManyAttemptsError",
    "code_check",
    "credentials_check",
    "enrolment_of",
    "own_password_check",
    "password_choose",
    "password_link_make",
    "password_link_read",
    "password_link_use",
    "password_renew",
    "pending_forget",
    "pending_is_there",
    "pending_of",
    "pending_require",
    "recovery_codes_left",
    "recovery_codes_renew",
    "second_factor_remove",
    "second_factor_set",
    "second_step_check",
    "session_end",
    "session_keep",
    "sessions_end",
    "sessions_of",
    "sign_in_after_enrolment",
    "sign_in_begin",
    "sign_in_with_code",
    "token_issue",
    "token_revoke",
    "user_change",
    "user_create",
]
