"""Columns that the database works out of a film's figures, so that lists filter and sort by them without reading films.

They say in SQL what ``suggestions`` says in Python; a test holds the two together. Whoever changes a threshold makes a
migration, which works them out anew.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.expressions import Combinable, CombinedExpression, Expression
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Greatest, Least, Substr, Upper
from django.db.models.lookups import Exact, GreaterThan, LessThan

from annotation.images.quality import (
    CLIPPED_LIMIT,
    EXPOSURE_RANGE,
    HIGH_CONTRAST,
    HIGH_SHARPNESS,
    HIGH_SNR_DB,
    LOW_CONTRAST,
    LOW_SHARPNESS,
    LOW_SNR_DB,
)

CODES = ("view", "dark", "light", "clipped", "contrast", "noise", "blur")
"""Codes of the rules by their bit, the lowest first; never put in another order, as what is stored means these."""
FRONTAL = ("PA", "AP")
"""How the names of frontal views begin; any other view that is stated is not one."""


def figure(name: str, otherwise: float) -> Combinable:
    """A figure of ``quality``, or a value that speaks against nothing where it was not taken."""
    number = Cast(KeyTextTransform(name, "quality"), models.FloatField())
    return Coalesce(number, Value(otherwise), output_field=models.FloatField())


def suggestion_bits() -> Expression:
    """The rules that hold, as the sum of their bits."""
    low, high = EXPOSURE_RANGE
    middle = (low + high) / 2
    holds = {
        "view": ~Q(view="") & ~_in(Substr(Upper(F("view")), 1, 2), FRONTAL),
        "dark": _under(figure("exposure", middle), low),
        "light": _over(figure("exposure", middle), high),
        "clipped": _over(figure("clipped", 0.0), CLIPPED_LIMIT),
        "contrast": _under(figure("contrast", 1.0), LOW_CONTRAST),
        "noise": _under(figure("snr_db", 99.0), LOW_SNR_DB),
        "blur": _under(figure("sharpness", 1.0), LOW_SHARPNESS),
    }
    total: Expression = Value(0)
    for bit, code in enumerate(CODES):
        total = CombinedExpression(total, "+", Case(When(holds[code], then=Value(1 << bit)), default=Value(0)))
    return total


def worst_figure_of_all() -> Expression:
    """``suggestions.worst_figure`` of a film."""
    low, high = EXPOSURE_RANGE
    grey = figure("exposure", 0.5)
    exposed = Case(
        When(_under(grey, low), then=grey / Value(low)),
        default=(Value(1.0) - grey) / Value(1 - high),
        output_field=models.FloatField(),
    )
    shares = (
        figure("contrast", 1.0) / Value(HIGH_CONTRAST),
        figure("snr_db", HIGH_SNR_DB) / Value(HIGH_SNR_DB),
        figure("sharpness", 1.0) / Value(HIGH_SHARPNESS),
        exposed,
        Value(1.0) - figure("clipped", 0.0),
    )
    return Greatest(Value(0.0), Least(Value(1.0), *shares), output_field=models.FloatField())


def _under(value: Combinable, limit: float) -> Q:
    return Q(LessThan(value, Value(limit)))


def _over(value: Combinable, limit: float) -> Q:
    return Q(GreaterThan(value, Value(limit)))


def _in(value: Combinable, names: tuple[str, ...]) -> Q:
    found = Q()
    for name in names:
        found |= Q(Exact(value, Value(name)))
    return found


def codes_of(bits: int) -> list[str]:
    """Codes of the rules that a sum of bits says hold."""
    return [code for n, code in enumerate(CODES) if bits >> n & 1]
