"""RapidOCR: PP-OCRv6 in ONNX Runtime, with the models of its wheel.

Imported only by `ocr_worker`, in its process.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import rapidocr
from numpy.typing import NDArray

from pichaven_ml.inference.decoding import MAX_PIXELS, decode
from pichaven_ml.text_reading.reading import Line, join_lines

Picture = NDArray[np.uint8]
Corners = NDArray[np.float32]

LONG_EDGE: Final = 1920
"""Pictures are reduced to this; lines are cut from it and detected in a smaller copy."""
_COARSE_EDGE: Final = 736
"""Long edge of the first detection, which every picture pays for."""
_FINE_EDGE: Final = 960
"""Long edge of the second detection, which finds small lines too."""
_FEW_BOXES: Final = 3
"""So few boxes are often no text: they are read before the second detection."""
_BOX_THRESHOLD: Final = 0.4
"""Of the detector; the recognised line must be certain as well."""
_MOST_LINES: Final = 150
_LEAST_HEIGHT: Final = 6
"""Pixels; lower lines were never read correctly."""
_UPRIGHT_RATIO: Final = 1.5
"""A box this much higher than wide is text that runs upwards or downwards."""
_RECOGNITION_HEIGHT: Final = 48
_MOST_OBLONG: Final = 64
"""Longer lines are squeezed, which bounds the memory of one inference."""
_MODELS: Final = Path(rapidocr.__file__).parent / "models"


class RapidOcr:
    """Blocking, one thread, one picture at a time."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        cv2.setNumThreads(1)
        self._ocr: Any = rapidocr.RapidOCR(
            params={
                "Global.log_level": "error",
                "Global.text_score": 0.0,
                # The library's own scaling enlarges strips without bound.
                "Global.use_preprocess_img": False,
                "Global.use_vertical_padding": False,
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                # Explicit paths, so that nothing is downloaded.
                "Det.model_path": str(_MODELS / "PP-OCRv6_det_small.onnx"),
                "Rec.model_path": str(_MODELS / "PP-OCRv6_rec_small.onnx"),
                "Det.limit_type": "max",
                "Det.limit_side_len": LONG_EDGE,
                "Det.box_thresh": _BOX_THRESHOLD,
                # The values of the model's training; the library's defaults are another model's.
                "Det.mean": [0.485, 0.456, 0.406],
                "Det.std": [0.229, 0.224, 0.225],
                "Rec.rec_batch_num": 1,
            }
        )
        self.read(_warm_up_picture(), deadline=float("inf"))

    def read(self, picture: Picture, deadline: float) -> list[Line]:
        """Return the lines of an RGB picture from top to bottom and from left to right.

        The largest are read first. None is begun after `deadline` (of the clock); those read
        until then are returned.
        """
        pixels = np.ascontiguousarray(picture[:, :, ::-1])
        coarse = self._detect(pixels, _COARSE_EDGE)
        if len(coarse) <= _FEW_BOXES and not join_lines(
            self._recognise(pixels, each) for each in coarse
        ):
            return []
        # The fine detection finds smaller lines, and misses some that stand alone.
        fine = self._detect(pixels, _FINE_EDGE)
        extra_lines = [each for each in coarse if not any(_contains(other, each) for other in fine)]
        boxes = _reading_order(fine + extra_lines)
        lines: dict[int, Line] = {}
        for index in sorted(range(len(boxes)), key=lambda index: -_height(boxes[index])):
            if len(lines) >= _MOST_LINES or self._now() > deadline:
                break
            lines[index] = self._recognise(pixels, boxes[index])
        return [lines[index] for index in sorted(lines)]

    def _detect(self, pixels: Picture, edge: int) -> list[Corners]:
        """Return the corners of each line, clockwise from the upper left."""
        scale = min(1.0, edge / max(pixels.shape[:2]))
        height, width = (max(1, round(side * scale)) for side in pixels.shape[:2])
        smaller = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
        detection = self._ocr(smaller, use_det=True, use_cls=False, use_rec=False)
        boxes = detection.boxes if detection.boxes is not None else ()
        scaled = [np.asarray(box, dtype=np.float32) / np.float32(scale) for box in boxes]
        return [corners for corners in scaled if _height(corners) >= _LEAST_HEIGHT]

    def _recognise(self, pixels: Picture, corners: Corners) -> Line:
        lines = [self._recognise_line(line) for line in _cut(pixels, corners)]
        return max(lines, key=lambda line: line.certainty)

    def _recognise_line(self, line: Picture) -> Line:
        recognition = self._ocr(line, use_det=False, use_cls=False, use_rec=True)
        if not recognition.txts:
            return Line("", 0.0)
        return Line(str(recognition.txts[0]), float(recognition.scores[0]))


def read_picture(ocr: RapidOcr, data: bytes, deadline: float) -> list[Line]:
    """Raises `UnreadablePicture`, `TooManyPixels`."""
    image = decode(data, MAX_PIXELS, draft_edge=LONG_EDGE)
    if max(image.size) > LONG_EDGE:
        image.thumbnail((LONG_EDGE, LONG_EDGE))
    return ocr.read(np.asarray(image, dtype=np.uint8), deadline)


def _warm_up_picture() -> Picture:
    """Return a picture with a word, which runs both models once."""
    picture = np.full((320, 640, 3), 255, dtype=np.uint8)
    cv2.putText(picture, "ready", (60, 200), cv2.FONT_HERSHEY_SIMPLEX, 4, (0, 0, 0), 8)
    return picture


def _contains(corners: Corners, other: Corners) -> bool:
    """Return whether the middle of `other` lies within `corners`."""
    x, y = other.mean(axis=0)
    return bool(cv2.pointPolygonTest(corners.reshape(-1, 1, 2), (float(x), float(y)), False) >= 0)


def _reading_order(lines: list[Corners]) -> list[Corners]:
    """Sort by rows; boxes whose middles differ by less than half a letter's height share one."""
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
    """Return the height of the letters: the shorter side."""
    return min(_sides(corners))


def _cut(pixels: Picture, corners: Corners) -> list[Picture]:
    """Return the line rectified; an upright one turned both ways, as it may run up or down."""
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
    turned = [np.rot90(line), np.rot90(line, 3)] if height >= _UPRIGHT_RATIO * width else [line]
    return [_limit_aspect(np.ascontiguousarray(way, dtype=np.uint8)) for way in turned]


def _limit_aspect(line: Picture) -> Picture:
    if line.shape[1] <= _MOST_OBLONG * line.shape[0]:
        return line
    squeezed = cv2.resize(line, (_MOST_OBLONG * _RECOGNITION_HEIGHT, _RECOGNITION_HEIGHT))
    return np.asarray(squeezed, dtype=np.uint8)
