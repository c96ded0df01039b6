# Web process and platform worker. Built from the project's folder: docker build -f docker/web.Dockerfile --target web .

FROM node:22.20.0-bookworm-slim AS pages
WORKDIR /src/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY frontend/ ./
RUN npx vite build --logLevel warn

FROM python:3.11.14-slim-trixie AS packages
WORKDIR /src
COPY requirements-base.txt requirements-web.txt ./
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check -r requirements-web.txt

FROM python:3.11.14-slim-trixie AS base
# The client programs that backups and restores use, of the database's own major version.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends postgresql-client-17 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin groundwork
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    OMP_NUM_THREADS=1 \
    OPENBLAS_NUM_THREADS=1 \
    HOME=/tmp \
    GROUNDWORK_DATA_DIR=/tmp/groundwork \
    DJANGO_SETTINGS_MODULE=annotation.config.settings.production
WORKDIR /app
COPY --from=packages /opt/venv /opt/venv
COPY manage.py ./
COPY mlbackend/ mlbackend/
COPY annotation/ annotation/
COPY --from=pages /src/frontend/dist frontend/dist
# Compressed here, so that the server need not; bytecode too, as the container may write nothing.
RUN python -m whitenoise.compress --quiet frontend/dist \
 && python -m compileall -q annotation mlbackend
USER 10001:10001

FROM base AS platform
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
  CMD ["python", "-m", "mlbackend.alive", "sign", "platform", "120"]
CMD ["python", "-m", "celery", "-A", "annotation.config", "worker", "--loglevel", "WARNING", "--concurrency", "2", \
     "--without-gossip", "--without-mingle", "--without-heartbeat", "-B", "--schedule", "/tmp/beat-schedule", \
     "-Q", "platform", "-n", "platform@%h"]

FROM base AS web
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=10s --start-period=40s --retries=3 \
  CMD ["python", "-m", "mlbackend.alive", "web", "http://127.0.0.1:8000/health/ready"]
CMD ["python", "-m", "gunicorn", "--config", "python:annotation.config.gunicorn", "--bind", "0.0.0.0:8000", \
     "--workers", "2", "--threads", "8", "--worker-class", "gthread", "--worker-tmp-dir", "/dev/shm", "--graceful-timeout", "20", "--no-control-socket", \
     "annotation.config.wsgi"]
