"""The name of a camera as its owner would say it."""

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
    """Maker and model without repetition: `NIKON CORPORATION`, `NIKON D850` is `Nikon D850`."""
    maker = _maker(make)
    name = " ".join((model or "").split())
    if not name:
        return maker
    if not maker:
        return name[:_LONGEST]
    for written in (" ".join((make or "").split()), maker):
        if name.lower().startswith(written.lower()):
            name = name[len(written) :].strip() or name
            break
    return f"{maker} {name}"[:_LONGEST]


def _maker(make: str | None) -> str | None:
    text = " ".join((make or "").split())
    lowered = text.lower()
    known = [name for name in _MAKERS if lowered == name or lowered.startswith(f"{name} ")]
    if known:
        return _MAKERS[max(known, key=len)]
    return text[:_LONGEST] or None
