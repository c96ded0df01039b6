"""App configuration."""

from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    """Django's view of this app; tells the masks which of them a reviewer may see."""

    name = "annotation.reviews"
    label = "reviews"

    def ready(self) -> None:
        """Register the reviewers' rules."""
        from annotation.masks.permissions import register_blinder, register_viewer
        from annotation.reviews.permissions import can_see_mask, is_blind_to_mask

        register_viewer(can_see_mask)
        register_blinder(is_blind_to_mask)
