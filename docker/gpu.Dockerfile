# GPU worker: trains and predicts. The CUDA libraries come with torch; the machine brings the driver and NVIDIA's
# container toolkit. Built from the project's folder: docker build -f docker/gpu.Dockerfile .

FROM python:3.11.14-slim-trixie AS packages
WORKDIR /src
COPY requirements-base.txt requirements-gpu.txt ./
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check -r requirements-gpu.txt

FROM python:3.11.14-slim-trixie AS gpu
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin groundwork \
 && install -d -o 10001 -g 10001 /cache
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    MPLCONFIGDIR=/tmp/matplotlib \
    TORCH_HOME=/cache/torch \
    HF_HOME=/cache/huggingface \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    GROUNDWORK_DATA_DIR=/tmp/groundwork
WORKDIR /app
COPY --from=packages /opt/venv /opt/venv
COPY mlbackend/ mlbackend/
RUN python -m compileall -q mlbackend
USER 10001:10001
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s --retries=3 \
  CMD ["python", "-m", "mlbackend.alive", "sign", "gpu", "90"]
CMD ["python", "-m", "celery", "-A", "mlbackend.worker.app", "worker", "--loglevel", "WARNING", "--concurrency", "1", \
     "--without-gossip", "--without-mingle", "--without-heartbeat", "-Q", "gpu-train,gpu-predict", "-n", "gpu@%h"]
