import pytest

from pichaven_ml.tagging.prompts import fill_templates, normalise


@pytest.mark.parametrize(
    ("typed", "normalised"),
    [
        ("Beach", "beach"),
        ("  two   dogs\n", "two dogs"),
        ("photos of a beach", "a beach"),
        ("Show me all pictures of snow!", "snow"),
        ("my photos with dogs?", "dogs"),
        ("photos", "photos"),
        ("photo of", "photo of"),
        ('"red car"', "red car"),
        ("black & white", "black & white"),
        ("Straße", "strasse"),
        ("ｆｕｌｌ width", "full width"),
        ("a\u0000b\u200bc", "a b c"),
        ("夕焼け", "夕焼け"),
        ("…!?", ""),
        ("   ", ""),
    ],
)
def test_what_is_typed_becomes_what_is_meant(typed: str, normalised: str) -> None:
    assert normalise(typed) == normalised


def test_normalising_twice_changes_nothing() -> None:
    once = normalise("Find pictures of «a Dog»")
    assert normalise(once) == once == "a dog"


def test_braces_in_a_text_are_only_text() -> None:
    assert fill_templates("a {} b", ("a photo of {}", "{}")) == ["a photo of a {} b", "a {} b"]
