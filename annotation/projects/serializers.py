"""Projects, members, guides and protocols as JSON."""

from __future__ import annotations

from rest_framework import serializers

from annotation.projects.models import Convention, DrawingGuide, Membership, Project, Role, Target
from annotation.projects.permissions import roles_of
from annotation.projects.selectors import guide_latest


class ProjectSerializer(serializers.ModelSerializer):
    """A project in a list."""

    target = serializers.ChoiceField(choices=Target.choices, read_only=True)
    roles = serializers.SerializerMethodField()

    class Meta:
        model = Project
        fields = ["slug", "name", "target", "convention", "state", "created_at", "roles"]
        read_only_fields = fields

    def get_roles(self, project: Project) -> list[str]:
        """My roles in it, sorted."""
        return sorted(roles_of(self.context["request"].user, project))


class GuideSerializer(serializers.ModelSerializer):
    """A version of the drawing guide."""

    author = serializers.CharField(source="author.username", read_only=True)

    class Meta:
        model = DrawingGuide
        fields = ["version", "text", "author", "created_at"]
        read_only_fields = ["version", "author", "created_at"]


class ProjectDetailSerializer(ProjectSerializer):
    """A project with its protocol and guide."""

    protocol = serializers.JSONField(read_only=True)
    guide = serializers.SerializerMethodField()

    class Meta(ProjectSerializer.Meta):
        fields = [*ProjectSerializer.Meta.fields, "protocol", "random_seed", "guide"]
        read_only_fields = fields

    def get_guide(self, project: Project) -> int | None:
        """Version of the newest drawing guide."""
        guide = guide_latest(project)
        return guide.version if guide else None


class ProjectCreateSerializer(serializers.Serializer):
    """A new project; the protocol by name, with overrides by part: ``{"II": {"batch_size": 40}}``."""

    slug = serializers.SlugField(max_length=64)
    name = serializers.CharField(max_length=200)
    target = serializers.ChoiceField(choices=Target.choices)
    convention = serializers.ChoiceField(choices=Convention.choices)
    protocol = serializers.CharField(max_length=64)
    overrides = serializers.DictField(child=serializers.JSONField(), required=False, default=dict)
    random_seed = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False, default=1)


class MembershipSerializer(serializers.ModelSerializer):
    """A person's role."""

    username = serializers.CharField(source="user.username", read_only=True)
    pseudonym = serializers.CharField(source="user.pseudonym", read_only=True)

    class Meta:
        model = Membership
        fields = ["id", "username", "pseudonym", "role", "created_at"]
        read_only_fields = fields


class MembershipCreateSerializer(serializers.Serializer):
    """A role for a person who has an account."""

    username = serializers.CharField(max_length=150)
    role = serializers.ChoiceField(choices=Role.choices)


class ParameterSerializer(serializers.Serializer):
    """One number of a protocol."""

    name = serializers.CharField()
    default = serializers.JSONField(allow_null=True)
    explanation = serializers.CharField(allow_blank=True)


class ProtocolPartSerializer(serializers.Serializer):
    """A stage, or the training."""

    name = serializers.CharField()
    kind = serializers.CharField()
    explanation = serializers.CharField(allow_blank=True)
    parameters = ParameterSerializer(many=True)


class ProtocolSerializer(serializers.Serializer):
    """A protocol of the catalogue."""

    name = serializers.CharField()
    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment]
    parts = ProtocolPartSerializer(many=True)
    defaults = serializers.JSONField()
