import pytest

from pichaven_ml.tagging.vocabulary import Vocabulary, VocabularyInvalid

GOOD = {
    "version": "1",
    "templates": ["a photo of {}"],
    "drawn": ["cat"],
    "groups": {"animal": {"cat": ["a cat"], "owl": None}},
}


def test_the_everyday_vocabulary_is_wide_and_plain(everyday: Vocabulary) -> None:
    tags = [concept.tag for concept in everyday.concepts]
    assert len(tags) >= 300
    assert all(tag == tag.lower().strip() and len(tag) <= 30 for tag in tags)
    assert 40 <= len(everyday.select_drawn().concepts) <= 80


def test_a_tag_without_wordings_is_its_own() -> None:
    assert Vocabulary.parse(GOOD).concepts[1].prompts == ("owl",)


def test_the_version_changes_with_any_wording() -> None:
    changed = GOOD | {"groups": {"animal": {"cat": ["a kitten"], "owl": None}}}
    assert Vocabulary.parse(GOOD).version != Vocabulary.parse(changed).version
    assert Vocabulary.parse(GOOD).version.startswith("1-")


@pytest.mark.parametrize(
    "wrong",
    [
        {"groups": {"a": {"cat": None}, "b": {"cat": None}}},
        {"drawn": ["unicorn"]},
        {"templates": []},
        {"templates": ["a photo"]},
        {"groups": {}, "drawn": []},
        {"groups": None},
    ],
)
def test_a_wrong_vocabulary_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(VocabularyInvalid):
        Vocabulary.parse(GOOD | wrong)
