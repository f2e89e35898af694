"""The words that a picture may be tagged with."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class VocabularyInvalid(ValueError):
    """The vocabulary's file is not what it should be; the message says where."""


@dataclass(frozen=True, slots=True)
class Concept:
    """One tag, and the wordings by which a model is asked for it."""

    tag: str
    prompts: tuple[str, ...]
    group: str
    drawn: bool
    """Whether the bundled model, which knows drawings only, was trained on it."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    version: str
    templates: tuple[str, ...]
    concepts: tuple[Concept, ...]

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> "Vocabulary":
        """Of `version`, `templates`, `groups` (group → tag → wordings or nothing), `drawn`.

        The version is completed by a digest of the content, so that no edit goes unnoticed.
        Raises `VocabularyInvalid`.
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
        twice = {name for name in names if names.count(name) > 1}
        unknown = drawn - set(names)
        if twice or unknown or not concepts:
            raise VocabularyInvalid(f"listed twice: {sorted(twice)}, unknown: {sorted(unknown)}")
        if not templates or any("{}" not in template for template in templates):
            raise VocabularyInvalid("every template needs a {} for the concept")
        content = json.dumps([templates, [(c.tag, c.prompts, c.drawn) for c in concepts]])
        digest = hashlib.sha256(content.encode()).hexdigest()[:8]
        return cls(f"{version}-{digest}", templates, concepts)

    def drawn_only(self) -> "Vocabulary":
        """The part that a model of drawings can judge; of a wider one its tags would be noise."""
        return Vocabulary(
            f"{self.version}-drawn",
            self.templates,
            tuple(concept for concept in self.concepts if concept.drawn),
        )
