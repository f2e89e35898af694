"""Settings of search alone."""

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class SearchSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="PICHAVEN_SEARCH_", frozen=True)

    alias: str = Field(default="pichaven-photos", pattern=r"^[a-z][a-z0-9-]{0,79}$")
    """What searches read; the names of the indexes start with it."""
    shards: int = Field(default=1, ge=1)
    """Of a new index. An owner's photos lie in one of them."""
    replicas: str = Field(default="0-1", pattern=r"^(false|\d+-(\d+|all))$")
    """`auto_expand_replicas` of a new index: as many as the cluster has room for."""
    visual_candidates: int = Field(default=300, ge=50, le=2000)
    """How many photos a question can reach by sight, the nearest first."""


class MlSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="PICHAVEN_ML_", frozen=True)

    urls: str = "http://127.0.0.1:8104"
    """Internal base URLs of ml, by commas: one, or two of different models while the model is
    being switched. A first index is made for the first."""
    timeout_s: float = Field(default=1.5, gt=0)
    """After this a search goes on without its visual side."""
    remembered_queries: int = Field(default=2000, ge=0)

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(url.strip().rstrip("/") for url in self.urls.split(",") if url.strip())

    @field_validator("urls")
    @classmethod
    def _name_one(cls, urls: str) -> str:
        if not urls.strip(" ,"):
            raise ValueError("name at least one address of ml")
        return urls
