"""The child process of `DecodingPool`. It has no credentials and no network client."""

import base64
from typing import Any

from pichaven_chassis.child_process import child


def load() -> child.Handle:
    from pichaven_ml.inference.decoding import decode
    from pichaven_ml.inference.errors import TooManyPixels, UnreadablePicture
    from pichaven_ml.models.card import Preprocessing
    from pichaven_ml.models.preprocessing import fit

    def decode_picture(job: dict[str, Any], data: bytes, _report: child.Send) -> dict[str, Any]:
        """Return `{"width", "height", "rgb"}` of the model's size, or `{"refused", "detail"}`."""
        try:
            image = fit(decode(data), Preprocessing(**job["preprocessing"]))
        except (UnreadablePicture, TooManyPixels) as refusal:
            return {"refused": refusal.code, "detail": refusal.detail}
        rgb = base64.b64encode(image.tobytes()).decode("ascii")
        return {"width": image.width, "height": image.height, "rgb": rgb}

    return decode_picture


if __name__ == "__main__":
    child.serve(load)
