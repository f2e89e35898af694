"""Switch the search to another embedding model, and back, without a failed or an empty search.

The old index is searched until the new one has the library, the embeddings and the quality; then
one update of the alias moves all searchers. A query is encoded with the model of the index that
is searched. The old index is kept and written to, so one more update rolls back. See
docs/operations/switch-model.md.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from pichaven_chassis.logging import get_logger
from pichaven_search.index.document import SCHEMA
from pichaven_search.index.indexes import IndexRepository
from pichaven_search.index.model import Index
from pichaven_search.index.purge_marks import PurgeMarkRepository
from pichaven_search.index.segments import SegmentRepository
from pichaven_search.ml_client.model import Model, TextEncoder
from pichaven_search.reindex.await_coverage import AwaitCoverage, Coverage, count_coverage
from pichaven_search.reindex.compare_quality import (
    CompareQuality,
    Comparison,
    LabelledQuery,
    SearchIn,
    to_search,
)
from pichaven_search.reindex.errors import OperationRefused
from pichaven_search.reindex.fill_index import FillIndex
from pichaven_search.reindex.rebuild_index import NOTICE_S, Pause, discard
from pichaven_search.reindex.repository import EmbeddingRepository

_WARM_OWNERS: Final = 20
_WARM_UP: Final = ("a photo", "people at the beach", "something red on a table")

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Terms:
    """The conditions of a switch."""

    share: float = 0.999
    """Share of the photos with an embedding in the old index that need one in the new one."""
    stall_timeout_s: float = 900
    """Seconds without a new embedding after which the wait for coverage ends."""
    tolerance: float = 0.02
    """By how much the mean recall@10 of the labelled queries may be lower than before."""
    labelled: Sequence[LabelledQuery] = ()
    force: bool = False
    """Switch even with too little coverage or quality, or without a calibration."""


@dataclass(frozen=True, slots=True)
class SwitchResult:
    index: Index
    replaced: Index
    coverage: Coverage
    comparison: Comparison | None = None


class SwitchModel:
    """A refusal changes nothing for searches; the new index is kept for the next attempt."""

    def __init__(
        self,
        indexes: IndexRepository,
        segments: SegmentRepository,
        purge_marks: PurgeMarkRepository,
        encoder: TextEncoder,
        embeddings: EmbeddingRepository,
        fill: FillIndex,
        search_in: SearchIn,
        *,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._indexes = indexes
        self._segments = segments
        self._purge_marks = purge_marks
        self._encoder = encoder
        self._embeddings = embeddings
        self._fill = fill
        self._search_in = search_in
        self._await_coverage = AwaitCoverage(indexes, embeddings, pause=pause)
        self._compare_quality = CompareQuality(embeddings, search_in)
        self._pause = pause

    async def __call__(
        self, name: str, terms: Terms, report: Callable[[str], None] = lambda _line: None
    ) -> SwitchResult:
        """Return when every search reads the index of the model.

        `name` may be the begin of a model's.

        Raises `OperationRefused`.
        """
        old = await self._get_searched()
        model = await self._find_running(name)
        if model.name == old.model:
            raise OperationRefused(
                f"{model.name} is the model that is searched already; "
                "`rebuild` makes its index anew"
            )
        if model.calibration is None and not terms.force:
            raise OperationRefused(
                f"the ml of {model.name} has no calibration, so nothing would be found by what "
                "it shows; see its log, or --force"
            )
        new = await self._find_or_create_index(model)
        report(f"{new.name} is being filled; {old.name} is searched meanwhile")
        await self._purge_marks.prepare()
        await self._pause(NOTICE_S)
        report(f"{await self._fill(new)} records replayed")
        coverage = await self._check_coverage(old, new, terms)
        report(f"{coverage.share:.3%} of {coverage.photos} photos have an embedding of {new.model}")
        comparison = await self._check_quality(old, new, terms, report)
        await self._segments.merge(new)
        await self._warm(new, force=terms.force)
        await self._indexes.switch(new)
        # Until no search reads the old index any more, whose ml may be stopped then.
        await self._pause(NOTICE_S)
        _log.info("model_switched", index=new.name, model=new.model, replaced=old.name)
        return SwitchResult(new, old, coverage, comparison)

    async def roll_back(self, *, force: bool = False) -> SwitchResult:
        """Search the index that was searched before; a second rollback undoes the first.

        Raises `OperationRefused`.
        """
        current = await self._get_searched()
        candidates = [
            each for each in await self._indexes.list_written() if each.name == current.replaced
        ]
        if not candidates:
            raise OperationRefused(
                f"no index is kept that {current.name} has replaced; there is no way back"
            )
        [back] = candidates
        if back.schema != SCHEMA and not force:
            raise OperationRefused(
                f"{back.name} is of schema {back.schema} and was not kept up to date; --force "
                "searches it as it was"
            )
        if back.model != current.model and not force:
            await self._find_running(back.model)
        await self._warm(back, force=force)
        await self._indexes.switch(back)
        await self._pause(NOTICE_S)
        _log.info("model_rolled_back", index=back.name, model=back.model, replaced=current.name)
        return SwitchResult(back, current, await count_coverage(self._embeddings, current, back))

    async def abandon(self) -> list[str]:
        """Delete unfinished indexes; return their names."""
        unfinished = await self._indexes.list_unfinished()
        for index in unfinished:
            await discard(self._indexes, index, self._pause)
        return [index.name for index in unfinished]

    async def _get_searched(self) -> Index:
        index = await self._indexes.get_searched()
        if index is None:
            raise OperationRefused("there is no index yet; run `python -m pichaven_search setup`")
        return index

    async def _find_running(self, name: str) -> Model:
        running = await self._encoder.models()
        matches = [model for model in running if model.name == name] or [
            model for model in running if model.name.startswith(name)
        ]
        if len(matches) != 1:
            names = ", ".join(model.name for model in running) or "none responds"
            raise OperationRefused(
                f"{'more than one' if matches else 'no'} ml at PICHAVEN_ML_URLS runs {name} "
                f"(running: {names})"
            )
        return matches[0]

    async def _find_or_create_index(self, model: Model) -> Index:
        """Return the model's index, one from an earlier attempt included."""
        for index in await self._indexes.list_written():
            if index.model == model.name and index.schema == SCHEMA:
                return index
        unfinished = await self._indexes.list_unfinished()
        if unfinished:
            raise OperationRefused(f"{unfinished[0].name} is being built; --discard removes it")
        return await self._indexes.create(model, searched=False)

    async def _check_coverage(self, old: Index, new: Index, terms: Terms) -> Coverage:
        try:
            return await self._await_coverage(
                old, new, share=terms.share, stall_timeout_s=terms.stall_timeout_s
            )
        except OperationRefused as refusal:
            if not terms.force:
                raise
            _log.warning("coverage_forced", reason=str(refusal))
        return await count_coverage(self._embeddings, old, new)

    async def _check_quality(
        self, old: Index, new: Index, terms: Terms, report: Callable[[str], None]
    ) -> Comparison | None:
        if not terms.labelled:
            return None
        comparison = await self._compare_quality(old, new, terms.labelled)
        for line in comparison.to_table():
            report(line)
        loss = comparison.old - comparison.new
        if loss > terms.tolerance and not terms.force:
            raise OperationRefused(
                f"recall@10 would fall from {comparison.old:.3f} to {comparison.new:.3f}, by "
                f"more than --tolerance {terms.tolerance}; {new.name} is kept and filled "
                "meanwhile, --force switches to it, --discard removes it"
            )
        return comparison

    async def _warm(self, index: Index, *, force: bool) -> None:
        """Search for the largest owners, before other searches read the index.

        It loads the index's graph into memory and shows that the model's encoder responds.
        """
        search = self._search_in(index)
        for owner_id in await self._embeddings.find_largest_owners(index, _WARM_OWNERS):
            for text in _WARM_UP:
                results = await search(to_search(owner_id, text))
                if results.degraded and not force:
                    raise OperationRefused(
                        f"no ml at PICHAVEN_ML_URLS responds for {index.model}; start it, or "
                        "--force to search by words alone"
                    )
