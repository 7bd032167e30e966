"""The configuration folder of the demo's Home Assistant."""

import json
from pathlib import Path
import shutil
from typing import Any, Final

from .place import Place

ROOT: Final = Path(__file__).resolve().parent.parent
INTEGRATION: Final = ROOT / "custom_components" / "smartpvms"
BLUEPRINTS: Final = ROOT / "blueprints"

CONFIGURATION: Final = """\
# Written by script/demo at every start.
homeassistant:
  name: Solar demo
  latitude: {place.latitude}
  longitude: {place.longitude}
  elevation: 50
  unit_system: metric
  currency: {place.currency}
  country: {place.country}
  time_zone: {place.time_zone}

application_credentials:
frontend:
config:
energy:
history:
logbook:
sun:
automation: !include automations.yaml
scene: !include scenes.yaml
script: !include scripts.yaml

logger:
  default: warning
  logs:
    custom_components.smartpvms: info
    # Libraries for cameras are missing in the demo's environment.
    haffmpeg: critical
    homeassistant.components.camera: critical
"""


def write_configuration(folder: Path, place: Place, host: str, port: int) -> None:
    """Create or update the folder; other files of Home Assistant are kept."""
    (folder / ".storage").mkdir(parents=True, exist_ok=True)
    (folder / "configuration.yaml").write_text(CONFIGURATION.format(place=place))
    for name in ("automations", "scenes", "scripts"):
        (folder / f"{name}.yaml").touch()
    # As if they had been imported; they are found under Automations > Blueprints.
    shutil.copytree(BLUEPRINTS, folder / "blueprints", dirs_exist_ok=True)
    _link_integration(folder)
    _store_http(folder, host, port)
    _store_onboarding(folder)


def _link_integration(folder: Path) -> None:
    """Link to the checkout's integration, so that a restart loads an edit."""
    link = folder / "custom_components" / INTEGRATION.name
    link.parent.mkdir(exist_ok=True)
    if link.is_symlink():
        link.unlink()
    elif link.exists():
        shutil.rmtree(link)
    link.symlink_to(INTEGRATION, target_is_directory=True)


def _store_http(folder: Path, host: str, port: int) -> None:
    """Store address and port.

    An `http:` block in configuration.yaml would raise a repair issue, and would be
    reverted after five minutes unless it is confirmed. The store is used as it is.
    """
    _write_store(
        folder,
        "http",
        3,
        {
            "stable": {
                "server_host": [host],
                "server_port": port,
                "cors_allowed_origins": [],
                "login_attempts_threshold": -1,
                "ip_ban_enabled": False,
                "ssl_profile": "intermediate_v6",
                "use_x_frame_options": True,
                "created_at": "2026-01-01T00:00:00+00:00",
                "error": None,
                "error_message": None,
            },
            "pending": None,
            "yaml_migration_done": True,
        },
    )


def _store_onboarding(folder: Path) -> None:
    """Mark all steps of the onboarding but the first user as done.

    The other steps set up integrations that need the internet (weather, radio, text to
    speech), which the demo does not use.
    """
    if not (folder / ".storage" / "onboarding").exists():
        done = {"done": ["core_config", "analytics", "integration"]}
        _write_store(folder, "onboarding", 4, done)


def _write_store(folder: Path, key: str, version: int, data: dict[str, Any]) -> None:
    store = {"version": version, "minor_version": 1, "key": key, "data": data}
    (folder / ".storage" / key).write_text(json.dumps(store, indent=2))
