"""The Celery app of the GPU queues: takes requests from the broker, reads and writes storage, knows no database."""
