"""Which embedding model a stack runs, kept beside its data."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from pichaven_local.errors import StartError

MODEL_SETTINGS: Final = (
    "PICHAVEN_CLIP_MODEL",
    "PICHAVEN_CLIP_PRETRAINED",
    "PICHAVEN_ML_BUNDLED_DIR",
)
"""The settings of ml that determine its model."""
DEFAULT_MODEL: Final = "pichaven-photo"


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model as an operator named it, and the settings that select it."""

    name: str
    settings: dict[str, str]

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "ModelChoice":
        """Return the model that the environment names, else ml's default by its name.

        So a stack keeps its model when the default becomes another one.
        """
        settings = _model_settings(environment) or {MODEL_SETTINGS[0]: DEFAULT_MODEL}
        names = [settings[name] for name in MODEL_SETTINGS[:2] if name in settings]
        return cls("/".join(names), settings)

    def apply(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Return ml's environment with this model in place of any other."""
        others = {name: value for name, value in environment.items() if name not in MODEL_SETTINGS}
        return others | self.settings


@dataclass(frozen=True, slots=True)
class StackModels:
    """The model in force, and the candidate while the stack is switched to another one."""

    in_force: ModelChoice
    candidate: ModelChoice | None = None


class ModelFile:
    """`model.json` in a stack's folder. The launcher follows its changes."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "model.json"

    @property
    def version(self) -> tuple[int, int] | None:
        """A value that changes with each write; None without a file."""
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns

    def read(self) -> StackModels | None:
        """Return None before the first start. Raises `StartError` for an unreadable file."""
        try:
            document = json.loads(self._path.read_text())
            candidate = document["candidate"]
            return StackModels(
                ModelChoice(**document["in_force"]), candidate and ModelChoice(**candidate)
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise StartError(
                f"{self._path} cannot be read ({error!r}). Delete it, and name the model that the "
                "stack ran with by PICHAVEN_CLIP_MODEL and PICHAVEN_CLIP_PRETRAINED once."
            ) from error

    def write(self, models: StackModels) -> None:
        staging = self._path.with_suffix(f".{os.getpid()}")
        staging.write_text(json.dumps(asdict(models), indent=2) + "\n")
        staging.replace(self._path)

    def clear(self) -> None:
        self._path.unlink(missing_ok=True)


def check_model(models: StackModels, environment: Mapping[str, str]) -> None:
    """Raise `StartError` where the environment names another model than the one in force."""
    configured = ModelChoice.from_environment(environment)
    if _model_settings(environment) and configured.settings != models.in_force.settings:
        raise StartError(
            f"The photos of this stack are embedded by {models.in_force.name}, and the environment "
            f"names {configured.name}: searches would find nothing by what it shows. Unset "
            f"{' and '.join(configured.settings)} and start again; then `make model NAME=…` "
            "switches the running stack to another model, photos and all."
        )


def _model_settings(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: environment[name] for name in MODEL_SETTINGS if environment.get(name)}
