"""The platform table, `deploy/platform.toml`."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Final

PROJECT: Final = Path(__file__).resolve().parents[4]
TABLE: Final = PROJECT / "deploy" / "platform.toml"
_KEYS: Final = ("storage_key_id", "storage_secret")


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    name: str
    module: str
    image: str
    port: int
    roles: tuple[str, ...]
    setup: bool
    settings: tuple[str, ...]
    memory_mb: int


@dataclass(frozen=True, slots=True)
class EngineEntry:
    name: str
    version: str
    image: str


@dataclass(frozen=True, slots=True)
class PlatformTable:
    engines: dict[str, EngineEntry]
    services: dict[str, ServiceEntry]
    settings: dict[str, dict[str, str]]
    secured: dict[str, list[str]]
    """Names of the settings of engines that speak TLS or ask for a user, by engine."""

    def environment(self, service: str, values: dict[str, str]) -> dict[str, str]:
        """Return a service's settings with `values` for `${…}`; KeyError if one is missing."""
        return {
            name: Template(value).substitute(values)
            for group in self.services[service].settings
            for name, value in self.settings[group].items()
        }

    @property
    def deployment_settings(self) -> frozenset[str]:
        """The settings with addresses or keys, which differ between deployments."""
        variables = {*self.engines, *self.services, *_KEYS}
        return frozenset({"PICHAVEN_HTTP_HOST", "PICHAVEN_HTTP_PORT"}) | {
            name
            for group in self.settings.values()
            for name, value in group.items()
            if variables & set(Template(value).get_identifiers())
        }

    def needs(self, service: str) -> frozenset[str]:
        """Return the engines and services that a service's settings refer to."""
        variables = {
            variable
            for group in self.services[service].settings
            for value in self.settings[group].values()
            for variable in Template(value).get_identifiers()
        }
        return frozenset(variables & {*self.engines, *self.services})


def load_table(path: Path = TABLE) -> PlatformTable:
    document = tomllib.loads(path.read_text())
    return PlatformTable(
        engines={
            name: EngineEntry(name, entry["version"], entry["image"])
            for name, entry in document["engines"].items()
        },
        services={
            name: ServiceEntry(
                **{**entry, "roles": tuple(entry["roles"]), "settings": tuple(entry["settings"])},
                name=name,
            )
            for name, entry in document["services"].items()
        },
        settings=document["settings"],
        secured=document["secured"],
    )
