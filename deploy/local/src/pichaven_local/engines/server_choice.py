"""Choice among several servers of one kind, by which of them wrote the stack's data.

Each writes files that the others may not read. So the server that wrote the data is used again,
and a better one that is on the PATH since is used for new data only.
"""

from collections.abc import Mapping
from pathlib import Path

from pichaven_local.errors import StartError


def choose_server(kind: str, directory: Path, servers: Mapping[str, str | None]) -> str:
    """Return the name of the server to use and note it in the data's folder.

    `servers` has paths by name, the best first, None for a missing one. Raises `StartError` when
    the data's server is missing.
    """
    note = directory / "engine"
    available = [name for name, path in servers.items() if path]
    if not note.exists():
        directory.mkdir(parents=True, exist_ok=True)
        # Data without a note is of the last server, which is always available.
        has_data = (directory / "data").is_dir() and any((directory / "data").iterdir())
        note.write_text(available[-1] if has_data else available[0])
    name = note.read_text().strip()
    if name not in available:
        raise StartError(
            f"The {kind} data in {directory} is {name}'s, and {name} is not on the PATH. Put it "
            "there, or `make reset` to begin anew without the data."
        )
    return name
