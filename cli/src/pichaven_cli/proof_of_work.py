"""The proof of work that a login needs from a network with many failures."""

import hashlib
from itertools import count
from typing import Final

_DIGEST_BITS: Final = 256


def prove(email: str, *, minute: int, bits: int) -> str:
    """Return `<minute>:<nonce>`, such that the digest of minute, address and nonce is small.

    Takes some `2 ** bits` digests: a quarter of a second for 18 bits.
    """
    limit = 1 << (_DIGEST_BITS - bits)
    prefix = hashlib.sha256(f"{minute}:{email}:".encode())
    for nonce in count():
        digest = prefix.copy()
        digest.update(str(nonce).encode())
        if int.from_bytes(digest.digest()) < limit:
            return f"{minute}:{nonce}"
    raise AssertionError("count() does not end")
