"""`python -m pichaven_search api|worker|all|setup|rebuild|delete-old`."""

import sys
from collections.abc import Sequence

import uvloop

from pichaven_chassis.logging import configure_logging
from pichaven_chassis.runtime import main
from pichaven_chassis.settings import LogSettings
from pichaven_search.application.ports import EncoderAway
from pichaven_search.application.rebuild_index import RebuildRefused
from pichaven_search.bootstrap import NAME, build, rebuild, wire
from pichaven_search.entrypoints.operator import COMMANDS, operate


async def _operate(arguments: Sequence[str]) -> None:
    configure_logging(LogSettings(), NAME)
    parts = wire()
    try:
        for line in await operate(arguments, rebuild(parts)):
            sys.stdout.write(f"{line}\n")
    except RebuildRefused as refused:
        raise SystemExit(f"refused: {refused}") from None
    except EncoderAway as away:
        raise SystemExit(f"ml does not tell its model: {away}") from None
    finally:
        await parts.close()


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] in COMMANDS:
        uvloop.run(_operate(sys.argv[1:]))
    else:
        main(build)
