"""The account's arithmetic, without a database."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pichaven_upload.usage.errors import QuotaExceeded, TooManyOpenUploads, UploadRateExceeded
from pichaven_upload.usage.model import Account, Limits

NOW = datetime(2026, 6, 1, 12, 0, 30, tzinfo=UTC)
LIMITS = Limits(quota_bytes=1000, uploads_per_hour=6, open_uploads=3, bulk_after=2)
ROOMY = Limits(quota_bytes=1 << 50, uploads_per_hour=10**6, open_uploads=10**6, bulk_after=10**6)


def _account() -> Account:
    return Account(owner_id="o")


def test_a_reservation_counts_until_it_is_settled() -> None:
    account = _account().reserve("a", 600, LIMITS, NOW)

    with pytest.raises(QuotaExceeded) as refused:
        account.reserve("b", 401, LIMITS, NOW)
    settled = account.settle("a", added_bytes=600, added_photos=1)

    assert refused.value.extra == {"bytes_free": 400, "quota_bytes": 1000}
    assert (account.bytes_reserved, account.bytes_used) == (600, 0)
    assert (settled.bytes_reserved, settled.bytes_used, settled.photos) == (0, 600, 1)
    assert settled.reserve("b", 400, LIMITS, NOW).bytes_reserved == 400


def test_everything_may_be_repeated() -> None:
    account = _account().reserve("a", 600, LIMITS, NOW)
    assert account.reserve("a", 600, LIMITS, NOW) is account
    settled = account.settle("a", added_bytes=600, added_photos=1)
    assert settled.settle("a", added_bytes=600, added_photos=1) is settled
    released = settled.release("p", 600, NOW)
    assert released.release("p", 600, NOW) is released
    without_photo = released.forget("p")
    assert without_photo.forget("p") is without_photo
    assert (without_photo.bytes_used, without_photo.photos, without_photo.releasing) == (0, 0, {})


def test_the_hour_slides_and_says_when_the_next_upload_may_begin() -> None:
    account = _account()
    for number in range(6):
        moment = NOW + timedelta(minutes=number)
        account = account.reserve(str(number), 1, LIMITS, moment).settle(
            str(number), added_bytes=0, added_photos=0
        )

    with pytest.raises(UploadRateExceeded) as refused:
        account.reserve("more", 1, LIMITS, NOW + timedelta(minutes=50))
    assert refused.value.headers["Retry-After"] == str(9 * 60 + 30)

    later = NOW + timedelta(seconds=50 * 60 + int(refused.value.headers["Retry-After"]))
    account = account.reserve("more", 1, LIMITS, later)
    assert account.started_within(60, later) == 6


def test_open_uploads_are_limited() -> None:
    account = _account()
    for number in range(3):
        account = account.reserve(str(number), 1, LIMITS, NOW)

    with pytest.raises(TooManyOpenUploads):
        account.reserve("more", 1, LIMITS, NOW)


def test_many_uploads_within_ten_minutes_are_bulk() -> None:
    account = _account().reserve("a", 1, LIMITS, NOW).reserve("b", 1, LIMITS, NOW)
    assert not account.is_bulk(LIMITS, NOW)

    account = account.reserve("c", 1, LIMITS, NOW)

    assert account.is_bulk(LIMITS, NOW)
    assert not account.is_bulk(LIMITS, NOW + timedelta(minutes=10))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["reserve", "accept", "cancel", "release", "forget"]),
            st.integers(0, 5),
        ),
        max_size=60,
    )
)
def test_in_any_order_what_is_counted_is_what_is_there(steps: list[tuple[str, int]]) -> None:
    account = _account()
    reserved: set[str] = set()
    there: dict[str, int] = {}
    released: set[str] = set()
    for kind, number in steps:
        name, size = str(number), 100 + number
        if kind == "reserve" and name not in there and name not in released:
            account = account.reserve(name, size, ROOMY, NOW)
            reserved.add(name)
        elif kind == "accept":
            account = account.settle(name, added_bytes=size, added_photos=1)
            if name in reserved:
                reserved.discard(name)
                there[name] = size
        elif kind == "cancel":
            account = account.settle(name, added_bytes=0, added_photos=0)
            reserved.discard(name)
        elif kind == "release" and (name in there or name in account.releasing):
            account = account.release(name, size, NOW)
            there.pop(name, None)
            released.add(name)
        elif kind == "forget" and name in released:
            account = account.forget(name)

        assert account.bytes_used == sum(there.values())
        assert account.photos == len(there)
        assert account.bytes_reserved == sum(100 + int(name) for name in reserved)
