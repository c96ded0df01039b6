"""Settings shared by all environments. Every value that differs between machines comes from the environment."""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from annotation.config.keys import kept, pseudonym_keys
from annotation.config.settings.signing_in import *  # noqa: F403
from mlbackend.broker import broker_settings
from mlbackend.contracts import QUEUE_PLATFORM, TASK_SWEEP
from mlbackend.environment import broker_url, data_dir, problems, read, storage_url
from mlbackend.logs import log_config

BASE_DIR = Path(__file__).resolve().parents[3]
DATA_DIR = data_dir()

if _problems := problems():
    raise ImproperlyConfigured("; ".join(_problems))


def secret_key() -> str:
    """From SECRET_KEY, else a random key kept in the data folder so that sessions outlive a restart."""
    if key := read("SECRET_KEY"):
        return str(key)
    return kept(DATA_DIR / "secret_key", secrets.token_urlsafe(50))


SECRET_KEY = secret_key()
PSEUDONYM_KEYS = pseudonym_keys(read("PSEUDONYM_KEYS") or "", DATA_DIR / "pseudonym_keys")
"""Secrets by key id, the current one first: patients' pseudonyms are made with them."""
PROTOCOLS_DIR = read("PROTOCOLS_DIR")
DEBUG = read("DEBUG")
ALLOWED_HOSTS = read("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = read("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_vite",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "annotation.common",
    "annotation.telemetry",
    "annotation.accounts",
    "annotation.jobs",
    "annotation.projects",
    "annotation.images",
    "annotation.masks",
    "annotation.reviews",
    "annotation.rounds",
    "annotation.exports",
    "annotation.findings",
    "annotation.benchmarks",
    "annotation.privacy",
    "annotation.simulation",
    "annotation.backups",
]

MIDDLEWARE = [
    # First, so that what answers before the views, static files and redirects among them, has its headers too.
    "annotation.config.headers.headers_middleware",
    "annotation.telemetry.middleware.telemetry_middleware",
    "annotation.common.bodies.body_limit_middleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "annotation.accounts.middleware.session_middleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "annotation.common.idempotency.idempotency_middleware",
]

ROOT_URLCONF = "annotation.config.urls"
WSGI_APPLICATION = "annotation.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "annotation/config/templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]


def database(url: str) -> dict[str, Any]:
    """Database settings from a URL. On SQLite deciding transactions are IMMEDIATE, as row locks are no-ops there."""
    # Checked at the start of a request: after the database was restarted, its old connections cost nobody an error.
    config: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True))
    if config["ENGINE"].endswith("sqlite3"):
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
        }
    elif config["ENGINE"].endswith("postgresql"):
        # A database that is away is told soon, not after the system's minutes.
        config["OPTIONS"] = {"connect_timeout": 10, **config.get("OPTIONS", {})}
    return config


DATABASES = {"default": database(read("DATABASE_URL") or f"sqlite:///{DATA_DIR}/groundwork.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"
STORAGE_URL = storage_url()

CELERY_BROKER_URL, CELERY_BROKER_TRANSPORT_OPTIONS = broker_settings(broker_url())
CELERY_TASK_DEFAULT_QUEUE = QUEUE_PLATFORM
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

JOB_SWEEP_SECONDS = float(read("JOB_SWEEP_SECONDS"))
"""How often the sweep looks for finished files, stuck queues and dead workers."""
JOB_HEARTBEAT_STALE_SECONDS = float(read("JOB_HEARTBEAT_STALE_SECONDS"))
JOB_QUEUED_TOO_LONG_SECONDS = float(read("JOB_QUEUED_TOO_LONG_SECONDS"))
JOB_MAX_ATTEMPTS = int(read("JOB_MAX_ATTEMPTS"))
CELERY_BEAT_SCHEDULER = "annotation.config.beat:Scheduler"
CELERY_BEAT_SCHEDULE = {
    # A sweep that waited for longer than its interval has a younger one behind it.
    "sweep": {"task": TASK_SWEEP, "schedule": JOB_SWEEP_SECONDS, "options": {"expires": JOB_SWEEP_SECONDS}},
    "forget": {"task": "platform.forget_sign_ins", "schedule": 3600.0, "options": {"expires": 3600.0}},
}

REVIEW_LEASE_SECONDS = int(read("REVIEW_LEASE_SECONDS"))
UPLOAD_MAX_BYTES = int(read("UPLOAD_MAX_BYTES"))
IMAGE_MAX_PIXELS = int(read("IMAGE_MAX_PIXELS"))
DATA_UPLOAD_MAX_MEMORY_SIZE = UPLOAD_MAX_BYTES
DECODER_SECONDS = float(read("DECODER_SECONDS"))
"""Time that the decoder's process may take for one picture, by the clock and of its processor."""
DECODER_MEMORY_BYTES = int(read("DECODER_MEMORY_BYTES"))
"""Address space of the decoder's process: enough for the largest picture that IMAGE_MAX_PIXELS lets through."""

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
WHITENOISE_USE_FINDERS = True
FRONTEND_DIR = BASE_DIR / "frontend/dist"
"""What Vite has built; served as static files, without Node."""
STATICFILES_DIRS = [FRONTEND_DIR]
DJANGO_VITE = {"default": {"manifest_path": FRONTEND_DIR / "manifest.json"}}


def immutable_file(path: str, url: str) -> bool:
    """Whether a static file never changes under its name: Vite writes a hash of the content into it."""
    return re.search(r"/assets/[^/]+-[\w-]{8}\.\w+$", url) is not None


WHITENOISE_IMMUTABLE_FILE_TEST = immutable_file
LOGIN_URL = "/"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "annotation.accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "annotation.common.pagination.Pagination",
    "DEFAULT_PARSER_CLASSES": [
        "annotation.common.bodies.JSONParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "EXCEPTION_HANDLER": "annotation.common.exceptions.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Groundwork",
    "DESCRIPTION": "People and networks make ground-truth segmentation masks together.",
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "annotation.common.idempotency.describe_header",
    ],
    "ENUM_NAME_OVERRIDES": {
        "ProjectStateEnum": "annotation.projects.models.ProjectState",
        "ImageStateEnum": "annotation.images.models.ImageState",
        "ImageRoleEnum": "annotation.images.models.ImageRole",
        "ScreeningOutcomeEnum": "annotation.images.models.ScreeningOutcome",
        "TaskStateEnum": "annotation.reviews.models.TaskState",
        "BatchStateEnum": "annotation.reviews.models.BatchState",
        "RoundStateEnum": "annotation.rounds.models.RoundState",
        "StepStateEnum": "annotation.rounds.models.StepState",
        "JobKindEnum": "annotation.jobs.models.JobKind",
        "ParameterKindEnum": "annotation.projects.serializers.PARAMETER_KINDS",
        "TaskKindEnum": "annotation.reviews.models.TaskKind",
        "MaskKindEnum": "annotation.masks.models.MaskKind",
        "RoleEnum": "annotation.projects.models.Role",
        "BenchmarkStateEnum": "annotation.benchmarks.models.RunState",
        "BenchmarkStepStateEnum": "annotation.benchmarks.serializers.STEP_STATES",
        "LabelSetEnum": "annotation.benchmarks.serializers.LABEL_SETS",
    },
}

LOGGING = log_config("web")
# A refused page is no fault of the server's: no traceback for each.
LOGGING["loggers"]["django.request"] = {"level": "ERROR"}
