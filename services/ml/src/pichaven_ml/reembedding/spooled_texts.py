"""Texts of very many photos, on disk as soon as they are more than fit into a little memory."""

import sqlite3


class SpooledTexts:
    """Implements `Texts`. Nothing of it is left after `close`, or after the process."""

    def __init__(self) -> None:
        # An empty name is a private database that spills to a deleted temporary file.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("CREATE TABLE texts (photo TEXT PRIMARY KEY, text TEXT)")

    def keep(self, photo_id: str, text: str) -> None:
        self._database.execute("INSERT OR REPLACE INTO texts VALUES (?, ?)", (photo_id, text))

    def find(self, photo_id: str) -> str:
        found = self._database.execute("SELECT text FROM texts WHERE photo = ?", (photo_id,))
        row = found.fetchone()
        return "" if row is None else str(row[0])

    def clear(self) -> None:
        self._database.execute("DELETE FROM texts")

    def close(self) -> None:
        self._database.close()
