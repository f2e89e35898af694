"""Content codings (RFC 9110) that a client accepts."""

import re
from typing import Final

from fastapi import Request

_REFUSED: Final = re.compile(r";\s*q=0(\.0{0,3})?\s*$")


def accepts_gzip(request: Request) -> bool:
    """Return whether the client takes a response compressed with gzip."""
    for coding in ",".join(request.headers.getlist("accept-encoding")).lower().split(","):
        if coding.partition(";")[0].strip() in {"gzip", "x-gzip"}:
            return _REFUSED.search(coding) is None
    return False
