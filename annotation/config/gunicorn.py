"""Gunicorn's own lines in the format of ours: ``gunicorn --config python:annotation.config.gunicorn``."""

import logging

from mlbackend.logs import log_config

# What libraries warn of becomes a line too.
logging.captureWarnings(True)
logconfig_dict = log_config("web")
logconfig_dict["loggers"]["gunicorn.error"] = {"level": "INFO", "handlers": [], "propagate": True}
