"""CLIP's byte-pair tokenizer without torch, which open_clip's own imports.

Both give the same tokens (`tests/test_bpe_tokenizer.py`).
"""

import gzip
import html
import string
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Final, Literal

import ftfy
import numpy as np
import regex  # type: ignore[import-untyped]
from numpy.typing import NDArray

Clean = Literal["lower", "whitespace", "canonicalize"]

_MOST_MERGES: Final = 49152 - 256 - 2
_SPECIALS: Final = ("<start_of_text>", "<end_of_text>")
_PATTERN: Final = (
    "|".join(_SPECIALS) + r"""|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"""
)
_WIDTH_STEP: Final = 8
_NO_PUNCTUATION: Final = str.maketrans("", "", string.punctuation)


class BpeTokenizer:
    """Encode texts as rows of token ids, zero-padded to the model's context length."""

    def __init__(self, merges_file: Path, *, context_length: int, clean: Clean = "lower") -> None:
        lines = gzip.decompress(merges_file.read_bytes()).decode("utf-8").split("\n")
        merges = [tuple(line.split()) for line in lines[1 : _MOST_MERGES + 1]]
        letters = _byte_letters()
        vocabulary = [
            *letters.values(),
            *(letter + "</w>" for letter in letters.values()),
            *("".join(merge) for merge in merges),
            *_SPECIALS,
        ]
        self._letters = letters
        self._ids = {piece: number for number, piece in enumerate(vocabulary)}
        self._ranks = {merge: rank for rank, merge in enumerate(merges)}
        self._start, self._end = (self._ids[special] for special in _SPECIALS)
        self._pattern = regex.compile(_PATTERN, regex.IGNORECASE)
        self._merge_word = lru_cache(maxsize=20_000)(self._merge)
        self._context_length = context_length
        self._clean = clean

    def __call__(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Return one row per text, cut to the context length."""
        rows = np.zeros((len(texts), self._context_length), dtype=np.int64)
        for row, text in zip(rows, texts, strict=True):
            ids = [self._start, *self._encode(text)[: self._context_length - 2], self._end]
            row[: len(ids)] = ids
        return rows

    def _encode(self, text: str) -> list[int]:
        ids: list[int] = []
        for word in self._pattern.findall(self._clean_text(text)):
            if word in _SPECIALS:
                ids.append(self._ids[word])
                continue
            letters = "".join(self._letters[byte] for byte in word.encode("utf-8"))
            ids.extend(self._ids[piece] for piece in self._merge_word(letters))
        return ids

    def _clean_text(self, text: str) -> str:
        text = html.unescape(html.unescape(ftfy.fix_text(text))).strip()
        if self._clean == "canonicalize":
            text = text.replace("_", " ").translate(_NO_PUNCTUATION).lower()
        text = " ".join(text.split())
        return text.lower() if self._clean == "lower" else text

    def _merge(self, word: str) -> tuple[str, ...]:
        """Merge neighbours, the pair of the lowest rank first, until no pair has one."""
        pieces = (*word[:-1], word[-1] + "</w>")
        while len(pieces) > 1:
            ranked = [
                (rank, pair)
                for pair in pairwise(pieces)
                if (rank := self._ranks.get(pair)) is not None
            ]
            if not ranked:
                break
            pieces = _merge_pair(pieces, min(ranked)[1])
        return pieces


def _merge_pair(pieces: tuple[str, ...], pair: tuple[str, ...]) -> tuple[str, ...]:
    merged: list[str] = []
    position = 0
    while position < len(pieces):
        if pieces[position : position + 2] == pair:
            merged.append(pair[0] + pair[1])
            position += 2
        else:
            merged.append(pieces[position])
            position += 1
    return tuple(merged)


def _byte_letters() -> dict[int, str]:
    """Return a printable letter for each byte; printable bytes map to themselves."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [byte for byte in range(256) if byte not in printable]
    letters = {byte: chr(byte) for byte in printable}
    return letters | {byte: chr(256 + index) for index, byte in enumerate(rest)}


def trim_padding(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows without their common padding, in a multiple of eight columns.

    Few widths: a runtime meets each shape early and its memory stays level.
    """
    used = int(np.flatnonzero(rows.any(axis=0))[-1]) + 1
    return rows[:, : min(-(-used // _WIDTH_STEP) * _WIDTH_STEP, rows.shape[1])]
