"""Prediction of masks by trained networks: ``from mlbackend.prediction import predict``."""

from mlbackend.prediction.predictor import predict

__all__ = ["predict"]
