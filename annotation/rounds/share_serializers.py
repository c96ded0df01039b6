"""Shapes of shares with their intervals."""

from __future__ import annotations

from rest_framework import serializers


class ShareSerializer(serializers.Serializer):
    """A share with its 95 % Wilson interval; null where there is nothing yet."""

    share = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class CountedShareSerializer(ShareSerializer):
    """A share with the numbers that it comes from."""

    count = serializers.IntegerField()
    of = serializers.IntegerField()
