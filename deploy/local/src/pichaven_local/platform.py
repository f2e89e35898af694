"""`deploy/platform.toml`, read and checked."""

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
    """One service as the table has it."""

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

    def environment(self, service: str, places: dict[str, str]) -> dict[str, str]:
        """A service's settings; `places` fills the table's `${…}`. Raises KeyError for a gap."""
        return {
            name: Template(value).substitute(places)
            for group in self.services[service].settings
            for name, value in self.settings[group].items()
        }

    @property
    def placed(self) -> frozenset[str]:
        """The settings that say where something is, or with which key: a place's own."""
        own = {*self.engines, *self.services, *_KEYS}
        return frozenset({"PICHAVEN_HTTP_HOST", "PICHAVEN_HTTP_PORT"}) | {
            name
            for group in self.settings.values()
            for name, value in group.items()
            if own & set(Template(value).get_identifiers())
        }

    def needs(self, service: str) -> frozenset[str]:
        """The engines and services that a service's settings point to."""
        known = {*self.engines, *self.services}
        found = {
            identifier
            for group in self.services[service].settings
            for value in self.settings[group].values()
            for identifier in Template(value).get_identifiers()
        }
        return frozenset(found & known)


def load_table(path: Path = TABLE) -> PlatformTable:
    document = tomllib.loads(path.read_text())
    return PlatformTable(
        engines={
            name: EngineEntry(name, entry["version"], entry["image"])
            for name, entry in document["engines"].items()
        },
        services={
            name: ServiceEntry(
                name=name,
                module=entry["module"],
                image=entry["image"],
                port=entry["port"],
                roles=tuple(entry["roles"]),
                setup=entry["setup"],
                settings=tuple(entry["settings"]),
                memory_mb=entry["memory_mb"],
            )
            for name, entry in document["services"].items()
        },
        settings=document["settings"],
    )
