"""Every environment variable that a process of Groundwork reads: type, default, meaning."""

from __future__ import annotations

from mlbackend.environment.kinds import (
    FILE,
    FLAG,
    FOLDER,
    NAMES,
    NETWORKS,
    TEXT,
    choice,
    long_text,
    matching,
    seconds,
    url,
    whole,
)
from mlbackend.environment.setting import Setting

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

GROUPS: dict[str, list[Setting]] = {
    "Where things are": [
        Setting(
            "GROUNDWORK_DATA_DIR", FOLDER, None,
            "folder of the embedded default: database, storage, broker, logs",
            instead="`var` in the project's folder",
        ),
        Setting(
            "DATABASE_URL", url("postgres", "postgresql", "sqlite"), None,
            "`postgres://user:password@host:5432/name`; `?sslmode=verify-full` at its end where it is far away",
            secret=True, production=True, instead="SQLite in the data folder",
        ),
        Setting(
            "CELERY_BROKER_URL", url("redis", "rediss", "filesystem"), None,
            "`redis://:password@host:6379/0`, `rediss://` over TLS, or `filesystem:///folder`",
            secret=True, production=True, instead="a folder in the data folder",
        ),
        Setting(
            "STORAGE_URL", url("file", "s3"), None,
            "`file:///folder`, or `s3://bucket/prefix` with the `AWS_` variables below",
            production=True, instead="a folder in the data folder",
        ),
        Setting("AWS_ENDPOINT_URL", url("http", "https"), None, "address of an S3 store that is not Amazon's"),
        Setting("AWS_ACCESS_KEY_ID", TEXT, None, "name of the key to the store"),
        Setting("AWS_SECRET_ACCESS_KEY", TEXT, None, "the key to the store", secret=True),
        Setting("AWS_DEFAULT_REGION", TEXT, None, "region of the store; most that are not Amazon's need none"),
        Setting("STORAGE_CONNECT_SECONDS", seconds(0.1), "5", "how long to wait for a connection to an S3 store"),
        Setting("STORAGE_READ_SECONDS", seconds(0.1), "60", "how long to wait for an answer of an S3 store"),
        Setting("STORAGE_ATTEMPTS", whole(1, 20), "5", "how often a request to an S3 store is tried before it fails"),
    ],
    "Protocols": [
        Setting(
            "PROTOCOLS_DIR", FOLDER, None, "folder of protocols of one's own, a YAML file each (docs/protocols.md)",
            instead="the built-in ones alone",
        ),
    ],
    "Web": [
        Setting(
            "DJANGO_SETTINGS_MODULE", TEXT, "annotation.config.settings.embedded",
            "`annotation.config.settings.production` refuses to start without the values that production needs",
        ),
        Setting(
            "SECRET_KEY", TEXT, None,
            "signs sessions and lease tokens; the same for all web and platform processes",
            secret=True, production=True, instead="made once, kept in the data folder",
        ),
        Setting(
            "PSEUDONYM_KEYS", TEXT, None,
            "`ID:SECRET` of the [patients' pseudonyms](privacy.md), separated by commas, the current one first; "
            "the same for all web and platform processes, and never lost",
            secret=True, production=True, instead="made once, kept in the data folder",
        ),
        Setting(
            "ALLOWED_HOSTS", NAMES, "localhost,127.0.0.1,[::1]", "host names under which the platform answers",
            production=True,
        ),
        Setting("CSRF_TRUSTED_ORIGINS", NAMES, "", "`https://name` of each host that a browser uses"),
        Setting("DEBUG", FLAG, "0", "tracebacks in the browser; the production settings ignore it"),
    ],
    "Signing in": [
        Setting(
            "TRUSTED_PROXIES", whole(0), "0",
            "how many proxies of one's own stand before the web process; tells the client's address",
        ),
        Setting("PASSWORD_MIN_LENGTH", whole(8), "8", "fewest characters of a new password", in_production="12"),
        Setting("PASSWORD_LINK_HOURS", whole(1), "48", "how long a link to choose a password by is good"),
        Setting("SECRET_KEY_FALLBACKS", NAMES, "", "earlier secret keys that are still good for reading", secret=True),
        Setting(
            "SESSION_MAX_SECONDS", whole(60), "1209600", "a session ends so long after its sign-in",
            in_production="43200",
        ),
        Setting(
            "SESSION_IDLE_SECONDS", whole(0), "0", "a session ends after so long without its person; 0 never",
            in_production="3600",
        ),
        Setting(
            "SECOND_FACTOR_REQUIRED", FLAG, "0", "staff, superusers and admins of projects must have a second factor",
            in_production="1",
        ),
        Setting(
            "OIDC_ISSUER", url("https", "http"), None,
            "address of the provider of single sign-on, see [Signing in](security.md#signing-in)",
        ),
        Setting("OIDC_CLIENT_ID", TEXT, None, "name of Groundwork at that provider"),
        Setting("OIDC_CLIENT_SECRET", TEXT, None, "its secret there", secret=True),
        Setting("OIDC_NAME", TEXT, "single sign-on", "what its button says: Sign in with ..."),
        Setting("OIDC_LINK_BY_EMAIL", FLAG, "1", "links accounts by verified e-mail"),
        Setting("OIDC_CREATE_PEOPLE", FLAG, "0", "makes accounts for new people, without roles"),
        Setting("OIDC_EMAIL_DOMAINS", NAMES, "", "e-mail domains that are let in; all where it is empty"),
        Setting("OIDC_SECOND_FACTOR", FLAG, "0", "the provider asks for a second factor itself"),
    ],
    "Reviewing and import": [
        Setting("REVIEW_LEASE_SECONDS", whole(1), "600", "how long a task stays with its reviewer without a heartbeat"),
        Setting("UPLOAD_MAX_BYTES", whole(1), str(64 * 1024 * 1024), "largest file that is taken"),
        Setting("IMAGE_MAX_PIXELS", whole(1), "64000000", "largest image that is decoded"),
        Setting(
            "DECODER_SECONDS", seconds(1), "60",
            "time by the clock and of the processor for one picture, in the decoder's process",
        ),
        Setting(
            "DECODER_MEMORY_BYTES", whole(256 * 1024**2), str(4 * 1024**3),
            "address space of the decoder's process; a 16-bit colour film of 64 megapixels fits",
        ),
    ],
    "Jobs": [
        Setting("JOB_SWEEP_SECONDS", seconds(0.1), "15", "how often finished, lost and silent jobs are looked for"),
        Setting(
            "JOB_HEARTBEAT_STALE_SECONDS", seconds(1), "120",
            "a running job silent for so long goes to another worker; the same for platform and GPU workers",
        ),
        Setting(
            "JOB_QUEUED_TOO_LONG_SECONDS", seconds(0.1), "120",
            "a queued job nobody took is sent again where the broker says that its queue is empty",
        ),
        Setting("JOB_MAX_ATTEMPTS", whole(1, 100), "3", "attempts before a job fails"),
        Setting(
            "BENCHMARK_SEND_AGAIN_SECONDS", seconds(1), "150",
            "a cell of a benchmark by `--queue` of which no worker has spoken for so long is sent again; keep it above "
            "`JOB_HEARTBEAT_STALE_SECONDS`",
        ),
    ],
    "GPU worker": [
        Setting(
            "GROUNDWORK_DEVICE", matching(r"auto|cpu|cuda:\d+", "auto, cpu or cuda:N, for example cuda:0"), "auto",
            "processor of this worker; auto takes the first GPU, else the CPU",
        ),
        Setting("GROUNDWORK_GRAPHS", FLAG, "1", "0 keeps a training's passes from being captured as CUDA graphs"),
        Setting(
            "CHEXNET_WEIGHTS", FILE, None,
            "weights of the encoder `chexnet`, a DenseNet-121 trained on ChestX-ray14: `.safetensors` or a state dict",
        ),
        Setting("CUDA_VISIBLE_DEVICES", TEXT, None, "set from `GROUNDWORK_DEVICE` before torch is imported"),
        Setting("OMP_WAIT_POLICY", TEXT, None, "where it is set, the next one is left alone"),
        Setting(
            "GOMP_SPINCOUNT", whole(0), "1000",
            "how long torch's waiting threads spin; a long spin starves others on shared cores",
        ),
    ],
    "Logs, metrics, errors": [
        Setting(
            "LOG_LEVEL", choice(*LEVELS), None, "of the messages of web and workers",
            instead="`INFO`; of libraries `WARNING`",
        ),
        Setting("LOG_FORMAT", choice("plain", "json"), "plain", "json writes one object a line, for a log collector"),
        Setting("LOG_REQUESTS", FLAG, "0", "a line for each request: view, status, milliseconds; no address, no body"),
        Setting("WORKER_LOG_LEVEL", choice(*LEVELS), "WARNING", "of the workers that `manage.py run` starts"),
        Setting(
            "METRICS_TOKEN", long_text(16), None,
            "who sends `Authorization: Bearer TOKEN` may read `/metrics`", secret=True,
        ),
        Setting(
            "METRICS_ALLOWED", NETWORKS, None,
            "who connects from these addresses, not by a proxy, may read `/metrics`; nobody may where neither is set",
        ),
        Setting(
            "PROMETHEUS_MULTIPROC_DIR", FOLDER, None,
            "empty folder, best in memory, where web processes add up their counts; needed with more than one",
        ),
        Setting(
            "SENTRY_DSN", url("http", "https"), None, "where errors are reported to; nothing is sent without it",
            secret=True,
        ),
        Setting("SENTRY_ENVIRONMENT", TEXT, "production", "name of this installation in those reports"),
    ],
    "Set by Groundwork itself": [
        Setting("GROUNDWORK_SIMULATION", FOLDER, None, "marks a process that lives in the folder of a simulation"),
    ],
}  # fmt: skip

SETTINGS: dict[str, Setting] = {setting.name: setting for group in GROUPS.values() for setting in group}
"""All of them by name."""
