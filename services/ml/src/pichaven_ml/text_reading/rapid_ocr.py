"""The port to RapidOCR: PP-OCRv6 in ONNX Runtime, with the models that its wheel brings.

Imported only in the process that reads text (`text_worker`).
"""

import time
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import rapidocr
from numpy.typing import NDArray

from pichaven_ml.inference.pictures import MAX_PIXELS, decode
from pichaven_ml.text_reading.reading import Line, as_text

Picture = NDArray[np.uint8]
Corners = NDArray[np.float32]

LONG_EDGE: Final = 1920
"""Pictures are read no larger than this; lines are cut from here, found in a smaller copy."""
_LOOKED_FOR_AT: Final = 736
"""Long edge at which text is looked for: what each picture without any costs."""
_FOUND_AT: Final = 960
"""Long edge at which its lines are found where there is some, small ones among them."""
_FEW: Final = 3
"""So few places are often none: they are read before the closer look, which costs as much again."""
_LEAST_LIKE_TEXT: Final = 0.4
"""For a place to be read at all; what it says has to be certain besides."""
_MOST_LINES: Final = 150
_LOWEST: Final = 6
"""Lines of fewer pixels in height have never been read right."""
_STANDING: Final = 1.5
"""A box so much higher than wide is text that runs upwards or downwards."""
_READ_HEIGHT: Final = 48
_MOST_OBLONG: Final = 64
"""Longer lines are squeezed: what one inference takes is bounded by this."""
_MODELS: Final = Path(rapidocr.__file__).parent / "models"


class RapidOcr:
    """Blocking, one thread, one picture at a time."""

    def __init__(self) -> None:
        cv2.setNumThreads(1)
        self._engine: Any = rapidocr.RapidOCR(
            params={
                "Global.log_level": "error",
                "Global.text_score": 0.0,
                # Its own scaling enlarges strips without bound.
                "Global.use_preprocess_img": False,
                "Global.use_vertical_padding": False,
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                # Named, so that nothing is ever fetched.
                "Det.model_path": str(_MODELS / "PP-OCRv6_det_small.onnx"),
                "Rec.model_path": str(_MODELS / "PP-OCRv6_rec_small.onnx"),
                "Det.limit_type": "max",
                "Det.limit_side_len": LONG_EDGE,
                "Det.box_thresh": _LEAST_LIKE_TEXT,
                # What the model was trained with; the library's default is another's.
                "Det.mean": [0.485, 0.456, 0.406],
                "Det.std": [0.229, 0.224, 0.225],
                "Rec.rec_batch_num": 1,
            }
        )
        self.read(_blank(), deadline=float("inf"))

    def read(self, picture: Picture, deadline: float) -> list[Line]:
        """The lines of an RGB picture from top to bottom, and from left to right in one line.

        The largest are read first, and none is begun after `deadline` (of `time.monotonic`):
        what was read until then counts.
        """
        pixels = np.ascontiguousarray(picture[:, :, ::-1])
        coarse = self._find(pixels, _LOOKED_FOR_AT)
        if len(coarse) <= _FEW and not as_text(self._recognise(pixels, each) for each in coarse):
            return []
        # A closer look finds smaller lines, and overlooks some that stand alone.
        fine = self._find(pixels, _FOUND_AT)
        missed = [each for each in coarse if not any(_holds(other, each) for other in fine)]
        found = _in_order(fine + missed)
        read: dict[int, Line] = {}
        for place in sorted(range(len(found)), key=lambda place: -_height(found[place])):
            if len(read) >= _MOST_LINES or time.monotonic() > deadline:
                break
            read[place] = self._recognise(pixels, found[place])
        return [read[place] for place in sorted(read)]

    def _find(self, pixels: Picture, edge: int) -> list[Corners]:
        """The corners of each line, clockwise from its upper left."""
        scale = min(1.0, edge / max(pixels.shape[:2]))
        height, width = (max(1, round(side * scale)) for side in pixels.shape[:2])
        smaller = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
        answer = self._engine(smaller, use_det=True, use_cls=False, use_rec=False)
        boxes = answer.boxes if answer.boxes is not None else ()
        found = [np.asarray(box, dtype=np.float32) / np.float32(scale) for box in boxes]
        return [corners for corners in found if _height(corners) >= _LOWEST]

    def _recognise(self, pixels: Picture, corners: Corners) -> Line:
        ways = [self._spell(line) for line in _cut(pixels, corners)]
        return max(ways, key=lambda line: line.certainty)

    def _spell(self, line: Picture) -> Line:
        answer = self._engine(line, use_det=False, use_cls=False, use_rec=True)
        if not answer.txts:
            return Line("", 0.0)
        return Line(str(answer.txts[0]), float(answer.scores[0]))


def read_picture(ocr: RapidOcr, data: bytes, deadline: float) -> list[Line]:
    """Raises `UnreadablePicture`, `TooManyPixels`."""
    image = decode(data, MAX_PIXELS, draft_edge=LONG_EDGE)
    if max(image.size) > LONG_EDGE:
        image.thumbnail((LONG_EDGE, LONG_EDGE))
    return ocr.read(np.asarray(image, dtype=np.uint8), deadline)


def _blank() -> Picture:
    """Two words' worth of stripes, so that both models have run once."""
    picture = np.full((320, 640, 3), 255, dtype=np.uint8)
    cv2.putText(picture, "ready", (60, 200), cv2.FONT_HERSHEY_SIMPLEX, 4, (0, 0, 0), 8)
    return picture


def _holds(corners: Corners, other: Corners) -> bool:
    """Whether the middle of `other` lies within."""
    x, y = other.mean(axis=0)
    return bool(cv2.pointPolygonTest(corners.reshape(-1, 1, 2), (float(x), float(y)), False) >= 0)


def _in_order(lines: list[Corners]) -> list[Corners]:
    """Lines whose middles are within half a letter's height of each other are one line."""
    rows: list[list[Corners]] = []
    for corners in sorted(lines, key=_middle):
        if rows and _middle(corners) - _middle(rows[-1][0]) < _height(rows[-1][0]) / 2:
            rows[-1].append(corners)
        else:
            rows.append([corners])
    return [corners for row in rows for corners in sorted(row, key=lambda each: each[0][0])]


def _middle(corners: Corners) -> float:
    return float(corners[:, 1].mean())


def _sides(corners: Corners) -> tuple[float, float]:
    across = np.linalg.norm(corners[0] - corners[1]), np.linalg.norm(corners[2] - corners[3])
    down = np.linalg.norm(corners[0] - corners[3]), np.linalg.norm(corners[1] - corners[2])
    return float(max(across)), float(max(down))


def _height(corners: Corners) -> float:
    """Of the letters: the shorter side."""
    return min(_sides(corners))


def _cut(pixels: Picture, corners: Corners) -> list[Picture]:
    """The line lying straight; in both ways if it stands, as it may run upwards or downwards."""
    across, down = _sides(corners)
    width, height = max(1, round(across)), max(1, round(down))
    straight = np.asarray([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    line: Any = cv2.warpPerspective(
        pixels,
        cv2.getPerspectiveTransform(corners, straight),
        (width, height),
        borderMode=cv2.BORDER_REPLICATE,
        flags=cv2.INTER_CUBIC,
    )
    ways = [np.rot90(line), np.rot90(line, 3)] if height >= _STANDING * width else [line]
    return [_bounded(np.ascontiguousarray(way, dtype=np.uint8)) for way in ways]


def _bounded(line: Picture) -> Picture:
    if line.shape[1] <= _MOST_OBLONG * line.shape[0]:
        return line
    squeezed = cv2.resize(line, (_MOST_OBLONG * _READ_HEIGHT, _READ_HEIGHT))
    return np.asarray(squeezed, dtype=np.uint8)
