"""Writing of films and patients."""

from annotation.images.services.book import FilmBook, NearDuplicate
from annotation.images.services.groups import patients_link
from annotation.images.services.store import StoredFilm, film_store

__all__ = ["FilmBook", "NearDuplicate", "StoredFilm", "film_store", "patients_link"]
