"""Every mutated file ends in a code, in time, and none is shown that the reference refuses."""

from pathlib import Path

import pytest
from services.processing.tests.file_corpus import SOUND_FILES
from services.processing.tests.fuzz import corpus, run_mutated_files
from services.processing.tests.mutated_files import mutated_files

pytestmark = pytest.mark.slow

_COUNT = len(SOUND_FILES) * 2
"""Two mutations of each format. `make fuzz` runs more."""


async def test_every_mutated_file_has_a_named_end_and_none_is_shown_damaged(
    tmp_path: Path,
) -> None:
    sound = corpus()

    ends = await run_mutated_files(mutated_files(sound, _COUNT), sound, tmp_path)

    wrong = [f"{file.name}, {file.mutation}: {fault}" for file, fault in ends.wrong]
    assert wrong == []
    assert sum(ends.counts.values()) == _COUNT
