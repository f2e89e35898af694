"""The secrets of a local stack, in a file that its owner alone can read."""

import os
import secrets
from pathlib import Path


def load_secrets(directory: Path) -> dict[str, str]:
    """Return the storage keys of a stack; the first call generates them."""
    path = directory / "secrets.env"
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        text = (
            f"storage_key_id=PH{secrets.token_hex(9).upper()}\n"
            f"storage_secret={secrets.token_hex(20)}\n"
        )
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(text)
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)
