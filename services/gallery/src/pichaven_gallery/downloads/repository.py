"""Downloads and their files in MongoDB, until they expire."""

from collections.abc import Sequence
from dataclasses import astuple
from datetime import datetime
from typing import Final

from pymongo import ASCENDING

from pichaven_chassis.mongo import Document, MongoDatabase
from pichaven_gallery.downloads.model import ArchiveFile, Download

_CHUNK: Final = 500
"""Files in a document, of a few hundred bytes each."""


class DownloadRepository:
    """MongoDB deletes a download about a minute after it expires, with its files."""

    def __init__(self, database: MongoDatabase) -> None:
        self._downloads = database["downloads"]
        self._files = database["download_files"]

    async def ensure_indexes(self) -> None:
        for collection in (self._downloads, self._files):
            await collection.create_index("expires_at", expireAfterSeconds=0, name="expiry")
        await self._downloads.create_index(
            [("owner_id", ASCENDING), ("expires_at", ASCENDING)], name="owner"
        )

    async def add(self, download: Download, files: Sequence[ArchiveFile]) -> None:
        chunks = [
            {
                "_id": f"{download.download_id}:{start // _CHUNK}",
                "expires_at": download.expires_at,
                "files": [list(astuple(file)) for file in files[start : start + _CHUNK]],
            }
            for start in range(0, len(files), _CHUNK)
        ]
        await self._files.insert_many(chunks)
        await self._downloads.insert_one(_to_document(download))

    async def get(self, download_id: str) -> Download | None:
        document = await self._downloads.find_one({"_id": download_id})
        return _from_document(document) if document else None

    async def count_open(self, owner_id: str, now: datetime) -> int:
        """Return how many downloads of the owner have not expired."""
        query = {"owner_id": owner_id, "expires_at": {"$gt": now}}
        return await self._downloads.count_documents(query)

    async def list_files(self, download: Download) -> Sequence[ArchiveFile] | None:
        """Return the files of a download in their order; None where they are deleted."""
        files: list[ArchiveFile] = []
        for start in range(0, download.count, _CHUNK):
            chunk_id = f"{download.download_id}:{start // _CHUNK}"
            document = await self._files.find_one({"_id": chunk_id})
            if document is None:
                return None
            for name, key, size, taken_at in document["files"]:
                files.append(ArchiveFile(name, key, size, taken_at.replace(tzinfo=None)))
        return files


def _to_document(download: Download) -> Document:
    return {
        "_id": download.download_id,
        "owner_id": download.owner_id,
        "token_digest": download.token_digest,
        "filename": download.filename,
        "count": download.count,
        "size": download.size,
        "expires_at": download.expires_at,
    }


def _from_document(document: Document) -> Download:
    return Download(
        download_id=document["_id"],
        owner_id=document["owner_id"],
        token_digest=document["token_digest"],
        filename=document["filename"],
        count=document["count"],
        size=document["size"],
        expires_at=document["expires_at"],
    )
