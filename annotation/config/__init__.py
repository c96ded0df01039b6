"""Settings, URLs, Celery and WSGI: what ties the apps together."""

from annotation.config.celery import app as celery_app

__all__ = ["celery_app"]
