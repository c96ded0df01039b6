"""What people send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

IGNORED = {"csrfmiddlewaretoken"}
"""What a page's form adds by itself."""


class RequestSerializer(serializers.Serializer):
    """Base of all that is sent: a field that nobody reads is an error, not a wish that is silently not fulfilled."""

    def get_fields(self) -> dict[str, Any]:
        """The fields; a choice that there is not is refused with those that there are."""
        fields: dict[str, Any] = super().get_fields()
        for field in fields.values():
            if isinstance(field, serializers.ChoiceField):
                names = ", ".join(map(str, field.choices)).replace("{", "{{").replace("}", "}}")
                field.error_messages["invalid_choice"] = f"“{{input}}” is none of {names}"
        return fields

    def to_internal_value(self, data: Any) -> Any:
        """Checked values; unknown fields are refused by name, with the ones that there are."""
        if isinstance(data, Mapping):
            unknown = sorted(map(str, set(data) - set(self.fields) - IGNORED))
            if unknown:
                names = ", ".join(name for name, field in self.fields.items() if not field.read_only)
                raise serializers.ValidationError({unknown[0]: [f"there is no such field; use {names}"]})
        return super().to_internal_value(data)
