"""`python -m pichaven_contracts`: generate the golden schemas."""

import json
from pathlib import Path
from typing import Any

from pichaven_contracts.schemas import schemas

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"


def as_text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    SCHEMAS.mkdir(exist_ok=True)
    for name, schema in schemas().items():
        (SCHEMAS / f"{name}.json").write_text(as_text(schema))


if __name__ == "__main__":
    main()
