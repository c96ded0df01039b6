"""Projects, members, guides and protocols as JSON."""

from __future__ import annotations

from rest_framework import serializers

from annotation.common.serializers import RequestSerializer
from annotation.projects.models import Convention, DrawingGuide, Membership, Project, Role, Target
from annotation.projects.permissions import roles_of
from annotation.projects.selectors import guide_latest, guide_read_version


class ProjectSerializer(serializers.ModelSerializer):
    """A project in a list."""

    target = serializers.ChoiceField(choices=Target.choices, read_only=True)
    roles = serializers.SerializerMethodField()

    class Meta:
        model = Project
        fields = ["slug", "name", "target", "convention", "state", "archived_at", "created_at", "roles"]
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


class CurrentGuideSerializer(GuideSerializer):
    """The newest version, and which one I have read."""

    read_version = serializers.SerializerMethodField(help_text="the newest version that I have read")

    class Meta(GuideSerializer.Meta):
        fields = [*GuideSerializer.Meta.fields, "read_version"]
        read_only_fields = fields

    def get_read_version(self, guide: DrawingGuide) -> int | None:
        """None where I have read none."""
        return guide_read_version(guide.project, self.context["request"].user)


class GuideWriteSerializer(RequestSerializer):
    """A new text."""

    text = serializers.CharField(max_length=50_000)
    based_on = serializers.IntegerField(
        min_value=0, required=False, allow_null=True, default=None,
        help_text="the version that you started from, 0 for none; 409 where a colleague has written another since",
    )  # fmt: skip


class GuideReadSerializer(RequestSerializer):
    """A version that I have read."""

    version = serializers.IntegerField(min_value=1)


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


class ProjectCreateSerializer(RequestSerializer):
    """A new project; the protocol by name, with overrides by part: ``{"II": {"batch_size": 40}}``."""

    slug = serializers.SlugField(
        max_length=64, error_messages={"invalid": "a short name has only letters a to z, digits, - and _"}
    )
    name = serializers.CharField(max_length=200)
    target = serializers.ChoiceField(choices=Target.choices)
    convention = serializers.ChoiceField(choices=Convention.choices)
    protocol = serializers.CharField(max_length=64)
    overrides = serializers.DictField(child=serializers.JSONField(), required=False, default=dict)
    random_seed = serializers.IntegerField(
        min_value=0, max_value=2**31 - 1, required=False, default=1,
        error_messages={"invalid": f"a random seed is a whole number from 0 to {2**31 - 1}"},
    )  # fmt: skip


class ProjectDeleteSerializer(RequestSerializer):
    """The project's short name once more, so that no other one is deleted by mistake."""

    slug = serializers.CharField(max_length=64)


class MembershipSerializer(serializers.ModelSerializer):
    """A person's role."""

    person = serializers.UUIDField(source="user_id", read_only=True)
    username = serializers.CharField(source="user.username", read_only=True)
    pseudonym = serializers.CharField(source="user.pseudonym", read_only=True)

    class Meta:
        model = Membership
        fields = ["id", "person", "username", "pseudonym", "role", "created_at"]
        read_only_fields = fields


class MembershipCreateSerializer(RequestSerializer):
    """A role for a person who has an account."""

    username = serializers.CharField(max_length=150)
    role = serializers.ChoiceField(choices=Role.choices)


PARAMETER_KINDS = ["integer", "number", "choice", "text", "choices", "switch", "networks"]


class ParameterSerializer(serializers.Serializer):
    """One parameter of a protocol, with all that a page needs to explain and to ask for it."""

    name = serializers.CharField()
    path = serializers.CharField(help_text="how overrides and errors name it: PART.NAME, or NAME alone")
    kind = serializers.ChoiceField(choices=PARAMETER_KINDS)
    default = serializers.JSONField(allow_null=True, help_text="the paper's value")
    target_defaults = serializers.DictField(help_text="other defaults, by target")
    valid = serializers.CharField(help_text="what may be entered, in words")
    explanation = serializers.CharField(allow_blank=True)
    minimum = serializers.FloatField(allow_null=True)
    maximum = serializers.FloatField(allow_null=True)
    step = serializers.FloatField(allow_null=True)
    optional = serializers.BooleanField(help_text="whether it may be empty, null")
    choices = serializers.ListField(child=serializers.CharField())


class ProtocolPartSerializer(serializers.Serializer):
    """A stage, the training, or what holds for all masks."""

    name = serializers.CharField()
    kind = serializers.CharField()
    explanation = serializers.CharField(allow_blank=True)
    parameters = ParameterSerializer(many=True)


class ProjectParameterSerializer(ParameterSerializer):
    """A parameter with the project's own value."""

    standard = serializers.JSONField(allow_null=True, help_text="the default for this project's target")
    value = serializers.JSONField(allow_null=True)
    differs = serializers.BooleanField()


class ProjectProtocolPartSerializer(ProtocolPartSerializer):
    """A part of a project's protocol."""

    parameters = ProjectParameterSerializer(many=True)


class ProjectProtocolSerializer(serializers.Serializer):
    """By which numbers a project works."""

    name = serializers.CharField()
    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment]
    explanation = serializers.CharField(allow_blank=True)
    parts = ProjectProtocolPartSerializer(many=True)
    training_fixed = serializers.CharField(
        allow_blank=True, help_text="why the training settings cannot be changed now; empty where an admin may"
    )


class TrainingChangeSerializer(RequestSerializer):
    """Training settings to change; what is not named stays. The protocol's own rules check the values."""

    image_size = serializers.JSONField(required=False)
    batch_size = serializers.JSONField(required=False)
    epochs = serializers.JSONField(required=False)
    learning_rate = serializers.JSONField(required=False)
    schedule = serializers.JSONField(required=False)
    early_stopping = serializers.JSONField(required=False)
    loss = serializers.JSONField(required=False)
    augmentation = serializers.JSONField(required=False)
    precision = serializers.JSONField(required=False)
    encoder_weights = serializers.JSONField(required=False)
    encoder_frozen = serializers.JSONField(required=False)
    balance = serializers.JSONField(required=False)
    threads = serializers.JSONField(required=False)


class ProtocolSerializer(serializers.Serializer):
    """A protocol of the catalogue."""

    name = serializers.CharField()
    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment]
    explanation = serializers.CharField(allow_blank=True)
    target = serializers.CharField(
        allow_blank=True, help_text="what it is meant for and a new project begins with; empty: any target alike"
    )
    parts = ProtocolPartSerializer(many=True)
    defaults = serializers.JSONField()


class NamedSerializer(serializers.Serializer):
    """A name with what it means."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


class TargetSerializer(NamedSerializer):
    """What can be drawn, and how."""

    conventions = NamedSerializer(many=True)
