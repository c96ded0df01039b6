"""Procedural chest films: seeded, with lung and infection truth, for demonstration, tests and pre-training."""

from mlbackend.data.phantom.collection import generate_set, write_set
from mlbackend.data.phantom.disease import LABELS, infected_share
from mlbackend.data.phantom.film import CONVENTIONS, PhantomFilm, generate_film
from mlbackend.data.phantom.sources import SOURCES

__all__ = [
    "CONVENTIONS",
    "LABELS",
    "SOURCES",
    "PhantomFilm",
    "generate_film",
    "generate_set",
    "infected_share",
    "write_set",
]
