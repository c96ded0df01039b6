"""App configuration."""

from django.apps import AppConfig


class SimulationConfig(AppConfig):
    """Django's view of this app."""

    name = "annotation.simulation"
    label = "simulation"
