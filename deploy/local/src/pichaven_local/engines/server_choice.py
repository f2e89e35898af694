"""Which of several servers of one kind keeps this stack's data.

Each writes files that the others cannot be trusted to read. So the one that began goes on, and
a better one that has come onto the PATH since is taken for new data only.
"""

from collections.abc import Mapping
from pathlib import Path

from pichaven_local.errors import CannotStart


def choose_flavour(kind: str, directory: Path, found: Mapping[str, str | None]) -> str:
    """The name of the server to use; `found` has the best first, None where it is missing.

    Raises `CannotStart` when the data is of one that is not there any more.
    """
    note = directory / "engine"
    there = [name for name, path in found.items() if path]
    if not note.exists():
        directory.mkdir(parents=True, exist_ok=True)
        # Data without a note is of the last of them, which is always there.
        held = (directory / "data").is_dir() and any((directory / "data").iterdir())
        note.write_text(there[-1] if held else there[0])
    name = note.read_text().strip()
    if name not in there:
        raise CannotStart(
            f"The {kind} data in {directory} is {name}'s, and {name} is not on the PATH. Put it "
            "there, or `make reset` to begin anew without the data."
        )
    return name
