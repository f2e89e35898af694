"""The S3 adapter: boto3 in a bounded pool of threads, off the event loop."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

from pichaven_chassis.health import HealthCheck
from pichaven_chassis.settings import StorageSettings
from pichaven_chassis.storage.objects import (
    InvalidParts,
    MultipartInfo,
    ObjectInfo,
    ObjectMissing,
    ObjectTooLarge,
    Part,
    UploadMissing,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

T = TypeVar("T")

_CHUNK: Final = 1 << 20
_DELETED_AT_ONCE: Final = 1000
_MISSING: Final = frozenset({"404", "NoSuchKey", "NotFound"})
_NO_BUCKET: Final = _MISSING | {"NoSuchBucket"}
_NO_UPLOAD: Final = frozenset({"404", "NoSuchUpload"})
_BAD_PARTS: Final = frozenset(
    {"InvalidPart", "InvalidPartOrder", "EntityTooSmall", "InvalidRequest"}
)


def connect_store(settings: StorageSettings) -> "S3ObjectStore":
    """Return the media bucket at the settings' endpoint. It connects on first use."""
    client = boto3.client(
        "s3",
        endpoint_url=settings.endpoint_url,
        region_name=settings.region,
        aws_access_key_id=settings.access_key_id,
        aws_secret_access_key=settings.secret_access_key.get_secret_value(),
        verify=str(settings.ca_file) if settings.ca_file else None,
        config=Config(
            connect_timeout=min(5, settings.timeout_s),
            read_timeout=settings.timeout_s,
            retries={"mode": "standard", "total_max_attempts": 3},
            max_pool_connections=settings.threads,
            s3={"addressing_style": "path"},
            # Checksums in trailers are not understood by every S3 server.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
    return S3ObjectStore(client, settings)


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def _translate(codes: Collection[str], problem: Exception) -> Iterator[None]:
    """Raise `problem` for a `ClientError` with one of these codes."""
    try:
        yield
    except ClientError as error:
        if _code(error) in codes:
            raise problem from None
        raise


class S3ObjectStore:
    """An `ObjectStore` in one bucket of an S3 server."""

    def __init__(self, client: "S3Client", settings: StorageSettings) -> None:
        self._client = client
        self._bucket = settings.bucket
        self._threads = ThreadPoolExecutor(settings.threads, thread_name_prefix="storage")
        # Transfers stay in the calling thread: the pool above is the only parallelism.
        self._transfer = TransferConfig(use_threads=False)

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._client.close()

    async def ensure_bucket(self) -> None:
        """Create the bucket unless it exists."""
        try:
            await self._call(self._client.head_bucket)
        except ClientError as error:
            if _code(error) not in _NO_BUCKET:
                raise
            await self._call(self._client.create_bucket)

    @property
    def ready_check(self) -> HealthCheck:
        async def probe() -> None:
            await self._call(self._client.head_bucket)

        return HealthCheck("storage", probe)

    async def _call(self, operation: Callable[..., T], **arguments: Any) -> T:
        """Return the response to an operation on the bucket."""
        return await self._in_thread(partial(operation, Bucket=self._bucket, **arguments))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def _pages(self, operation: str, **arguments: Any) -> AsyncIterator[dict[str, Any]]:
        """Yield the pages of a listing."""
        client: Any = self._client
        paginator = client.get_paginator(operation)
        pages = iter(paginator.paginate(Bucket=self._bucket, **arguments))
        while (page := await self._in_thread(partial(next, pages, None))) is not None:
            yield page

    async def put(self, key: str, data: bytes, *, content_type: str) -> None:
        await self._call(self._client.put_object, Key=key, Body=data, ContentType=content_type)

    async def put_file(self, key: str, path: Path, *, content_type: str) -> None:
        await self._call(
            self._client.upload_file,
            Filename=str(path),
            Key=key,
            ExtraArgs={"ContentType": content_type},
            Config=self._transfer,
        )

    async def get(self, key: str, *, max_bytes: int) -> bytes:
        def get() -> bytes:
            response = self._open(key)
            if response["ContentLength"] > max_bytes:
                response["Body"].close()
                raise ObjectTooLarge(key)
            with closing(response["Body"]) as body:
                return bytes(body.read())

        return await self._in_thread(get)

    async def get_start(self, key: str, size: int) -> bytes:
        def get() -> bytes:
            # Not by a range: none fits an empty object, which would be an error.
            with closing(self._open(key)["Body"]) as body:
                return bytes(body.read(size))

        return await self._in_thread(get)

    async def get_range(self, key: str, start: int, size: int) -> bytes:
        def get() -> bytes:
            span = f"bytes={start}-{start + size - 1}"
            with closing(self._open(key, Range=span)["Body"]) as body:
                return bytes(body.read(size))

        return await self._in_thread(get)

    async def download(
        self,
        key: str,
        path: Path,
        *,
        max_bytes: int,
        on_chunk: Callable[[bytes], None] | None = None,
    ) -> int:
        def download() -> int:
            size = 0
            with closing(self._open(key)["Body"]) as body, path.open("wb") as file:
                for chunk in body.iter_chunks(_CHUNK):
                    size += len(chunk)
                    if size > max_bytes:
                        raise ObjectTooLarge(key)
                    if on_chunk is not None:
                        on_chunk(chunk)
                    file.write(chunk)
            return size

        return await self._in_thread(download)

    def _open(self, key: str, **arguments: Any) -> Any:
        with _translate(_MISSING, ObjectMissing(key)):
            return self._client.get_object(Bucket=self._bucket, Key=key, **arguments)

    async def head(self, key: str) -> ObjectInfo | None:
        try:
            response = await self._call(self._client.head_object, Key=key)
        except ClientError as error:
            if _code(error) in _MISSING:
                return None
            raise
        return ObjectInfo(key, response["ContentLength"], response.get("ETag", "").strip('"'))

    async def delete(self, keys: Iterable[str]) -> None:
        remaining = iter(keys)
        while some := list(islice(remaining, _DELETED_AT_ONCE)):
            objects = {"Objects": [{"Key": key} for key in some], "Quiet": True}
            response = await self._call(self._client.delete_objects, Delete=objects)
            failed = [
                item for item in response.get("Errors", []) if item.get("Code") not in _MISSING
            ]
            if failed:
                raise OSError(f"storage kept {len(failed)} objects: {failed[0]}")

    async def list(self, prefix: str) -> AsyncIterator[ObjectInfo]:
        async for page in self._pages("list_objects_v2", Prefix=prefix):
            for item in page.get("Contents", []):
                yield ObjectInfo(item["Key"], item["Size"], item.get("ETag", "").strip('"'))

    async def copy(self, source: str, target: str) -> None:
        with _translate(_MISSING, ObjectMissing(source)):
            await self._call(
                self._client.copy_object,
                Key=target,
                CopySource={"Bucket": self._bucket, "Key": source},
            )

    async def create_multipart(self, key: str, *, content_type: str) -> str:
        response = await self._call(
            self._client.create_multipart_upload, Key=key, ContentType=content_type
        )
        return response["UploadId"]

    async def upload_part(self, key: str, upload_id: str, number: int, data: bytes) -> str:
        with _translate(_NO_UPLOAD, UploadMissing(upload_id)):
            response = await self._call(
                self._client.upload_part, Key=key, UploadId=upload_id, PartNumber=number, Body=data
            )
        return response["ETag"].strip('"')

    async def list_parts(self, key: str, upload_id: str) -> Sequence[Part]:
        with _translate(_NO_UPLOAD, UploadMissing(upload_id)):
            return [
                Part(item["PartNumber"], item["ETag"].strip('"'), item["Size"])
                async for page in self._pages("list_parts", Key=key, UploadId=upload_id)
                for item in page.get("Parts", [])
            ]

    async def complete_multipart(
        self, key: str, upload_id: str, parts: Sequence[tuple[int, str]]
    ) -> None:
        upload = {"Parts": [{"PartNumber": number, "ETag": f'"{etag}"'} for number, etag in parts]}
        try:
            with _translate(_NO_UPLOAD, UploadMissing(upload_id)):
                await self._call(
                    self._client.complete_multipart_upload,
                    Key=key,
                    UploadId=upload_id,
                    MultipartUpload=upload,
                )
        except ClientError as error:
            if _code(error) in _BAD_PARTS:
                raise InvalidParts(str(error)) from None
            raise

    async def abort_multipart(self, key: str, upload_id: str) -> None:
        with suppress(UploadMissing), _translate(_NO_UPLOAD, UploadMissing(upload_id)):
            await self._call(self._client.abort_multipart_upload, Key=key, UploadId=upload_id)

    async def list_multiparts(self, prefix: str) -> AsyncIterator[MultipartInfo]:
        # The error is rclone's response for a bucket without unfinished uploads.
        with suppress(UploadMissing), _translate(_NO_UPLOAD, UploadMissing(prefix)):
            async for page in self._pages("list_multipart_uploads", Prefix=prefix):
                for item in page.get("Uploads", []):
                    yield MultipartInfo(item["Key"], item["UploadId"], item["Initiated"])
