"""Normalise texts and put them into prompt templates, alike for every caller."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

DEFAULT_TEMPLATES: Final = ("a photo of {}", "a picture of {}", "{}")
"""CLIP was trained on captions: a word in one is nearer to pictures. The prompts' vectors are
averaged; more of them cost latency and change the vector little."""

_LEAD_IN: Final = re.compile(
    r"^(?:(?:please )?(?:show|find|give)(?: me)? )?(?:all )?(?:my |the |some |an? )?"
    r"(?:photos?|pictures?|images?|pics?|photographs?) (?:of|with|showing|that show) (?=\S)"
)
_EDGES: Final = " \t\"'`“”‘’«».,;:!?…()[]{}<>|/\\*#~_-"


def normalise(text: str) -> str:
    """Return the text in lower case, with single spaces, without punctuation around it or "photos
    of" before it; empty when nothing remains to search for.
    """
    lowered = unicodedata.normalize("NFKC", text).casefold()
    printable = "".join(
        " " if unicodedata.category(character)[0] == "C" else character for character in lowered
    )
    words = " ".join(printable.split()).strip(_EDGES)
    return _LEAD_IN.sub("", words).strip(_EDGES)


def fill_templates(text: str, templates: Sequence[str]) -> list[str]:
    """Return the text in each template; braces in the text stay as they are."""
    return [template.replace("{}", text) for template in templates]
