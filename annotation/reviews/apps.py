"""App configuration."""

from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    """Django's view of this app; tells films and masks which of them a reviewer may see."""

    name = "annotation.reviews"
    label = "reviews"

    def ready(self) -> None:
        """Register the reviewers' rules, and the metrics of their work."""
        from annotation.images.permissions import register_film_alias
        from annotation.masks.permissions import register_blinder, register_mask_alias, register_viewer
        from annotation.reviews.metrics import act_metrics, task_metrics
        from annotation.reviews.permissions import can_see_mask, film_shown_as, is_blind_to_mask, mask_shown_as
        from annotation.telemetry.metrics import register

        register(act_metrics)
        register(task_metrics)
        register_viewer(can_see_mask)
        register_blinder(is_blind_to_mask)
        register_film_alias(film_shown_as)
        register_mask_alias(mask_shown_as)
