"""The S3 adapter: boto3 in a bounded pool of threads, off the event loop."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
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


class S3ObjectStore:
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

        def ensure() -> None:
            try:
                self._client.head_bucket(Bucket=self._bucket)
            except ClientError as error:
                if _code(error) not in {*_MISSING, "NoSuchBucket"}:
                    raise
                self._client.create_bucket(Bucket=self._bucket)

        await self._call(ensure)

    @property
    def ready_check(self) -> HealthCheck:
        async def probe() -> None:
            await self._call(partial(self._client.head_bucket, Bucket=self._bucket))

        return HealthCheck("storage", probe)

    async def _call(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def put(self, key: str, data: bytes, *, content_type: str) -> None:
        await self._call(
            partial(
                self._client.put_object,
                Bucket=self._bucket,
                Key=key,
                Body=data,
                ContentType=content_type,
            )
        )

    async def put_file(self, key: str, path: Path, *, content_type: str) -> None:
        await self._call(
            partial(
                self._client.upload_file,
                str(path),
                self._bucket,
                key,
                ExtraArgs={"ContentType": content_type},
                Config=self._transfer,
            )
        )

    async def get(self, key: str, *, max_bytes: int) -> bytes:
        def get() -> bytes:
            response = self._open(key)
            if response["ContentLength"] > max_bytes:
                response["Body"].close()
                raise ObjectTooLarge(key)
            with closing(response["Body"]) as body:
                return bytes(body.read())

        return await self._call(get)

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

        return await self._call(download)

    def _open(self, key: str) -> Any:
        try:
            return self._client.get_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if _code(error) in _MISSING:
                raise ObjectMissing(key) from None
            raise

    async def head(self, key: str) -> ObjectInfo | None:
        def head() -> ObjectInfo | None:
            try:
                response = self._client.head_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if _code(error) in _MISSING:
                    return None
                raise
            return ObjectInfo(
                key,
                response["ContentLength"],
                response.get("ETag", "").strip('"'),
                response["LastModified"],
            )

        return await self._call(head)

    async def read_range(self, key: str, start: int, length: int) -> bytes:
        def read() -> bytes:
            try:
                response = self._client.get_object(
                    Bucket=self._bucket, Key=key, Range=f"bytes={start}-{start + length - 1}"
                )
            except ClientError as error:
                if _code(error) in _MISSING:
                    raise ObjectMissing(key) from None
                if _code(error) == "InvalidRange":
                    return b""
                raise
            with closing(response["Body"]) as body:
                return bytes(body.read(length))

        return await self._call(read)

    async def delete(self, keys: Iterable[str]) -> None:
        remaining = iter(keys)

        def delete(some: list[str]) -> None:
            response = self._client.delete_objects(
                Bucket=self._bucket,
                Delete={"Objects": [{"Key": key} for key in some], "Quiet": True},
            )
            failed = [
                item for item in response.get("Errors", []) if item.get("Code") not in _MISSING
            ]
            if failed:
                raise OSError(f"storage kept {len(failed)} objects: {failed[0]}")

        while some := list(islice(remaining, _DELETED_AT_ONCE)):
            await self._call(partial(delete, some))

    async def list(self, prefix: str) -> AsyncIterator[ObjectInfo]:
        token: str | None = None
        while True:
            arguments: dict[str, Any] = {"ContinuationToken": token} if token else {}
            page = await self._call(
                partial(
                    self._client.list_objects_v2, Bucket=self._bucket, Prefix=prefix, **arguments
                )
            )
            for item in page.get("Contents", []):
                yield ObjectInfo(
                    item["Key"],
                    item["Size"],
                    item.get("ETag", "").strip('"'),
                    item["LastModified"],
                )
            token = page.get("NextContinuationToken")
            if not page.get("IsTruncated") or not token:
                return

    async def copy(self, source: str, target: str) -> None:
        def copy() -> None:
            try:
                self._client.copy_object(
                    Bucket=self._bucket,
                    Key=target,
                    CopySource={"Bucket": self._bucket, "Key": source},
                )
            except ClientError as error:
                if _code(error) in _MISSING:
                    raise ObjectMissing(source) from None
                raise

        await self._call(copy)

    async def create_multipart(self, key: str, *, content_type: str) -> str:
        response = await self._call(
            partial(
                self._client.create_multipart_upload,
                Bucket=self._bucket,
                Key=key,
                ContentType=content_type,
            )
        )
        return response["UploadId"]

    async def upload_part(self, key: str, upload_id: str, number: int, data: bytes) -> str:
        def upload() -> str:
            try:
                response = self._client.upload_part(
                    Bucket=self._bucket, Key=key, UploadId=upload_id, PartNumber=number, Body=data
                )
            except ClientError as error:
                if _code(error) in _NO_UPLOAD:
                    raise UploadMissing(upload_id) from None
                raise
            return response["ETag"].strip('"')

        return await self._call(upload)

    async def list_parts(self, key: str, upload_id: str) -> Sequence[Part]:
        def parts() -> Sequence[Part]:
            parts_listed: list[Part] = []
            marker = 0
            while True:
                try:
                    page = self._client.list_parts(
                        Bucket=self._bucket, Key=key, UploadId=upload_id, PartNumberMarker=marker
                    )
                except ClientError as error:
                    if _code(error) in _NO_UPLOAD:
                        raise UploadMissing(upload_id) from None
                    raise
                parts_listed += [
                    Part(item["PartNumber"], item["ETag"].strip('"'), item["Size"])
                    for item in page.get("Parts", [])
                ]
                following = page.get("NextPartNumberMarker", 0)
                if not page.get("IsTruncated") or following <= marker:
                    return parts_listed
                marker = following

        return await self._call(parts)

    async def complete_multipart(
        self, key: str, upload_id: str, parts: Sequence[tuple[int, str]]
    ) -> None:
        def complete() -> None:
            try:
                self._client.complete_multipart_upload(
                    Bucket=self._bucket,
                    Key=key,
                    UploadId=upload_id,
                    MultipartUpload={
                        "Parts": [
                            {"PartNumber": number, "ETag": f'"{etag}"'} for number, etag in parts
                        ]
                    },
                )
            except ClientError as error:
                if _code(error) in _NO_UPLOAD:
                    raise UploadMissing(upload_id) from None
                if _code(error) in _BAD_PARTS:
                    raise InvalidParts(str(error)) from None
                raise

        await self._call(complete)

    async def abort_multipart(self, key: str, upload_id: str) -> None:
        def abort() -> None:
            try:
                self._client.abort_multipart_upload(
                    Bucket=self._bucket, Key=key, UploadId=upload_id
                )
            except ClientError as error:
                if _code(error) not in _NO_UPLOAD:
                    raise

        await self._call(abort)

    async def list_multiparts(self, prefix: str) -> AsyncIterator[MultipartInfo]:
        markers: dict[str, Any] = {}
        while True:
            try:
                page = await self._call(
                    partial(
                        self._client.list_multipart_uploads,
                        Bucket=self._bucket,
                        Prefix=prefix,
                        **markers,
                    )
                )
            except ClientError as error:
                # rclone's response for a bucket without unfinished uploads.
                if _code(error) in _NO_UPLOAD:
                    return
                raise
            for item in page.get("Uploads", []):
                yield MultipartInfo(item["Key"], item["UploadId"], item["Initiated"])
            if not page.get("IsTruncated"):
                return
            markers = {
                "KeyMarker": page.get("NextKeyMarker", ""),
                "UploadIdMarker": page.get("NextUploadIdMarker", ""),
            }
