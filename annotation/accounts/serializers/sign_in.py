"""Signing in, the second factor and sessions as JSON."""

from __future__ import annotations

from rest_framework import serializers

from annotation.accounts.models import OpenSession
from annotation.common.serializers import RequestSerializer

STEPS = [("code", "code"), ("enrol", "enrol")]


class SignInSerializer(RequestSerializer):
    """A name and a password."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=4096, trim_whitespace=False, write_only=True)


class SignInStepSerializer(serializers.Serializer):
    """Name and password were right: what is missing still."""

    step = serializers.ChoiceField(choices=STEPS)


class SignInOptionsSerializer(serializers.Serializer):
    """What the sign-in page shows, and where a sign-in stands that was begun in this browser."""

    single_sign_on = serializers.CharField(allow_null=True, help_text="name of the provider, where there is one")
    step = serializers.ChoiceField(choices=STEPS, allow_null=True)
    username = serializers.CharField(allow_null=True)


class CodeSerializer(RequestSerializer):
    """The six digits of the app, or a recovery code."""

    code = serializers.CharField(max_length=40, write_only=True)


class CodeConfirmSerializer(CodeSerializer):
    """As above, with the password where the person has one."""

    password = serializers.CharField(
        max_length=4096, required=False, allow_blank=True, default="", trim_whitespace=False, write_only=True
    )


class EnrolSerializer(RequestSerializer):
    """Begin to set a second factor up: the password shows that it is oneself; at the sign-in it was given just now."""

    password = serializers.CharField(
        max_length=4096, required=False, allow_blank=True, default="", trim_whitespace=False, write_only=True
    )


class EnrolmentSerializer(serializers.Serializer):
    """What an authenticator app needs."""

    secret = serializers.CharField()
    uri = serializers.CharField()
    qr_svg = serializers.CharField()


class RecoveryCodesSerializer(serializers.Serializer):
    """The only answer that ever holds them."""

    recovery_codes = serializers.ListField(child=serializers.CharField())


class SingleSignOnSerializer(RequestSerializer):
    """Where the person wanted to go."""

    next = serializers.CharField(max_length=500, required=False, default="/")


class RedirectSerializer(serializers.Serializer):
    """Where the browser goes next."""

    url = serializers.CharField()


class AccountSerializer(serializers.Serializer):
    """How the person's account is kept safe."""

    has_password = serializers.BooleanField()
    password_min_length = serializers.IntegerField()
    second_factor_since = serializers.DateTimeField(allow_null=True)
    second_factor_required = serializers.BooleanField()
    recovery_codes_left = serializers.IntegerField()
    single_sign_on = serializers.CharField(allow_null=True)
    single_sign_on_linked = serializers.BooleanField()
    session_idle_seconds = serializers.IntegerField()
    session_max_seconds = serializers.IntegerField()


class OpenSessionSerializer(serializers.ModelSerializer):
    """One place where the person is signed in."""

    is_this_one = serializers.SerializerMethodField()
    means = serializers.ChoiceField(choices=OpenSession.Means.choices, read_only=True)

    class Meta:
        model = OpenSession
        fields = ["id", "created_at", "last_seen_at", "means", "address", "browser", "is_this_one"]
        read_only_fields = fields

    def get_is_this_one(self, row: OpenSession) -> bool:
        """Whether it is the one that asks."""
        return bool(row.session_key == self.context.get("session_key"))
