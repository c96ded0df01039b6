"""The papers' tables of segmentation with our figures, and the metrics that they do not give."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from mlbackend.benchmark.report.entries import DICE, NATIVE, TIMES, WORKING, Entry
from mlbackend.benchmark.report.estimates import Estimate, estimate, known, mean_estimate, of_ranks, spread
from mlbackend.benchmark.report.forms import SEGMENTATION, Form
from mlbackend.metrics import average_precision_of, roc_auc_of
from mlbackend.metrics.bootstrap import bootstrap_quantile_interval

MAIN, MORE = ("accuracy", "iou", "dsc"), ("sensitivity", "specificity", "precision", "f1", "f2")


def heading(entry: Entry) -> dict[str, Any]:
    """What every row begins with: which network, on what, from which cells."""
    return {
        "task": entry.task,
        "scheme": entry.scheme,
        "network": entry.name,
        "architecture": entry.network.architecture,
        "encoder": entry.network.encoder,
        "encoder_frozen": entry.network.encoder_frozen,
        "folds": len(entry.scored),
        "folds_asked": len(entry.cells),
        "films": len(entry.films),
        "patients": len(set(entry.patients)),
        "from": entry.origin(),
    }


def segmentation_row(entry: Entry, form: Form) -> dict[str, Any]:
    """Accumulated figures at the working size beside the paper's, and at the film's size: the paper's metrics, and
    accuracy, IoU and DSC whatever the paper has."""
    row = heading(entry)
    metrics = list(dict.fromkeys((*form.main, *MAIN)))
    for metric in metrics:
        paper, count = form.figure(SEGMENTATION, entry, metric), form.count(SEGMENTATION, entry, metric)
        if metric == "auc":
            row[metric] = asdict(of_ranks(entry, pixel_auc(entry), "needs both classes", paper=paper, count=count))
        else:
            row[metric] = asdict(estimate(entry, WORKING, metric, paper=paper, count=count))
    for metric in metrics:
        if metric != "auc":
            row[f"film_{metric}"] = asdict(estimate(entry, NATIVE, metric))
    row["counted"] = {metric: form.count(SEGMENTATION, entry, metric) for metric in form.main}
    row["dsc_of_folds"] = asdict(spread(entry, WORKING, "dsc"))
    return row


def pixel_auc(entry: Entry) -> float | None:
    """AUC of pixels at the working size, all folds together; None where a class is missing."""
    positive, negative = pixel_histograms(entry)
    return roc_auc_of(positive, negative) if len(positive) else None


def more_row(entry: Entry) -> dict[str, Any]:
    """Sensitivity, specificity, precision, F1, F2, AUC, average precision, HD95 and the mean DSC of films."""
    row = heading(entry)
    for metric in MORE:
        row[metric] = asdict(estimate(entry, WORKING, metric, half=False))
    positive, negative = pixel_histograms(entry)
    auc = pixel_auc(entry)
    precision = average_precision_of(positive, negative) if len(positive) else None
    row["auc"] = asdict(Estimate(auc, why="" if auc is not None else "needs both classes"))
    row["average_precision"] = asdict(Estimate(precision, why="" if precision is not None else "needs positives"))
    row["mean_dsc"] = asdict(mean_estimate(entry, DICE, TIMES))
    with_truth = entry.subset(lambda film: film.truth_positive)
    row["mean_dsc_positive"] = asdict(mean_estimate(with_truth, DICE, TIMES))
    row["films_positive"] = len(with_truth.films)
    row["hd95"] = hd95_summary(entry)
    return row


def pixel_histograms(entry: Entry) -> tuple[list[int], list[int]]:
    """Histograms of probability summed over folds; empty without scores."""
    scored = [cell.films for cell in entry.scored if cell.films and cell.films.positive]
    if not scored:
        return [], []
    positive = np.sum([films.positive for films in scored], axis=0)
    negative = np.sum([films.negative for films in scored], axis=0)
    return positive.tolist(), negative.tolist()


def hd95_summary(entry: Entry) -> dict[str, Any]:
    """Median and 95th percentile over films and folds, in pixels of the film and in percent of its diagonal."""
    values, shares, patients, missing = [], [], [], 0
    for cell in entry.scored:
        for film in cell.films.films if cell.films else []:
            if film.hd95_px is None:
                missing += 1
                continue
            values.append(film.hd95_px)
            shares.append(film.hd95_px / film.diagonal_px if film.diagonal_px else float("nan"))
            patients.append(film.patient)
    if not values:
        return {"median_px": None, "p95_px": None, "low_px": None, "high_px": None, "median_diagonal": None} | {
            "scored": 0,
            "without": missing,
        }
    several = len(set(patients)) > 1
    low, high = bootstrap_quantile_interval(patients, values, seed=entry.seed) if several else (None, None)
    return {
        "median_px": float(np.median(values)),
        "p95_px": float(np.percentile(values, 95)),
        "low_px": low,
        "high_px": high,
        "median_diagonal": known(float(np.median(shares))),
        "scored": len(values),
        "without": missing,
    }
