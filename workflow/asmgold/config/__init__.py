"""The configuration: models, and loading with messages a person can act on."""

from asmgold.config.loading import (
    check_settings,
    load_corrections,
    load_lock,
    load_refresh_settings,
    load_sources,
    read_yaml,
)
from asmgold.config.models import (
    Area,
    Correction,
    GateSettings,
    Layer,
    Lock,
    Overlay,
    RefreshSettings,
    Settings,
    Source,
)
from asmgold.config.places import stored_file
from asmgold.config.scenario import Scenario, load_scenario, plain

__all__ = [
    "Area",
    "Correction",
    "GateSettings",
    "Layer",
    "Lock",
    "Overlay",
    "RefreshSettings",
    "Scenario",
    "Settings",
    "Source",
    "check_settings",
    "load_corrections",
    "load_lock",
    "load_refresh_settings",
    "load_scenario",
    "load_sources",
    "plain",
    "read_yaml",
    "stored_file",
]
