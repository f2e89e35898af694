from datetime import UTC, datetime
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import botocore.auth
import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from pydantic import SecretStr

from pichaven_chassis.settings import StorageSettings
from pichaven_chassis.storage import Presigner

SETTINGS = StorageSettings(
    access_key_id="AKIDEXAMPLE", secret_access_key=SecretStr("secret/+key"), url_ttl_s=3600
)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
KEY = "originals/owner/ab cd/é+~(1).jpg"


def _signature_by_botocore(
    method: str, url: str, expires: int, headers: dict[str, str] | None = None
) -> str:
    """What the reference signer makes of the same request at the same moment."""
    parts = urlsplit(url)
    pairs = [pair for pair in parts.query.split("&") if not pair.startswith("X-Amz-")]
    unsigned = parts._replace(query="&".join(pairs)).geturl()
    request = AWSRequest(method=method, url=unsigned, headers=headers)
    signer = S3SigV4QueryAuth(
        Credentials("AKIDEXAMPLE", "secret/+key"), "s3", "us-east-1", expires=expires
    )
    with patch.object(
        botocore.auth, "get_current_datetime", return_value=NOON.replace(tzinfo=None)
    ):
        signer.add_auth(request)
    return parse_qs(urlsplit(request.url).query)["X-Amz-Signature"][0]


def _signature(url: str) -> str:
    return parse_qs(urlsplit(url).query)["X-Amz-Signature"][0]


def test_a_get_is_signed_as_botocore_signs_it() -> None:
    presigner = Presigner(SETTINGS, now=NOON.timestamp)

    url = presigner.get(
        KEY,
        base_url="http://photos.example:8080",
        content_type="image/jpeg",
        download_name="Été à Nîmes.jpg",
    )

    assert _signature(url) == _signature_by_botocore("GET", url, 7200)


@pytest.mark.parametrize("key", ["derived/a/b/400.webp", "derived/a/b c/ü?400.webp"])
def test_a_signature_alone_is_that_of_the_url(key: str) -> None:
    presigner = Presigner(SETTINGS, now=NOON.timestamp)
    url = presigner.get(key, base_url="http://photos.test", content_type="image/webp")

    sign = presigner.signatures(base_url="http://photos.test", content_type="image/webp")

    assert url.endswith(f"&X-Amz-Signature={sign(key)}")


def test_a_part_is_signed_as_botocore_signs_it() -> None:
    presigner = Presigner(SETTINGS, now=NOON.timestamp)

    signed = presigner.put_part(
        KEY, "up/load=id", 7, size=1234, base_url="http://127.0.0.1:8080/", expires_s=60
    )

    expected = _signature_by_botocore("PUT", signed.url, 60, {"Content-Length": "1234"})
    assert _signature(signed.url) == expected
    assert "X-Amz-SignedHeaders=content-length%3Bhost&" in signed.url
    assert signed.expires_at == datetime(2026, 6, 1, 12, 1, tzinfo=UTC)


def test_a_url_stays_the_same_within_its_window_and_outlives_it_by_one() -> None:
    start = NOON.timestamp()
    early, late, next_window = (
        Presigner(SETTINGS, now=lambda at=start + offset: at).get("k.jpg", base_url="http://h")
        for offset in (0, 3599, 3600)
    )

    assert early == late
    assert late != next_window
    assert parse_qs(urlsplit(late).query)["X-Amz-Expires"] == ["7200"]
