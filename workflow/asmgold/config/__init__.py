"""The configuration: models, and loading with messages a person can act on."""

from asmgold.config.loading import check_settings, load_corrections, load_lock, load_sources, read_yaml
from asmgold.config.models import Area, Correction, Layer, Lock, Overlay, Settings, Source
from asmgold.config.places import stored_file
from asmgold.config.scenario import Scenario, load_scenario, plain

__all__ = [
    "Area",
    "Correction",
    "Layer",
    "Lock",
    "Overlay",
    "Scenario",
    "Settings",
    "Source",
    "check_settings",
    "load_corrections",
    "load_lock",
    "load_scenario",
    "load_sources",
    "plain",
    "read_yaml",
    "stored_file",
]
