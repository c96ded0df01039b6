"""The hospitals of the phantom world: each exposes, places, marks and stores its films in its own way."""

from __future__ import annotations

from dataclasses import dataclass

Range = tuple[float, float]


@dataclass(frozen=True)
class Source:
    """Habits of one source. Ranges are uniform; single numbers are spreads or means as their names say."""

    name: str
    view: str
    child_share: float = 0.0
    supine: float = 0.0
    turn: float = 0.1
    """Spread of patient rotation."""
    tilt: float = 1.2
    """Spread of the film's tilt, degrees."""
    margin: Range = (1.15, 1.45)
    """Field of view over chest width."""
    aspect: float = 0.0
    """Log of the horizontal over the vertical field of view: films that were squeezed into a square."""
    arms: Range = (20, 60)
    """Angle of the upper arms from the trunk, degrees; 0 hangs down."""
    photons: Range = (2e4, 8e4)
    """Quanta per pixel in the open beam of a 512 px film."""
    scatter: Range = (0.15, 0.5)
    """Scattered over primary radiation."""
    sharpness_cm: Range = (0.02, 0.05)
    """Blur of focus and detector."""
    lung_grey: Range = (0.0, 0.6)
    """How far the black end lies beyond the darkest lung, as a share of the tissue range."""
    gamma: Range = (0.8, 1.25)
    window: Range = (0.9, 1.15)
    """Width of the display window over the film's own range."""
    floor: Range = (0.0, 0.05)
    """Brightness of the darkest displayed tone."""
    ceiling: Range = (0.9, 1.0)
    local_contrast: Range = (0.1, 0.5)
    """Strength of the console's multi-scale enhancement."""
    shutter: float = 0.3
    """Chance of black collimation borders."""
    pad: float = 0.1
    """Chance of black bars that make the film square."""
    text: float = 0.8
    devices: float = 0.02
    """Chance of each kind of tube, wire or electrode."""
    vignette: float = 0.0
    jpeg: tuple[int, int] = (85, 97)
    weight: float = 1.0


SOURCES: tuple[Source, ...] = (
    Source(
        "st-anna-upright",
        "PA",
        photons=(4e4, 1.5e5),
        scatter=(0.1, 0.3),
        local_contrast=(0.2, 0.7),
        margin=(1.2, 1.5),
        text=0.9,
    ),
    Source(
        "lakeside-screening",
        "PA",
        margin=(1.15, 1.4),
        shutter=0.7,
        pad=0.5,
        gamma=(0.6, 1.0),
        local_contrast=(0.1, 0.4),
        turn=0.06,
        arms=(35, 75),
        weight=1.4,
    ),
    Source(
        "north-portable",
        "AP",
        supine=0.75,
        turn=0.22,
        tilt=2.6,
        margin=(0.98, 1.35),
        arms=(0, 30),
        photons=(6e3, 3e4),
        scatter=(0.5, 1.4),
        sharpness_cm=(0.04, 0.09),
        window=(0.95, 1.6),
        floor=(0.0, 0.2),
        ceiling=(0.7, 1.0),
        local_contrast=(0.0, 0.5),
        devices=0.4,
        text=0.7,
        jpeg=(60, 92),
        weight=1.2,
    ),
    Source(
        "harbour-emergency",
        "AP",
        supine=0.4,
        turn=0.18,
        tilt=2.0,
        margin=(1.0, 1.3),
        aspect=0.1,
        arms=(5, 45),
        photons=(1e4, 5e4),
        scatter=(0.3, 0.8),
        gamma=(0.8, 1.6),
        window=(0.75, 1.0),
        local_contrast=(0.4, 1.3),
        devices=0.22,
        jpeg=(65, 95),
    ),
    Source(
        "riverside-children",
        "AP",
        child_share=1.0,
        supine=0.45,
        turn=0.18,
        tilt=2.5,
        margin=(1.02, 1.4),
        aspect=0.2,
        arms=(10, 150),
        photons=(1e4, 6e4),
        scatter=(0.1, 0.5),
        gamma=(0.8, 1.4),
        window=(0.85, 1.2),
        shutter=0.2,
        devices=0.1,
        weight=1.2,
    ),
    Source(
        "old-archive",
        "PA",
        child_share=0.15,
        turn=0.12,
        tilt=2.0,
        margin=(1.0, 1.4),
        photons=(8e3, 3e4),
        scatter=(0.3, 0.9),
        sharpness_cm=(0.05, 0.11),
        gamma=(0.7, 1.7),
        window=(1.0, 1.9),
        floor=(0.02, 0.3),
        ceiling=(0.6, 0.98),
        local_contrast=(0.0, 0.2),
        vignette=0.5,
        shutter=0.35,
        jpeg=(50, 85),
        devices=0.06,
    ),
)


def source_named(name: str) -> Source:
    """The source of that name; ValueError lists the valid names."""
    for source in SOURCES:
        if source.name == name:
            return source
    raise ValueError(f"source: {name!r} is unknown; valid sources are {', '.join(s.name for s in SOURCES)}")
