"""`python -m pichaven_ml api|worker|all|setup|reembed`."""

import os
import sys

import uvloop

from pichaven_chassis.logging import configure_logging
from pichaven_chassis.outages import is_outage
from pichaven_chassis.runtime import main
from pichaven_chassis.settings import LogSettings
from pichaven_ml.bootstrap import build, reembedding
from pichaven_ml.process_memory import keep_memory_flat

_NICENESS = 10
"""The job yields to the services on the same machine."""


async def _reembed() -> int:
    """Run the job and return its exit code: 1 when a photo could not be analysed."""
    configure_logging(LogSettings(), "ml")
    try:
        async with reembedding() as reembed:
            result = await reembed()
    except Exception as error:
        if not is_outage(error):
            raise
        while isinstance(error, ExceptionGroup):
            error = error.exceptions[0]
        sys.stderr.write(
            f"An engine is away: {error}\nNothing is lost. Run it again once the engine is back; "
            "photos that are done are skipped.\n"
        )
        return 1
    sys.stdout.write(
        f"{result.done} photos analysed, {result.tagged} tagged from their embeddings, "
        f"{result.skipped} were done before, {result.failed} failed\n"
    )
    return 1 if result.failed else 0


if __name__ == "__main__":
    keep_memory_flat()
    if sys.argv[1:] == ["reembed"]:
        os.nice(_NICENESS)
        sys.exit(uvloop.run(_reembed()))
    main(build)
