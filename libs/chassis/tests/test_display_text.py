import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pichaven_chassis.display_text import clean_line, clean_text

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


@pytest.mark.parametrize(
    "text",
    [
        FAMILY,
        f"we {FAMILY}!",
        "\u2764\ufe0f\u200d\U0001f525",
        "\U0001f44d\U0001f3fd",
        "\U0001f1ea\U0001f1fa",
        "1\ufe0f\u20e3",
        SCOTLAND,
        f"{SCOTLAND} {FAMILY}",
        "\U0001f3f4",
        "\U0001f3f4\u200d\u2620\ufe0f",
        "\U0001fae9",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\u0915\u094d\u200d\u0937",
        "\u0d28\u0d4d\u200d",
        "\u0600\u0661",
        "Zürich, straße, 東京",
    ],
)
def test_emoji_sequences_and_letters_of_all_scripts_stay(text: str) -> None:
    assert clean_line(text) == text
    assert clean_text(text) == text


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("a\u2066b\u2069\u200f\u061cc", "abc"),
        ("a\x00b\x1b[31m\x7f", "ab[31m"),
        ("pa\u200dy\u200cpal\u200b\ufeff\u2060\u00ad", "paypal"),
        (f"a{SCOTLAND[1:]}", "a"),
        (SCOTLAND[:-1], "\U0001f3f4"),
        ("\u200d\U0001f468\u200d\u200d\U0001f469", "\U0001f468\u200d\U0001f469"),
        ("\ue000\ufdd0\U0001ffff", ""),
        ("\u3164\u115f\u1160\uffa0\u2800\u034f", ""),
        ("\ufe0fa\ufe0f\ufe0f", "a\ufe0f"),
        ("e\u200b\u0301", "\u00e9"),
        ("  two\u00a0 \t words ", "two words"),
    ],
)
def test_what_is_invisible_or_turns_the_text_around_goes(text: str, cleaned: str) -> None:
    assert clean_line(text) == cleaned


def test_lines_of_a_text_stay_lines() -> None:
    assert clean_text(" one \r\n\r\ntwo\tx\u2028three\x0b\r") == "one\n\ntwo x\nthree"
    assert clean_line("one\r\ntwo\u2028three") == "one two three"


@given(st.text())
def test_a_clean_text_stays_as_it_is(text: str) -> None:
    for clean in (clean_line, clean_text):
        once = clean(text)
        assert clean(once) == once == unicodedata.normalize("NFC", once)
        assert not set(once) & set("\x00\r\x1b\u202e\u2066\u2028\ufeff")
