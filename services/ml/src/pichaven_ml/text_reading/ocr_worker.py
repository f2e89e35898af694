"""The child process of `OcrProcess`. It has no credentials and no network client."""

import time
from typing import Any, Final

from pichaven_chassis.child_process import child

_MAX_DETAIL: Final = 300


def load() -> child.Handle:
    from pichaven_ml.text_reading.rapid_ocr import RapidOcr, read_picture

    # Of computing: another process that has the processors costs a picture no line.
    ocr = RapidOcr(now=time.process_time)

    def read_text(job: dict[str, Any], picture: bytes, _report: child.Send) -> dict[str, Any]:
        """Return `{"lines": [[text, certainty], …]}`, or `{"failed": …}` for a broken picture."""
        try:
            lines = read_picture(ocr, picture, time.process_time() + job["time_s"])
        except Exception as error:
            return {"failed": f"{type(error).__name__}: {error}"[-_MAX_DETAIL:]}
        return {"lines": [[line.text, round(line.certainty, 4)] for line in lines]}

    return read_text


if __name__ == "__main__":
    child.serve(load)
