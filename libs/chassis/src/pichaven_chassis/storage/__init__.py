"""Object storage through the S3 API, and presigned URLs that clients use directly."""

from pichaven_chassis.storage.objects import (
    InvalidParts,
    MultipartInfo,
    ObjectInfo,
    ObjectMissing,
    ObjectStore,
    ObjectTooLarge,
    Part,
    UploadMissing,
)
from pichaven_chassis.storage.presign import Presigner, SignedUrl
from pichaven_chassis.storage.s3 import S3ObjectStore, connect_store

__all__ = [
    "InvalidParts",
    "MultipartInfo",
    "ObjectInfo",
    "ObjectMissing",
    "ObjectStore",
    "ObjectTooLarge",
    "Part",
    "Presigner",
    "S3ObjectStore",
    "SignedUrl",
    "UploadMissing",
    "connect_store",
]
