"""Changes of a copy of an overlay."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


def change(overlay: Path, fields: Mapping[str, Any]) -> None:
    """Replace fields of an overlay's kustomization."""
    file = overlay / "kustomization.yaml"
    file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()) | fields))
