"""People and tokens as JSON; never a password, a digest or more of a person than is needed."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from annotation.accounts.models import ApiToken, User
from annotation.common.serializers import RequestSerializer


class SignInSerializer(RequestSerializer):
    """A name and a password."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=4096, trim_whitespace=False, write_only=True)


class MeSerializer(serializers.ModelSerializer):
    """The person who is signed in."""

    class Meta:
        model = User
        fields = [
            "id",
            "username",
            "first_name",
            "last_name",
            "email",
            "pseudonym",
            "is_staff",
            "is_superuser",
            "password_is_temporary",
        ]
        read_only_fields = fields


class PersonSerializer(serializers.ModelSerializer):
    """An account, for those who manage accounts."""

    class Meta:
        model = User
        fields = [
            "id",
            "username",
            "first_name",
            "last_name",
            "email",
            "pseudonym",
            "is_active",
            "is_staff",
            "is_superuser",
            "last_login",
        ]
        read_only_fields = fields


class PersonCreateSerializer(RequestSerializer):
    """A new account."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(
        max_length=4096, required=False, allow_null=True, default=None, trim_whitespace=False, write_only=True
    )
    email = serializers.EmailField(required=False, allow_blank=True, default="")
    first_name = serializers.CharField(max_length=150, required=False, allow_blank=True, default="")
    last_name = serializers.CharField(max_length=150, required=False, allow_blank=True, default="")
    is_staff = serializers.BooleanField(required=False, default=False)
    is_superuser = serializers.BooleanField(required=False, default=False)


class PersonChangeSerializer(RequestSerializer):
    """What may be changed of an account; what is left out stays."""

    email = serializers.EmailField(required=False, allow_blank=True)
    first_name = serializers.CharField(max_length=150, required=False, allow_blank=True)
    last_name = serializers.CharField(max_length=150, required=False, allow_blank=True)
    is_active = serializers.BooleanField(required=False)
    is_staff = serializers.BooleanField(required=False)
    is_superuser = serializers.BooleanField(required=False)
    password = serializers.CharField(max_length=4096, required=False, trim_whitespace=False, write_only=True)


class TemporaryPasswordSerializer(serializers.Serializer):
    """The only answer that ever holds it."""

    username = serializers.CharField()
    password = serializers.CharField()


class PasswordChoiceSerializer(RequestSerializer):
    """A password of one's own."""

    old_password = serializers.CharField(max_length=4096, trim_whitespace=False, write_only=True)
    new_password = serializers.CharField(max_length=4096, trim_whitespace=False, write_only=True)


class TokenSerializer(serializers.ModelSerializer):
    """A token without its secret."""

    class Meta:
        model = ApiToken
        fields = ["id", "name", "created_at", "last_used_at", "revoked_at"]
        read_only_fields = fields


class TokenCreateSerializer(RequestSerializer):
    """Ask for a token: signed in already, or with name and password."""

    name = serializers.CharField(max_length=100, required=False, default="token")
    username = serializers.CharField(max_length=150, required=False)
    password = serializers.CharField(max_length=4096, required=False, trim_whitespace=False, write_only=True)

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
