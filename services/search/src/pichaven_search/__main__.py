"""`python -m pichaven_search api|worker|all|setup`, or a command of `reindex.operator`."""

import sys
from collections.abc import Sequence

import uvloop

from pichaven_chassis.logging import configure_logging
from pichaven_chassis.runtime import main
from pichaven_chassis.settings import LogSettings
from pichaven_search.bootstrap import NAME, build, operations, wire
from pichaven_search.ml_client.model import EncoderUnavailable
from pichaven_search.reindex.errors import OperationRefused
from pichaven_search.reindex.operator import COMMANDS, operate


async def _operate(arguments: Sequence[str]) -> None:
    configure_logging(LogSettings(), NAME)
    adapters = wire()
    try:
        await operate(arguments, operations(adapters), _print)
    except OperationRefused as refusal:
        raise SystemExit(f"refused: {refusal}") from None
    except EncoderUnavailable as error:
        raise SystemExit(f"ml is unavailable: {error}") from None
    finally:
        await adapters.close()


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] in COMMANDS:
        uvloop.run(_operate(sys.argv[1:]))
    else:
        main(build)
