"""From lines that were read to one text."""

from pichaven_ml.text_reading.reading import LEAST_CERTAIN, LONGEST_TEXT, Line, join_lines


def test_certain_lines_stand_below_each_other() -> None:
    lines = [Line("Grand  Hôtel ", 0.99), Line("Zimmer frei", LEAST_CERTAIN)]
    assert join_lines(lines) == "Grand Hôtel\nZimmer frei"


def test_what_is_uncertain_is_left_out() -> None:
    assert join_lines([Line("TOGNIMN", LEAST_CERTAIN - 0.01), Line("exit", 0.9)]) == "exit"


def test_a_lone_sign_is_no_text_but_a_lone_ideograph_is() -> None:
    lines = [Line("O", 0.99), Line("●", 0.99), Line("--", 0.99), Line("出", 0.99), Line("", 1.0)]
    assert join_lines(lines) == "出"


def test_the_text_has_an_end_between_lines() -> None:
    text = join_lines(Line(f"line number {number}", 0.95) for number in range(5_000))
    assert len(text) <= LONGEST_TEXT
    assert len(text) > LONGEST_TEXT - 40
    assert text.splitlines()[-1].startswith("line number ")
    assert join_lines([Line("a" * (LONGEST_TEXT + 1), 0.9)]) == ""


def test_text_is_composed_and_has_no_control_characters() -> None:
    assert join_lines([Line("Ba\u0308ckerei\x00\x1b[2J\tauf", 0.9)]) == "Bäckerei [2J auf"
