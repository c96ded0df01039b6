"""App configuration."""

from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    """Django's view of this app; tells the masks which of them a reviewer may see."""

    name = "annotation.reviews"
    label = "reviews"

    def ready(self) -> None:
        """Register the reviewers' rule."""
        from annotation.masks.permissions import register_viewer
        from annotation.reviews.permissions import can_see_mask

        register_viewer(can_see_mask)
