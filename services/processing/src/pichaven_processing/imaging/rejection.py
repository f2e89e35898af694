"""Why an original can never become a photo."""

from enum import StrEnum

from pichaven_contracts import photo


class RejectionCode(StrEnum):
    """Stable codes of `photo.rejected`."""

    HASH_MISMATCH = "hash_mismatch"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    DAMAGED_FILE = "damaged_file"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_LARGE = "too_large"
    PROCESSING_FAILED = photo.PROCESSING_FAILED


class Rejected(Exception):
    """Raised for a permanent fault of a file. `message` is one sentence for its owner."""

    def __init__(self, code: RejectionCode, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
