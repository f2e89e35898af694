import pytest

from pichaven_chassis.optimistic import WriteConflict, WriteContended, write_optimistically


async def test_an_attempt_runs_again_until_it_meets_no_conflict() -> None:
    conflicts = [WriteConflict(), WriteConflict()]

    async def attempt() -> str:
        if conflicts:
            raise conflicts.pop()
        return "written"

    assert await write_optimistically(attempt, longest_pause_s=0) == "written"


async def test_endless_conflicts_end_with_an_error() -> None:
    attempts = 0

    async def attempt() -> None:
        nonlocal attempts
        attempts += 1
        raise WriteConflict

    with pytest.raises(WriteContended):
        await write_optimistically(attempt, attempts=3, longest_pause_s=0)
    assert attempts == 3
