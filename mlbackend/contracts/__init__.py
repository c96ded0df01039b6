"""What the platform and a GPU worker say to each other. Imports neither torch nor Django.

A job's request and result travel as JSON. Files travel by storage key: a request names the keys to read, and a worker
writes only below ``attempt_prefix``. The result file at ``result_key(job_id, attempt)`` is the truth about an attempt
and is put into place last; messages only nudge.
"""

from mlbackend.contracts.message import (
    ContractError,
    Message,
    Outcome,
    Split,
)
from mlbackend.contracts.names import (
    PHASE_INTERRUPTED,
    QUEUE_PLATFORM,
    QUEUE_PREDICT,
    QUEUE_TRAIN,
    TASK_FINISHED,
    TASK_PREDICT,
    TASK_PROGRESS,
    TASK_SWEEP,
    TASK_TRAIN,
    attempt_prefix,
    cancel_key,
    job_prefix,
    progress_key,
    request_key,
    result_key,
)
from mlbackend.contracts.prediction import (
    ModelRef,
    PredictChunk,
    PredictedMask,
    PredictImage,
    PredictRequest,
    PredictResult,
)
from mlbackend.contracts.progress import (
    Progress,
)
from mlbackend.contracts.training import (
    ARCHITECTURES,
    AUGMENTATIONS,
    LOSSES,
    PRECISIONS,
    SCHEDULES,
    EpochMetrics,
    NetworkSpec,
    TrainingSettings,
    TrainRequest,
    TrainResult,
    TrainSample,
)

__all__ = [
    "ARCHITECTURES",
    "AUGMENTATIONS",
    "LOSSES",
    "PHASE_INTERRUPTED",
    "PRECISIONS",
    "QUEUE_PLATFORM",
    "QUEUE_PREDICT",
    "QUEUE_TRAIN",
    "SCHEDULES",
    "TASK_FINISHED",
    "TASK_PREDICT",
    "TASK_PROGRESS",
    "TASK_SWEEP",
    "TASK_TRAIN",
    "ContractError",
    "EpochMetrics",
    "Message",
    "ModelRef",
    "NetworkSpec",
    "Outcome",
    "PredictChunk",
    "PredictImage",
    "PredictRequest",
    "PredictResult",
    "PredictedMask",
    "Progress",
    "Split",
    "TrainRequest",
    "TrainResult",
    "TrainSample",
    "TrainingSettings",
    "attempt_prefix",
    "cancel_key",
    "job_prefix",
    "progress_key",
    "request_key",
    "result_key",
]
