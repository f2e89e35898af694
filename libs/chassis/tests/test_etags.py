import pytest

from pichaven_chassis.etags import InvalidIfMatch, etag, parse_if_match
from pichaven_chassis.problems import PreconditionFailed


@pytest.mark.parametrize("lines", [[], ["*"], [" * "]])
def test_without_a_condition_any_version_will_do(lines: list[str]) -> None:
    expected = parse_if_match(lines)

    assert not expected
    expected.check_version(7)
    expected.check(etag("x"))


@pytest.mark.parametrize(
    "lines",
    [['"7"'], ['"7-abc"'], ['W/"7-abc"'], ['"6", "7"'], ['"6"', '"7"'], ['"a,b" ,\t"7"']],
)
def test_a_tag_names_its_version(lines: list[str]) -> None:
    expected = parse_if_match(lines)

    assert expected
    expected.check_version(7)
    with pytest.raises(PreconditionFailed):
        expected.check_version(77)


def test_a_whole_tag_is_compared_where_there_is_no_version() -> None:
    expected = parse_if_match(['"abc"'])

    expected.check(etag("abc"))
    with pytest.raises(PreconditionFailed):
        expected.check(etag("ab"))


@pytest.mark.parametrize(
    "header", ["", " ", "7", '"7', '"7" "8"', "*, *", '"7", *', '"7",,x', "W/7"]
)
def test_what_is_no_list_of_tags_is_refused(header: str) -> None:
    with pytest.raises(InvalidIfMatch):
        parse_if_match([header])
