"""Near duplicates: a hash proposes, a coarse comparison sorts, a registered correlation of pixels decides.

Chest films resemble each other so much that a hash alone chains different patients into one group: of the 64,620 pairs
of films of 360 different people, 7,269 lie within ``MAX_HAMMING``. Figures are in ``tests/annotation/images``.
"""

from mlbackend.duplicates.index import Candidate, SignatureIndex
from mlbackend.duplicates.phash import HASH_BITS, hamming, perceptual_hash
from mlbackend.duplicates.register import MIN_CORRELATION, Registration, Thumbnail, thumbnail
from mlbackend.duplicates.signature import MAX_HAMMING, MIN_RESEMBLANCE, signature

__all__ = [
    "HASH_BITS",
    "MAX_HAMMING",
    "MIN_CORRELATION",
    "MIN_RESEMBLANCE",
    "Candidate",
    "Registration",
    "SignatureIndex",
    "Thumbnail",
    "hamming",
    "perceptual_hash",
    "signature",
    "thumbnail",
]
