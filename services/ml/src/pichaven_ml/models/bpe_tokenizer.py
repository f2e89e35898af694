"""CLIP's byte-pair tokenizer without torch.

open_clip's own needs the whole of torch in memory; serving does not. The result is the same
token for token, which `tests/test_bpe_tokenizer.py` holds.
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
_NO_PUNCTUATION: Final = str.maketrans("", "", string.punctuation)


class BpeTokenizer:
    """Texts to rows of token numbers, zero-padded to the model's context length."""

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
        self._numbers = {piece: number for number, piece in enumerate(vocabulary)}
        self._ranks = {merge: rank for rank, merge in enumerate(merges)}
        self._start, self._end = (self._numbers[special] for special in _SPECIALS)
        self._pattern = regex.compile(_PATTERN, regex.IGNORECASE)
        self._pieces = lru_cache(maxsize=20_000)(self._merge)
        self._context_length = context_length
        self._clean = clean

    def __call__(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """One row a text; what does not fit the context is cut off."""
        rows = np.zeros((len(texts), self._context_length), dtype=np.int64)
        for row, text in zip(rows, texts, strict=True):
            numbers = [self._start, *self._encode(text)[: self._context_length - 2], self._end]
            row[: len(numbers)] = numbers
        return rows

    def _encode(self, text: str) -> list[int]:
        numbers: list[int] = []
        for word in self._pattern.findall(self._cleaned(text)):
            if word in _SPECIALS:
                numbers.append(self._numbers[word])
                continue
            spelt = "".join(self._letters[byte] for byte in word.encode("utf-8"))
            numbers.extend(self._numbers[piece] for piece in self._pieces(spelt))
        return numbers

    def _cleaned(self, text: str) -> str:
        text = html.unescape(html.unescape(ftfy.fix_text(text))).strip()
        if self._clean == "canonicalize":
            text = text.replace("_", " ").translate(_NO_PUNCTUATION).lower()
        text = " ".join(text.split())
        return text.lower() if self._clean == "lower" else text

    def _merge(self, word: str) -> tuple[str, ...]:
        """Join neighbours, the earliest learnt pair first, until no pair is known."""
        pieces = (*word[:-1], word[-1] + "</w>")
        while len(pieces) > 1:
            ranked = [
                (rank, pair)
                for pair in pairwise(pieces)
                if (rank := self._ranks.get(pair)) is not None
            ]
            if not ranked:
                break
            pieces = _joined(pieces, min(ranked)[1])
        return pieces


def _joined(pieces: tuple[str, ...], pair: tuple[str, ...]) -> tuple[str, ...]:
    joined: list[str] = []
    position = 0
    while position < len(pieces):
        if pieces[position : position + 2] == pair:
            joined.append(pair[0] + pair[1])
            position += 2
        else:
            joined.append(pieces[position])
            position += 1
    return tuple(joined)


def _byte_letters() -> dict[int, str]:
    """A printable letter for each byte: printable bytes stand for themselves."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [byte for byte in range(256) if byte not in printable]
    letters = {byte: chr(byte) for byte in printable}
    return letters | {byte: chr(256 + place) for place, byte in enumerate(rest)}
