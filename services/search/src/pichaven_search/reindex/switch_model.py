"""Move the search to another embedding model, and back, without a failed or an empty answer.

The old index answers until the new one has the library, the vectors and the quality; then one
step of the alias moves all searchers, whose text encoder follows the index by itself. The old
index is kept and written to, so one step leads back. See docs/operations/switch-model.md.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from pichaven_chassis.logging import get_logger
from pichaven_search.index.document import SCHEMA
from pichaven_search.index.indexes import ElasticIndexes
from pichaven_search.index.model import Index
from pichaven_search.index.purged import ElasticPurged
from pichaven_search.ml_client.model import Model, TextEncoder
from pichaven_search.reindex.await_coverage import AwaitCoverage, Coverage
from pichaven_search.reindex.compare_quality import (
    CompareQuality,
    Comparison,
    LabelledQuery,
    SearchIn,
    asked,
)
from pichaven_search.reindex.fill_index import FillIndex
from pichaven_search.reindex.rebuild_index import NOTICE_S, Pause, discard
from pichaven_search.reindex.refusal import Refused
from pichaven_search.reindex.repository import ElasticAnalyses

_WARM_OWNERS: Final = 20
_WARM_UP: Final = ("a photo", "people at the beach", "something red on a table")

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Terms:
    """When the switch may happen."""

    share: float = 0.999
    """Of the photos with a vector in the old index, how many need one in the new."""
    patience_s: float = 900
    """How long to wait while no vector comes."""
    tolerance: float = 0.02
    """By how much the mean recall@10 of the labelled queries may be lower than before."""
    labelled: Sequence[LabelledQuery] = ()
    force: bool = False
    """Switch even if coverage, quality or the model's calibration are wanting."""


@dataclass(frozen=True, slots=True)
class Switched:
    index: Index
    replaced: Index
    coverage: Coverage | None = None
    comparison: Comparison | None = field(default=None)


class SwitchModel:
    """Whatever is refused leaves the search as it was; the new index is kept for a next try."""

    def __init__(
        self,
        indexes: ElasticIndexes,
        purged: ElasticPurged,
        encoder: TextEncoder,
        analyses: ElasticAnalyses,
        fill: FillIndex,
        search_in: SearchIn,
        *,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._indexes = indexes
        self._purged = purged
        self._encoder = encoder
        self._analyses = analyses
        self._fill = fill
        self._search_in = search_in
        self._await_coverage = AwaitCoverage(indexes, analyses, pause=pause)
        self._compare_quality = CompareQuality(analyses, search_in)
        self._pause = pause

    async def __call__(
        self, name: str, terms: Terms, tell: Callable[[str], None] = lambda _line: None
    ) -> Switched:
        """On return the index of the model is searched. `name` may be the begin of one."""
        old = await self._searched()
        model = await self._running(name)
        if model.name == old.model:
            raise Refused(
                f"{model.name} is the model that is searched already; "
                "`rebuild` makes its index anew"
            )
        if model.calibration is None and not terms.force:
            raise Refused(
                f"the ml of {model.name} tells no calibration, so nothing would be found by what "
                "it shows; see its log, or --force"
            )
        new = await self._new_index(model)
        tell(f"{new.name} is being filled; {old.name} answers meanwhile")
        await self._purged.prepare()
        await self._pause(NOTICE_S)
        filled = await self._fill(new, await self._indexes.listed())
        tell(f"{filled.records} records replayed, {filled.copied} analyses copied")
        coverage = await self._covered(old, new, terms)
        tell(f"{coverage.share:.3%} of {coverage.photos} photos have a vector of {new.model}")
        comparison = await self._compared(old, new, terms, tell)
        await self._warm(new, force=terms.force)
        await self._indexes.switch(new)
        _log.info("model_switched", index=new.name, model=new.model, replaced=old.name)
        return Switched(new, old, coverage, comparison)

    async def roll_back(self, *, force: bool = False) -> Switched:
        """Search the index again that was searched before; done twice, it leads forth again."""
        now = await self._searched()
        kept = [each for each in await self._indexes.listed() if each.name == now.replaced]
        if not kept:
            raise Refused(f"no index is kept that {now.name} has replaced; there is no way back")
        [back] = kept
        if back.schema != SCHEMA and not force:
            raise Refused(
                f"{back.name} is of schema {back.schema} and was not kept up to date; --force "
                "goes back to what it knew"
            )
        if back.model != now.model and not force:
            await self._running(back.model)
        await self._warm(back, force=force)
        await self._indexes.switch(back)
        _log.info("model_rolled_back", index=back.name, model=back.model, replaced=now.name)
        had, has = await self._analyses.count(now), await self._analyses.count(back)
        return Switched(back, now, Coverage(had, max(0, had - has)))

    async def abandon(self) -> list[str]:
        """Delete what is unfinished; answers the names."""
        unfinished = [each for each in await self._indexes.listed() if each.state == "building"]
        for index in unfinished:
            await discard(self._indexes, index, self._pause)
        return [index.name for index in unfinished]

    async def _searched(self) -> Index:
        index = await self._indexes.searched()
        if index is None:
            raise Refused("there is no index yet; run `python -m pichaven_search setup`")
        return index

    async def _running(self, name: str) -> Model:
        running = await self._encoder.models()
        found = [model for model in running if model.name == name] or [
            model for model in running if model.name.startswith(name)
        ]
        if len(found) != 1:
            told = ", ".join(model.name for model in running) or "none answers"
            raise Refused(
                f"{'no' if not found else 'more than one'} ml at PICHAVEN_ML_URLS runs {name} "
                f"(there run: {told})"
            )
        return found[0]

    async def _new_index(self, model: Model) -> Index:
        """One that is there already is gone on with: what it has need not be made again."""
        listed = await self._indexes.listed()
        for index in listed:
            if index.model == model.name and index.schema == SCHEMA:
                return index
        building = [index.name for index in listed if index.state == "building"]
        if building:
            raise Refused(f"{building[0]} is being built; --discard removes it")
        return await self._indexes.create(model, searched=False)

    async def _covered(self, old: Index, new: Index, terms: Terms) -> Coverage:
        try:
            return await self._await_coverage(
                old, new, share=terms.share, patience_s=terms.patience_s
            )
        except Refused as wanting:
            if not terms.force:
                raise
            _log.warning("coverage_forced", reason=str(wanting))
        had, has = await self._analyses.count(old), await self._analyses.count(new)
        return Coverage(had, max(0, had - has))

    async def _compared(
        self, old: Index, new: Index, terms: Terms, tell: Callable[[str], None]
    ) -> Comparison | None:
        if not terms.labelled:
            return None
        comparison = await self._compare_quality(old, new, terms.labelled)
        for line in comparison.table():
            tell(line)
        lost = comparison.before - comparison.after
        if lost > terms.tolerance and not terms.force:
            raise Refused(
                f"recall@10 would fall from {comparison.before:.3f} to {comparison.after:.3f}, by "
                f"more than --tolerance {terms.tolerance}; {new.name} is kept and filled "
                "meanwhile, --force switches to it, --discard removes it"
            )
        return comparison

    async def _warm(self, index: Index, *, force: bool) -> None:
        """Ask what searchers will ask, so that the first of them is not the first.

        It brings the index's graph into memory and shows that the model's encoder answers.
        """
        search = self._search_in(index)
        for owner_id in await self._analyses.some_owners(index, _WARM_OWNERS):
            for text in _WARM_UP:
                found = await search(asked(owner_id, text))
                if found.degraded and not force:
                    raise Refused(
                        f"no ml at PICHAVEN_ML_URLS answers for {index.model}; start it, or "
                        "--force to search by words alone"
                    )
