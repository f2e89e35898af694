"""The query parameters that say which variants of each photo a response has."""

from typing import Annotated

from fastapi import Depends

from pichaven_chassis.parameters import names_query, read_names
from pichaven_contracts.variants import (
    FORMAT_DESCRIPTION,
    GRID_VARIANTS,
    VARIANT_FORMATS,
    VARIANT_NAMES,
    VARIANTS_DESCRIPTION,
    VariantChoice,
)


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
    """FastAPI dependency: the chosen variants, those of a grid by default.

    Raises `UnknownName`.
    """
    names = read_names("variants", variants, VARIANT_NAMES)
    return VariantChoice(
        GRID_VARIANTS.names if names is None else names,
        read_names("format", formats, VARIANT_FORMATS) or (),
    )


Variants = Annotated[VariantChoice, Depends(read_variants)]
