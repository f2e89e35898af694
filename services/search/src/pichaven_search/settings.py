"""Settings of search alone."""

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from pichaven_chassis.settings import Settings


class SearchSettings(Settings):
    model_config = SettingsConfigDict(env_prefix="PICHAVEN_SEARCH_", frozen=True)

    alias: str = Field(default="pichaven-photos", pattern=r"^[a-z][a-z0-9-]{0,79}$")
    """The alias that searches read; index names start with it."""
    shards: int = Field(default=1, ge=1)
    """Shards of a new index. One owner's photos lie in one of them."""
    replicas: str = Field(default="0-1", pattern=r"^(false|\d+-(\d+|all))$")
    """`auto_expand_replicas` of a new index."""
    vector_candidates: int = Field(default=300, ge=50, le=2000)
    """Vector candidates of a query (k of kNN)."""
    merged_segments: int = Field(default=4, ge=1)
    """Segments of a shard that are left when those of a quiet index are merged."""


class MlSettings(Settings):
    model_config = SettingsConfigDict(env_prefix="PICHAVEN_ML_", frozen=True)

    urls: str = "http://127.0.0.1:8104"
    """Internal base URLs of ml, separated by commas: two of different models while the model is
    being switched. The first index is created for the first one's model."""
    timeout_s: float = Field(default=1.5, gt=0)
    """Time limit of a query embedding; without it a search is lexical only."""
    remembered_queries: int = Field(default=2000, ge=0)
    """Query embeddings in the cache."""

    @property
    def base_urls(self) -> tuple[str, ...]:
        return tuple(url.strip().rstrip("/") for url in self.urls.split(",") if url.strip())

    @field_validator("urls")
    @classmethod
    def _check_not_empty(cls, urls: str) -> str:
        if not urls.strip(" ,"):
            raise ValueError("name at least one base URL of ml")
        return urls
