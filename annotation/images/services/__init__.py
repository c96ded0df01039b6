"""Writing of films and patients."""

from annotation.images.services.book import FilmBook, NearDuplicate
from annotation.images.services.groups import patients_link
from annotation.images.services.mend import Mended, film_mend
from annotation.images.services.screening import films_screen, screened_out
from annotation.images.services.store import StoredFilm, film_store

__all__ = [
    "FilmBook",
    "Mended",
    "NearDuplicate",
    "StoredFilm",
    "film_mend",
    "film_store",
    "films_screen",
    "patients_link",
    "screened_out",
]
