"""People as JSON; never a password or more of a person than is needed."""

from __future__ import annotations

from rest_framework import serializers

from annotation.accounts.models import User
from annotation.common.serializers import RequestSerializer


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


class PasswordLinkSerializer(serializers.Serializer):
    """The only answer that ever holds the link."""

    username = serializers.CharField()
    path = serializers.CharField(help_text="below this server's address; the secret stands behind the #")
    expires_at = serializers.DateTimeField()


class PasswordLinkLookSerializer(RequestSerializer):
    """What stands behind the # of a link."""

    secret = serializers.CharField(max_length=200, write_only=True)


class PasswordLinkOwnerSerializer(serializers.Serializer):
    """Whose password a link sets."""

    username = serializers.CharField()
    expires_at = serializers.DateTimeField()
    password_min_length = serializers.IntegerField()


class PasswordLinkUseSerializer(PasswordLinkLookSerializer):
    """The password that the person chose."""

    new_password = serializers.CharField(max_length=4096, trim_whitespace=False, write_only=True)
