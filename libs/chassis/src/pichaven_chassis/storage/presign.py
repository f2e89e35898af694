"""Presigned URLs, by AWS Signature Version 4 in the query.

boto3 needs about a millisecond per URL, and a page of 500 photos has thousands. This signer
needs microseconds, and signs as of the start of a time window, so that an object keeps its URL
for hours and browsers cache it. A test compares it with botocore's signatures.
"""

import hashlib
import hmac
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from urllib.parse import quote, urlsplit

from pichaven_chassis.settings import StorageSettings

_PLAIN: Final = re.compile(r"[A-Za-z0-9/._~-]+").fullmatch
"""Paths that need no escaping; keys of photos never do."""

IMMUTABLE: Final = "private, max-age=31536000, immutable"
_VARYING: Final = "\0"
_VARYING_QUOTED: Final = "%00"


@dataclass(frozen=True, slots=True)
class SignedUrl:
    url: str
    expires_at: datetime


def _object_query(content_type: str | None) -> dict[str, str]:
    query = {"response-cache-control": IMMUTABLE}
    if content_type:
        query["response-content-type"] = content_type
    return query


@lru_cache(maxsize=16)
def _signing_key(secret: str, date: str, region: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (date, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


@dataclass(frozen=True, slots=True)
class _UrlParts:
    """The common part of URLs of one kind and window; a page has hundreds of four kinds."""

    base: str
    query: str
    after_query: str
    to_sign: str
    mac: hmac.HMAC
    """Keyed; copying it costs less than creating one."""

    def sign(self, method: str, path: str, query: str) -> str:
        request = f"{method}\n{path}\n{query}{self.after_query}"
        digest = hashlib.sha256(request.encode()).hexdigest()
        signature = self.mac.copy()
        signature.update((self.to_sign + digest).encode())
        return signature.hexdigest()


class Presigner:
    """Signs URLs of one bucket; needs no connection."""

    def __init__(self, settings: StorageSettings, *, now: Callable[[], float] = time.time) -> None:
        self._key_id = settings.access_key_id
        self._secret = settings.secret_access_key.get_secret_value()
        self._region = settings.region
        self._bucket = settings.bucket
        self._window_s = settings.url_ttl_s
        self._now = now
        self._prepare = lru_cache(maxsize=256)(self._prepare_urls)

    def get(
        self,
        key: str,
        *,
        base_url: str,
        content_type: str | None = None,
        download_name: str | None = None,
    ) -> str:
        """Return the URL of a GET; the same, and valid, for at least the settings' `url_ttl_s`.

        The response may be cached for ever, as keys are content-addressed. With `download_name`
        browsers save it under that name.
        """
        window, start = self._window_s, self.window()
        query = _object_query(content_type)
        disposition = ""
        if download_name is not None:
            query["response-content-disposition"] = _VARYING
            file_name = quote(download_name, safe="")
            disposition = quote(f"attachment; filename*=UTF-8''{file_name}", safe="~")
        return self._sign("GET", key, base_url, query, start, 2 * window, varying=disposition)

    def signatures(self, *, base_url: str, content_type: str) -> Callable[[str], str]:
        """Return what makes the signature in the URL that `get` would return for a key.

        For hundreds of keys, whose URLs differ by it and the key alone.
        """
        window, start = self._window_s, self.window()
        query = _object_query(content_type)
        prepared = self._prepare(base_url, tuple(query.items()), start, 2 * window, None)
        return lambda key: prepared.sign("GET", self._path(key), prepared.query)

    def window(self) -> int:
        """Return the start of the present window, in Unix seconds; a GET's URL changes with it."""
        return int(self._now()) // self._window_s * self._window_s

    def put_part(
        self,
        key: str,
        upload_id: str,
        number: int,
        *,
        size: int,
        base_url: str,
        expires_s: int,
    ) -> SignedUrl:
        """Return the URL of a PUT of one part of a multipart upload.

        The request's Content-Length is signed: storage refuses a part of another size in bytes.
        """
        start = int(self._now())
        query = {"partNumber": str(number), "uploadId": upload_id}
        url = self._sign("PUT", key, base_url, query, start, expires_s, content_length=size)
        return SignedUrl(url, datetime.fromtimestamp(start + expires_s, UTC))

    def _sign(
        self,
        method: str,
        key: str,
        base_url: str,
        query: dict[str, str],
        start: int,
        ttl_s: int,
        *,
        varying: str = "",
        content_length: int | None = None,
    ) -> str:
        """`varying` replaces `_VARYING` in the query; it is quoted already."""
        prepared = self._prepare(base_url, tuple(query.items()), start, ttl_s, content_length)
        path = self._path(key)
        query_string = (
            prepared.query.replace(_VARYING_QUOTED, varying) if varying else prepared.query
        )
        signature = prepared.sign(method, path, query_string)
        return f"{prepared.base}{path}?{query_string}&X-Amz-Signature={signature}"

    def _path(self, key: str) -> str:
        path = f"/{self._bucket}/{key}"
        return path if _PLAIN(path) else quote(path, safe="/~")

    def _prepare_urls(
        self,
        base_url: str,
        query: tuple[tuple[str, str], ...],
        start: int,
        ttl_s: int,
        content_length: int | None,
    ) -> _UrlParts:
        moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(start))
        scope = f"{moment[:8]}/{self._region}/s3/aws4_request"
        base = base_url.rstrip("/")
        headers = {"host": urlsplit(base).netloc}
        if content_length is not None:
            headers["content-length"] = str(content_length)
        header_names = ";".join(sorted(headers))
        signed = dict(query) | {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"{self._key_id}/{scope}",
            "X-Amz-Date": moment,
            "X-Amz-Expires": str(ttl_s),
            "X-Amz-SignedHeaders": header_names,
        }
        canonical_query = "&".join(
            f"{quote(name, safe='~')}={quote(value, safe='~')}"
            for name, value in sorted(signed.items())
        )
        canonical_headers = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
        return _UrlParts(
            base,
            canonical_query,
            f"\n{canonical_headers}\n{header_names}\nUNSIGNED-PAYLOAD",
            f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n",
            hmac.new(_signing_key(self._secret, moment[:8], self._region), digestmod="sha256"),
        )
