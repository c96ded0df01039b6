"""Scores of masks: pure functions on numpy arrays, one metric a file.

Every metric takes two masks of the same shape; its ``*_of`` twin takes counts, which may be summed over films first
(tahir2021 section 3 accumulates over the test set). Empty masks follow docs/decisions/0002-empty-masks.md.
"""

from mlbackend.metrics.accuracy import accuracy, accuracy_of
from mlbackend.metrics.confusion import Confusion, confusion
from mlbackend.metrics.dice import dice, dice_of
from mlbackend.metrics.f_beta import f_beta, f_beta_of
from mlbackend.metrics.interval import binomial_interval, wilson_interval
from mlbackend.metrics.iou import iou, iou_of
from mlbackend.metrics.precision import precision, precision_of
from mlbackend.metrics.sensitivity import sensitivity, sensitivity_of
from mlbackend.metrics.specificity import specificity, specificity_of

__all__ = [
    "Confusion",
    "accuracy",
    "accuracy_of",
    "binomial_interval",
    "confusion",
    "dice",
    "dice_of",
    "f_beta",
    "f_beta_of",
    "iou",
    "iou_of",
    "precision",
    "precision_of",
    "sensitivity",
    "sensitivity_of",
    "specificity",
    "specificity_of",
    "wilson_interval",
]
