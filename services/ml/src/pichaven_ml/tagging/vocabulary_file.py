"""The vocabulary that comes with the package."""

from importlib.resources import files

import yaml

from pichaven_ml.tagging.vocabulary import Vocabulary


def read_vocabulary() -> Vocabulary:
    """Raises `VocabularyInvalid`."""
    text = files("pichaven_ml").joinpath("tagging/vocabulary.yaml").read_text(encoding="utf-8")
    return Vocabulary.parse(yaml.safe_load(text))
