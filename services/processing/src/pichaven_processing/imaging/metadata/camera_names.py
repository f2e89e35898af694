"""Camera names as people say them."""

from typing import Final

_MAKERS: Final = {
    "nikon": "Nikon",
    "canon": "Canon",
    "sony": "Sony",
    "fujifilm": "Fujifilm",
    "olympus": "Olympus",
    "om digital": "OM System",
    "panasonic": "Panasonic",
    "leica": "Leica",
    "pentax": "Pentax",
    "ricoh": "Ricoh",
    "samsung": "Samsung",
    "apple": "Apple",
    "google": "Google",
    "huawei": "Huawei",
    "xiaomi": "Xiaomi",
    "oneplus": "OnePlus",
    "hasselblad": "Hasselblad",
    "gopro": "GoPro",
    "dji": "DJI",
    "sigma": "Sigma",
    "motorola": "Motorola",
    "eastman kodak": "Kodak",
    "kodak": "Kodak",
    "casio": "Casio",
    "minolta": "Minolta",
    "konica minolta": "Konica Minolta",
    "lg": "LG",
    "htc": "HTC",
    "nokia": "Nokia",
}
_LONGEST: Final = 100


def camera_name(make: str | None, model: str | None) -> str | None:
    """Return maker and model without repetition: `Nikon D850` of `NIKON CORP.`, `NIKON D850`."""
    maker = _maker(make)
    name = " ".join((model or "").split())
    if not name:
        return maker
    if not maker:
        return name[:_LONGEST]
    for prefix in (" ".join((make or "").split()), maker):
        if name.lower().startswith(prefix.lower()):
            name = name[len(prefix) :].strip() or name
            break
    return f"{maker} {name}"[:_LONGEST]


def _maker(make: str | None) -> str | None:
    text = " ".join((make or "").split())
    lowered = text.lower()
    makers = [name for name in _MAKERS if lowered == name or lowered.startswith(f"{name} ")]
    if makers:
        return _MAKERS[max(makers, key=len)]
    return text[:_LONGEST] or None
