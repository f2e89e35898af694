"""The concepts that a picture may be tagged with."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import yaml


class VocabularyInvalid(ValueError):
    """Raised for a malformed vocabulary; the message says where."""


@dataclass(frozen=True, slots=True)
class Concept:
    """A tag and its prompts."""

    tag: str
    prompts: tuple[str, ...]
    group: str
    drawn: bool
    """Whether the bundled model was trained on it."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    version: str
    templates: tuple[str, ...]
    concepts: tuple[Concept, ...]

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> "Vocabulary":
        """Parse `version`, `templates`, `groups` (group → tag → prompts or nothing) and `drawn`.

        A digest of the content is appended to the version. Raises `VocabularyInvalid`.
        """
        try:
            drawn = set(data["drawn"])
            concepts = tuple(
                Concept(str(tag), tuple(prompts or (tag,)), str(group), tag in drawn)
                for group, tags in data["groups"].items()
                for tag, prompts in tags.items()
            )
            version, templates = str(data["version"]), tuple(data["templates"])
        except (KeyError, TypeError, AttributeError) as error:
            raise VocabularyInvalid(f"the vocabulary lacks a part: {error!r}") from error
        names = [concept.tag for concept in concepts]
        duplicates = {name for name in names if names.count(name) > 1}
        unknown = drawn - set(names)
        if duplicates or unknown or not concepts:
            raise VocabularyInvalid(
                f"listed twice: {sorted(duplicates)}, unknown: {sorted(unknown)}"
            )
        if not templates or any("{}" not in template for template in templates):
            raise VocabularyInvalid("every template needs a {} for the concept")
        content = json.dumps([templates, [(c.tag, c.prompts, c.drawn) for c in concepts]])
        digest = hashlib.sha256(content.encode()).hexdigest()[:8]
        return cls(f"{version}-{digest}", templates, concepts)

    def select_drawn(self) -> "Vocabulary":
        """Return the concepts that the bundled model was trained on."""
        return Vocabulary(
            f"{self.version}-drawn",
            self.templates,
            tuple(concept for concept in self.concepts if concept.drawn),
        )

    def replace_tags(self, tags: Sequence[str]) -> "Vocabulary":
        """Return a vocabulary of these tags, each its own prompt."""
        digest = hashlib.sha256(json.dumps(list(tags)).encode()).hexdigest()[:8]
        return Vocabulary(
            f"{self.version}-{digest}",
            ("{}",),
            tuple(Concept(tag, (tag,), "", drawn=False) for tag in tags),
        )


def load_vocabulary() -> Vocabulary:
    """Load the vocabulary that comes with the package. Raises `VocabularyInvalid`."""
    text = files("pichaven_ml.tagging").joinpath("vocabulary.yaml").read_text(encoding="utf-8")
    return Vocabulary.parse(yaml.safe_load(text))
