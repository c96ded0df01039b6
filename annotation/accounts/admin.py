"""Accounts, tokens and sign-ins in the admin."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.http import HttpRequest
from django.utils import timezone

from annotation.accounts.models import (
    ApiToken,
    FailedAttempts,
    OpenSession,
    PasswordLink,
    RecoveryCode,
    SecondFactor,
    User,
)
from annotation.accounts.services import sessions_end, token_revoke
from annotation.common.admin import ReadOnlyAdmin
from annotation.common.audit import audit_record

# Single sign-on has its settings in the environment; nothing of it is edited by hand.
for _model in (EmailAddress, SocialAccount, SocialApp, SocialToken):
    admin.site.unregister(_model)


class TemporaryPasswordForm(AdminPasswordChangeForm):
    """A password that somebody else makes: the person chooses another at the first sign-in."""

    def save(self, commit: bool = True) -> User:
        """Set it, end the person's sessions, and note it."""
        self.user.password_is_temporary = True
        user: User = super().save(commit)
        sessions_end(user)
        audit_record("user.password_renew", user)
        return user


@admin.register(User)
class PersonAdmin(UserAdmin):
    """Accounts are kept, not deleted: their acts name them. Take ``is_active`` away instead."""

    list_display = ["username", "pseudonym", "email", "is_active", "is_staff", "is_superuser", "last_login"]
    readonly_fields = ["pseudonym", "last_login", "date_joined"]
    change_password_form = TemporaryPasswordForm

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The pseudonym stands beside the name."""
        fieldsets = list(super().get_fieldsets(request, obj))
        return fieldsets if obj is None else [*fieldsets, ("Pseudonym", {"fields": ["pseudonym"]})]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    """Tokens without their secret; they can be revoked."""

    list_display = ["user", "name", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at"]
    list_select_related = ["user"]
    search_fields = ["user__username", "name"]
    exclude = ["digest"]
    actions = ["revoke"]

    @admin.action(description="Revoke the chosen tokens")
    def revoke(self, request: HttpRequest, queryset: Any) -> None:
        """Close them for good."""
        if not request.user.is_superuser:
            self.message_user(request, "only superusers revoke other people's tokens", level="error")
            return
        before = timezone.now()
        rows = [token_revoke(token, actor=request.user) for token in queryset]
        done = sum(1 for row in rows if row.revoked_at is not None and row.revoked_at >= before)
        self.message_user(request, f"{done} token(s) revoked")


@admin.register(SecondFactor)
class SecondFactorAdmin(ReadOnlyAdmin):
    """Who has one; the secret is not shown."""

    list_display = ["user", "created_at"]
    list_select_related = ["user"]
    search_fields = ["user__username"]
    exclude = ["secret", "last_step"]


@admin.register(RecoveryCode)
class RecoveryCodeAdmin(ReadOnlyAdmin):
    """How many are left."""

    list_display = ["user", "created_at", "used_at"]
    list_select_related = ["user"]
    search_fields = ["user__username"]
    exclude = ["digest"]


@admin.register(PasswordLink)
class PasswordLinkAdmin(ReadOnlyAdmin):
    """Who made links for whom."""

    list_display = ["user", "made_by", "created_at", "expires_at", "used_at"]
    list_select_related = ["user", "made_by"]
    search_fields = ["user__username"]
    exclude = ["digest"]


@admin.register(OpenSession)
class OpenSessionAdmin(ReadOnlyAdmin):
    """Who is signed in where."""

    list_display = ["user", "means", "address", "created_at", "last_seen_at"]
    list_select_related = ["user"]
    search_fields = ["user__username", "address"]
    exclude = ["session_key"]


@admin.register(FailedAttempts)
class FailedAttemptsAdmin(ReadOnlyAdmin):
    """What is being guessed at."""

    list_display = ["kind", "failures", "last_at", "waits_until"]
    list_filter = ["kind"]
    exclude = ["digest"]
