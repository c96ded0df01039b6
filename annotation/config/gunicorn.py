"""Gunicorn's own lines in the format of ours: ``gunicorn --config python:annotation.config.gunicorn``."""

from mlbackend.logs import log_config

logconfig_dict = log_config("web")
logconfig_dict["loggers"]["gunicorn.error"] = {"level": "INFO", "handlers": [], "propagate": True}
