"""Jobs and the chunks of their photos in MongoDB."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Final

from pymongo import ASCENDING

from pichaven_chassis.mongo import Document, MongoDatabase, insert_unless_exists
from pichaven_chassis.pagination import TimeCursor
from pichaven_gallery.jobs.model import (
    MAX_ACTIVE,
    Chunk,
    Failure,
    Job,
    JobState,
    PhotoQuery,
    TooManyJobs,
)
from pichaven_gallery.photos.capture_time import whole_ms
from pichaven_gallery.photos.listing import Filters
from pichaven_gallery.photos.photo import Status
from pichaven_gallery.photos.run_batch import BatchValues

_MAX_LISTED: Final = 500


class JobRepository:
    """An unfinished job has a slot of its owner, which no other has; a finished one has none."""

    def __init__(self, database: MongoDatabase) -> None:
        self._jobs = database["jobs"]
        self._chunks = database["job_chunks"]

    async def ensure_indexes(self) -> None:
        await self._jobs.create_index("slot", name="slot", unique=True, sparse=True)
        await self._jobs.create_index("finished_at", name="finished", sparse=True)
        await self._chunks.create_index([("job_id", ASCENDING)], name="job")

    async def add(self, job: Job) -> None:
        """Raises `TooManyJobs`."""
        for number in range(MAX_ACTIVE):
            document = _to_document(job) | {"slot": f"{job.owner_id}:{number}"}
            if await insert_unless_exists(self._jobs, {"_id": job.job_id, **document}):
                return
        raise TooManyJobs

    async def get(self, job_id: str) -> Job | None:
        document = await self._jobs.find_one({"_id": job_id})
        return _from_document(document) if document else None

    async def list_next(self, now: datetime, *, limit: int) -> Sequence[Job]:
        """Return the first unfinished job of each owner unless a process works on it, those that
        were worked on least recently first."""
        cursor = self._jobs.find({"slot": {"$exists": True}}).limit(_MAX_LISTED)
        firsts: dict[str, Job] = {}
        for document in sorted(await cursor.to_list(None), key=lambda each: str(each["_id"])):
            firsts.setdefault(document["owner_id"], _from_document(document))
        free = [job for job in firsts.values() if job.lease_until is None or job.lease_until <= now]
        free.sort(key=lambda job: (job.lease_until or job.created_at, job.job_id))
        return free[:limit]

    async def claim(self, job: Job, until: datetime) -> Job | None:
        """Return the job as it is worked on until then; None where another process is first."""
        claimed = replace(job, lease_until=whole_ms(until), attempts=job.attempts + 1)
        return claimed if await self._write(job, claimed) else None

    async def complete_step(self, job: Job, after: Job, now: datetime) -> bool:
        """Write a claimed job after a step. Return whether no other process has done so."""
        stepped = replace(after, steps=job.steps + 1, attempts=0, lease_until=whole_ms(now))
        return await self._write(job, stepped)

    async def delete(self, job: Job) -> None:
        await self._chunks.delete_many({"job_id": job.job_id})
        await self._jobs.delete_one({"_id": job.job_id})

    async def list_finished(self, before: datetime, *, limit: int) -> Sequence[Job]:
        cursor = self._jobs.find({"finished_at": {"$lt": before}}).limit(limit)
        return [_from_document(document) async for document in cursor]

    async def put_chunk(self, job_id: str, number: int, photo_ids: Sequence[str]) -> None:
        """Store a chunk, again if need be: the same step stores the same or newer photos."""
        document = {"job_id": job_id, "ids": list(photo_ids)}
        await self._chunks.replace_one({"_id": _chunk_id(job_id, number)}, document, upsert=True)

    async def get_chunk(self, job_id: str, number: int) -> Chunk:
        """Return the chunk; an empty one where there is none."""
        document = await self._chunks.find_one({"_id": _chunk_id(job_id, number)}) or {}
        return Chunk(tuple(document.get("ids", ())), tuple(document.get("changed", ())))

    async def put_changed(self, job_id: str, number: int, photo_ids: Sequence[str]) -> None:
        """Store which photos of a chunk the job changed."""
        await self._chunks.update_one(
            {"_id": _chunk_id(job_id, number)}, {"$set": {"changed": list(photo_ids)}}
        )

    async def _write(self, before: Job, after: Job) -> bool:
        """Write the job, unless it was written since it was read."""
        guard = {"_id": before.job_id, "steps": before.steps, "lease_until": before.lease_until}
        old, new = _to_document(before), _to_document(after)
        fields = {name: value for name, value in new.items() if old.get(name) != value}
        removed = {name: "" for name in old if name not in new}
        if after.state is JobState.DONE:
            removed["slot"] = ""
        update: Document = {"$set": fields} | ({"$unset": removed} if removed else {})
        result = await self._jobs.update_one(guard, update)
        return result.matched_count == 1


def _chunk_id(job_id: str, number: int) -> str:
    return f"{job_id}:{number}"


def _to_document(job: Job) -> Document:
    """Return all fields of the job that are not None."""
    fields: Document = {
        "owner_id": job.owner_id,
        "created_at": whole_ms(job.created_at),
        "action": job.action,
        "values": _values_fields(job.values),
        "query": _query_fields(job.query) if job.query else None,
        "changed_by": job.changed_by,
        "state": job.state.value,
        "steps": job.steps,
        "cursor": [job.cursor.at_ms, job.cursor.id] if job.cursor else None,
        "source_chunk": job.source_chunk,
        "chunks": job.chunks,
        "chunks_done": job.chunks_done,
        "matched": job.matched,
        "done": job.done,
        "changed": job.changed,
        "failed": job.failed,
        "failures": [asdict(failure) for failure in job.failures],
        "finished_at": whole_ms(job.finished_at) if job.finished_at else None,
        "attempts": job.attempts,
        "lease_until": job.lease_until,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _from_document(document: Document) -> Job:
    query, cursor = document.get("query"), document.get("cursor")
    copied = (
        *("owner_id", "created_at", "action", "steps", "source_chunk", "chunks", "chunks_done"),
        *("matched", "done", "changed", "failed", "attempts"),
    )
    return Job(
        job_id=document["_id"],
        values=_values(document["values"]),
        query=_query(query) if query is not None else None,
        changed_by=document.get("changed_by"),
        state=JobState(document["state"]),
        cursor=TimeCursor(*cursor) if cursor else None,
        failures=tuple(Failure(**failure) for failure in document["failures"]),
        finished_at=document.get("finished_at"),
        lease_until=document.get("lease_until"),
        **{name: document[name] for name in copied},
    )


def _values_fields(values: BatchValues) -> Document:
    shift = values.shift
    return {
        "tags": list(values.tags),
        "shift_us": shift // timedelta(microseconds=1) if shift is not None else None,
        "time_zone": values.time_zone,
    }


def _values(fields: Document) -> BatchValues:
    shift = fields["shift_us"]
    return BatchValues(
        tags=tuple(fields["tags"]),
        shift=timedelta(microseconds=shift) if shift is not None else None,
        time_zone=fields["time_zone"],
    )


def _query_fields(query: PhotoQuery) -> Document:
    return {
        "filters": asdict(query.filters),
        "trashed": query.trashed,
        "excluded": sorted(query.excluded),
    }


def _query(fields: Document) -> PhotoQuery:
    filters = Filters(**fields["filters"])
    status = Status(filters.status) if filters.status is not None else None
    excluded = frozenset(fields["excluded"])
    return PhotoQuery(replace(filters, status=status), fields["trashed"], excluded)
