"""Query parameters: times, filters, and the variants of each photo."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import Depends, Query

from pichaven_chassis.parameters import names_query, read_date, read_names
from pichaven_contracts.variants import (
    FORMAT_DESCRIPTION,
    GRID_VARIANTS,
    VARIANT_FORMATS,
    VARIANT_NAMES,
    VARIANTS_DESCRIPTION,
    VariantChoice,
)
from pichaven_gallery.photos.edits import fold_tag
from pichaven_gallery.photos.listing import Filters
from pichaven_gallery.photos.photo import Status

_END_OF_DAY: Final = timedelta(days=1, milliseconds=-1)

DateOrTime = Annotated[
    str | None,
    Query(
        description="A date or a time, RFC 3339. With an offset it is compared with the instant,"
        " else with the wall time where a photo was taken.",
        examples=["2026-06-13"],
    ),
]


def _read_moment(
    path: str, text: str | None, *, into_day: timedelta = timedelta()
) -> tuple[datetime | None, datetime | None]:
    """Return a value as a bound of the wall time, or of the instant; the other is None.

    Raises `InvalidDate`.
    """
    if text is None:
        return None, None
    moment, is_instant = read_date(path, text, into_day=into_day)
    return (None, moment) if is_instant else (moment, None)


def to_filters(
    *,
    favorite: bool | None,
    tag: str | None,
    status: Status | None,
    from_: str | None,
    to: str | None,
    path: str,
) -> Filters:
    """Return a list's filters, which were sent in `path`. Raises `InvalidDate`."""
    local_from, taken_from = _read_moment(f"{path}.from", from_)
    local_until, taken_until = _read_moment(f"{path}.to", to, into_day=_END_OF_DAY)
    return Filters(
        favorite=favorite,
        tag=fold_tag(tag) if tag is not None else None,
        status=status,
        local_from=local_from,
        local_until=local_until,
        taken_from=taken_from,
        taken_until=taken_until,
    )


async def filters(
    favorite: Annotated[
        bool | None, Query(description="Only favorites, or only others.", examples=[True])
    ] = None,
    tag: Annotated[
        str | None,
        Query(description="Only photos with this tag.", max_length=64, examples=["beach"]),
    ] = None,
    status: Annotated[
        Status | None, Query(description="Only photos in this state.", examples=["ready"])
    ] = None,
    from_: Annotated[DateOrTime, Query(alias="from")] = None,
    to: DateOrTime = None,
) -> Filters:
    """FastAPI dependency: a list's filters. `from` and `to` bound the time taken, inclusively."""
    return to_filters(favorite=favorite, tag=tag, status=status, from_=from_, to=to, path="query")


FiltersQuery = Annotated[Filters, Depends(filters)]


async def read_variants(
    variants: Annotated[
        str | None,
        names_query(VARIANT_NAMES, description=VARIANTS_DESCRIPTION, example="400,1920"),
    ] = None,
    formats: Annotated[
        str | None,
        names_query(
            VARIANT_FORMATS, alias="format", description=FORMAT_DESCRIPTION, example="avif"
        ),
    ] = None,
) -> VariantChoice:
    """FastAPI dependency: the chosen variants, by default all. Raises `UnknownName`."""
    return VariantChoice(
        read_names("variants", variants, VARIANT_NAMES),
        read_names("format", formats, VARIANT_FORMATS) or (),
    )


Variants = Annotated[VariantChoice, Depends(read_variants)]
"""For routes that return one photo."""


async def read_list_variants(variants: Variants) -> VariantChoice:
    """FastAPI dependency: the chosen variants, by default those of a grid."""
    return variants if variants.names is not None else replace(variants, names=GRID_VARIANTS.names)


ListVariants = Annotated[VariantChoice, Depends(read_list_variants)]
"""For routes that return lists of photos."""
