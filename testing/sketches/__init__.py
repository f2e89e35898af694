"""Pictures drawn from a seed with exact labels, and captions that are true of them."""

from testing.sketches.scenes import Sketch, Wish, draw

__all__ = ["Sketch", "Wish", "draw"]
