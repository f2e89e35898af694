import pytest

from pichaven_chassis.parameters import UnknownName, read_names

SIZES = ("small", "large")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (None, None),
        ("", ()),
        ("large", ("large",)),
        ("large, small,large,", ("large", "small")),
    ],
)
def test_names_are_listed_once_in_the_order_of_the_request(
    text: str | None, names: tuple[str, ...] | None
) -> None:
    assert read_names("sizes", text, SIZES) == names


@pytest.mark.parametrize("text", ["huge", "small,Large", "small;large"])
def test_an_unknown_name_is_refused_with_its_parameter(text: str) -> None:
    with pytest.raises(UnknownName) as raised:
        read_names("sizes", text, SIZES)
    assert [each.path for each in raised.value.errors] == ["query.sizes"]
