"""Accounts and tokens in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest
from django.utils import timezone

from annotation.accounts.models import ApiToken, User
from annotation.accounts.services import token_revoke
from annotation.common.admin import ReadOnlyAdmin


@admin.register(User)
class PersonAdmin(UserAdmin):
    """Accounts are kept, not deleted: their acts name them. Take ``is_active`` away instead."""

    list_display = ["username", "pseudonym", "email", "is_active", "is_staff", "is_superuser", "last_login"]
    readonly_fields = ["pseudonym", "last_login", "date_joined"]

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

    list_display = ["user", "name", "created_at", "last_used_at", "revoked_at"]
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
