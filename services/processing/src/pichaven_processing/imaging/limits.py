"""Limits on a file, checked before anything of it is decoded."""

from dataclasses import dataclass

from pichaven_processing.imaging.rejection import Rejected, RejectionCode

_MEGA = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    max_bytes: int
    """Of the original file."""
    max_pixels: int
    """Width times height of the page that is decoded."""
    max_animation_pixels: int
    """Width times height times pages. Only the first page is decoded; the others are read past."""
    max_edge: int
    """Pixels, of either side."""

    def check_bytes(self, size: int) -> None:
        """Raise `Rejected` for a file of too many bytes and for an empty one."""
        if size > self.max_bytes:
            raise Rejected(
                RejectionCode.TOO_LARGE,
                f"The file has {size / _MEGA:,.0f} MB; at most {self.max_bytes / _MEGA:,.0f} MB"
                " are taken.",
            )
        if size <= 0:
            raise Rejected(RejectionCode.DAMAGED_FILE, "The file is empty.")

    def check_picture(self, width: int, height: int, pages: int) -> None:
        """Raise `Rejected` for a picture that would decode to too many pixels."""
        if width <= 0 or height <= 0:
            raise Rejected(RejectionCode.DAMAGED_FILE, "The picture has no width or no height.")
        if max(width, height) > self.max_edge:
            raise Rejected(
                RejectionCode.TOO_MANY_PIXELS,
                f"The picture is {width:,} x {height:,} pixels; no side may have more than"
                f" {self.max_edge:,}.",
            )
        if width * height > self.max_pixels:
            raise Rejected(
                RejectionCode.TOO_MANY_PIXELS,
                f"The picture is {width:,} x {height:,} pixels; at most"
                f" {self.max_pixels / _MEGA:,.0f} megapixels are taken.",
            )
        if width * height * max(pages, 1) > self.max_animation_pixels:
            raise Rejected(
                RejectionCode.TOO_MANY_PIXELS,
                f"The animation has {pages:,} pictures of {width:,} x {height:,} pixels, which is"
                " more than is taken.",
            )
