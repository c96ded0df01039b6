"""Tokens as JSON; never a digest, and the secret once."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from annotation.accounts.models import ApiToken
from annotation.accounts.scopes import Scope
from annotation.common.serializers import RequestSerializer

MOST_DAYS = 3650


class TokenSerializer(serializers.ModelSerializer):
    """A token without its secret."""

    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices), read_only=True)

    class Meta:
        model = ApiToken
        fields = ["id", "name", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at"]
        read_only_fields = fields


class TokenCreateSerializer(RequestSerializer):
    """Ask for a token: signed in already, or with name and password, and the code where there is a second factor."""

    name = serializers.CharField(max_length=100, required=False, default="token")
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=Scope.choices),
        required=False,
        help_text="what it may be used for; all of it where nothing is said",
    )
    expires_in_days = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=MOST_DAYS, help_text="null: never"
    )
    username = serializers.CharField(max_length=150, required=False)
    password = serializers.CharField(max_length=4096, required=False, trim_whitespace=False, write_only=True)
    code = serializers.CharField(max_length=40, required=False, default="", allow_blank=True, write_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Name and password come together."""
        if ("username" in attrs) != ("password" in attrs):
            missing = "password" if "username" in attrs else "username"
            raise serializers.ValidationError({missing: "send username and password together, or neither"})
        return attrs


class IssuedTokenSerializer(TokenSerializer):
    """The only answer that ever holds the secret."""

    token = serializers.CharField(read_only=True)

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "token"]
        read_only_fields = fields
