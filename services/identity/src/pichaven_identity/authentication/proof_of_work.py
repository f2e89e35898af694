"""Proof of work: what an attempt costs that would have to wait because of others.

A proof is `<minute>:<nonce>`, such that SHA-256 of `<minute>:<email>:<nonce>` begins with enough
zero bits. The minute is the server's, in Unix minutes; the address is spelled as in the request.
"""

import hashlib
import math
from datetime import datetime, timedelta
from typing import Final

VALID_FOR: Final = timedelta(minutes=5)
LONGEST_PROOF: Final = 64
FEWEST_BITS: Final = 18
"""A quarter of a second of an interpreter's time."""
MOST_BITS: Final = 24

_MINUTE_S: Final = 60
_DIGEST_BITS: Final = 256


def required_bits(failures: int, free: int) -> int:
    """Return the zero bits that are needed: one more for each doubling of failures over `free`."""
    doublings = math.floor(math.log2(max(1.0, failures / free)))
    return min(FEWEST_BITS + doublings, MOST_BITS)


def bits_after(failures: int) -> int:
    """Return the zero bits of an account's next proof: one more for each that brought a failure."""
    return min(FEWEST_BITS + failures, MOST_BITS)


def minute_of(now: datetime) -> int:
    return int(now.timestamp()) // _MINUTE_S


def has_bits(proof: str, email: str, *, bits: int, now: datetime) -> bool:
    """Return whether the proof is recent, for this address and hard enough."""
    minute, _, nonce = proof.partition(":")
    if not minute.isascii() or not minute.isdecimal() or len(proof) > LONGEST_PROOF:
        return False
    age_s = now.timestamp() - int(minute) * _MINUTE_S
    if not -_MINUTE_S < age_s < VALID_FOR.total_seconds():
        return False
    digest = hashlib.sha256(f"{minute}:{email}:{nonce}".encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest) >> (_DIGEST_BITS - bits) == 0
