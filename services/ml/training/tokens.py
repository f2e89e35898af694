"""The small vocabulary of word pieces, cut from open_clip's own, and its tokenizer.

Kept are the most frequent merges and all that the captions' words need, in their old order, so
every word of the captions is one row of tokens exactly as with the full vocabulary.
"""

import gzip
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import open_clip
import torch

from testing.sketches.vocabulary import known_words

CONTEXT_LENGTH = 32
_FREQUENT_MERGES = 4000
_FULL_MERGES = 49152 - 256 - 2


def write_merges(target: Path) -> None:
    """Write the shortened merges file that `SimpleTokenizer(bpe_path=…)` reads."""
    full = gzip.decompress(Path(open_clip.tokenizer.default_bpe()).read_bytes()).decode()
    merges = [tuple(line.split()) for line in full.split("\n")[1 : _FULL_MERGES + 1]]
    needed = set(range(_FREQUENT_MERGES))
    ranks = {merge: rank for rank, merge in enumerate(merges)}
    for word in known_words():
        needed |= _merges_of(word, ranks)
    lines = "\n".join(" ".join(merges[rank]) for rank in sorted(needed))
    # No newline at the end: it would add an empty entry to the vocabulary.
    text = f"#version: cut from open_clip's\n{lines}".encode()
    target.write_bytes(gzip.compress(text, mtime=0))


def _merges_of(word: str, ranks: dict[tuple[str, ...], int]) -> set[int]:
    used: set[int] = set()
    pieces = [*word[:-1], f"{word[-1]}</w>"]
    while len(pieces) > 1:
        pairs = [(ranks.get(pair, len(ranks)), pair) for pair in pairwise(pieces)]
        rank, (left, right) = min(pairs)
        if rank == len(ranks):
            break
        used.add(rank)
        joined: list[str] = []
        for piece in pieces:
            if joined and (joined[-1], piece) == (left, right):
                joined[-1] = left + right
            else:
                joined.append(piece)
        pieces = joined
    return used


class CaptionTokenizer:
    """Tokenises lower-case captions fast, cutting the context to the longest of a batch.

    Padding changes nothing: attention is causal and the text's vector is taken at its end.
    """

    def __init__(self, merges: Path) -> None:
        self._tokenizer = open_clip.SimpleTokenizer(
            bpe_path=str(merges), context_length=CONTEXT_LENGTH
        )
        self._pieces: dict[str, list[int]] = {}

    @property
    def vocabulary_size(self) -> int:
        return int(self._tokenizer.vocab_size)

    def __call__(self, captions: Iterable[str]) -> torch.Tensor:
        rows = [self._row(text) for text in captions]
        tokens = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
        for number, row in enumerate(rows):
            tokens[number, : len(row)] = torch.tensor(row)
        return tokens

    def _row(self, text: str) -> list[int]:
        row = [self._tokenizer.sot_token_id]
        for word in text.split():
            if word not in self._pieces:
                self._pieces[word] = self._tokenizer.encode(word)
            row += self._pieces[word]
        return [*row[: CONTEXT_LENGTH - 1], self._tokenizer.eot_token_id]
