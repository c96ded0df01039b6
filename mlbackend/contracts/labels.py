"""The label history of an exported dataset version: which mask a film had after each step of its protocol."""

from __future__ import annotations

CANDIDATE, STAGE2, STAGE3, FINAL = "candidate", "stage2", "stage3", "final"
LABELS = (CANDIDATE, STAGE2, STAGE3, FINAL)
"""In the order in which people worked: the network's own masks, then one stage of human work more each."""

LABELS_FORMAT, LABELS_VERSION = "groundwork-label-history", 1
LABELS_CSV = "labels.csv"
"""One row a film, target and label, beside ``manifest.csv``."""
LABELS_JSON = "labels.json"
"""Whose network drew the candidates, and which stage of the protocol each label stands for."""
LABELS_FOLDER = "labels"
"""``labels/SHA256.png``: each mask that is not the film's final one, once by content."""

TRAINED, SELECTED, RELATED = "trained", "selected", "related"
"""Column ``network_saw``: the candidate's network was trained on this film, selected on it, or saw another film of its
split group; empty where it saw none."""
