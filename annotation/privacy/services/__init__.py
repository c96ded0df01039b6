"""Taking a patient out, for good."""

from annotation.privacy.services.finish import withdrawal_finish, withdrawals_finish
from annotation.privacy.services.plan import Plan, patient_find, plan_of
from annotation.privacy.services.repeat import list_read, list_text, withdrawals_repeat
from annotation.privacy.services.rotate import pseudonym_key_change
from annotation.privacy.services.withdraw import patient_withdraw

__all__ = [
    "Plan",
    "list_read",
    "list_text",
    "patient_find",
    "patient_withdraw",
    "plan_of",
    "pseudonym_key_change",
    "withdrawal_finish",
    "withdrawals_finish",
    "withdrawals_repeat",
]
