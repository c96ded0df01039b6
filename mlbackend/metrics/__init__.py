"""Scores of masks: pure functions on numpy arrays, one metric a file.

Every metric takes two masks of the same shape; its ``*_of`` twin takes counts, which may be summed over films first
(tahir2021 section 3 accumulates over the test set). Empty masks follow docs/decisions/0002-empty-masks.md.
"""

from mlbackend.metrics import on_sums
from mlbackend.metrics.accuracy import accuracy, accuracy_of
from mlbackend.metrics.bootstrap import (
    bootstrap_interval,
    bootstrap_quantile_interval,
    bootstrap_sums,
    percentile_interval,
)
from mlbackend.metrics.confusion import Confusion, confusion
from mlbackend.metrics.dice import dice, dice_of
from mlbackend.metrics.f_beta import f_beta, f_beta_of
from mlbackend.metrics.hd95 import boundary, boundary_distances, hausdorff, hd95
from mlbackend.metrics.interval import binomial_interval, wilson_interval
from mlbackend.metrics.iou import iou, iou_of
from mlbackend.metrics.mass_share import mass_share
from mlbackend.metrics.paired import holm, paired_permutation, paired_permutations, wilcoxon_p
from mlbackend.metrics.pr_curve import (
    PrCurve,
    average_precision,
    average_precision_of,
    pr_curve,
    pr_curve_of,
)
from mlbackend.metrics.precision import precision, precision_of
from mlbackend.metrics.roc_auc import roc_auc, roc_auc_of
from mlbackend.metrics.sensitivity import sensitivity, sensitivity_of
from mlbackend.metrics.specificity import specificity, specificity_of

__all__ = [
    "Confusion",
    "PrCurve",
    "accuracy",
    "accuracy_of",
    "average_precision",
    "average_precision_of",
    "binomial_interval",
    "bootstrap_interval",
    "bootstrap_quantile_interval",
    "bootstrap_sums",
    "boundary",
    "boundary_distances",
    "confusion",
    "dice",
    "dice_of",
    "f_beta",
    "f_beta_of",
    "hausdorff",
    "hd95",
    "holm",
    "iou",
    "iou_of",
    "mass_share",
    "on_sums",
    "paired_permutation",
    "paired_permutations",
    "percentile_interval",
    "pr_curve",
    "pr_curve_of",
    "precision",
    "precision_of",
    "roc_auc",
    "roc_auc_of",
    "sensitivity",
    "sensitivity_of",
    "specificity",
    "specificity_of",
    "wilcoxon_p",
    "wilson_interval",
]
