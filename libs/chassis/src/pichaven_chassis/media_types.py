"""Media types of request bodies."""


def is_json(media_type: str) -> bool:
    """Whether a media type, without parameters, is JSON (RFC 6839)."""
    kind, _, subtype = media_type.strip().lower().partition("/")
    return kind == "application" and (subtype == "json" or subtype.endswith("+json"))
