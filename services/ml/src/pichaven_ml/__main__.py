"""`python -m pichaven_ml api|worker|all|setup|reembed|prepare`."""

import argparse
import json
import os
import sys
from dataclasses import asdict

import uvloop

from pichaven_chassis.logging import configure_logging
from pichaven_chassis.outages import is_outage
from pichaven_chassis.runtime import main
from pichaven_chassis.settings import LogSettings
from pichaven_ml.bootstrap import build, preparation, reembedding
from pichaven_ml.models.source import ModelUnusable
from pichaven_ml.preparation.model_name import MODEL_SETTINGS, parse_model_name
from pichaven_ml.process_memory import keep_memory_flat
from pichaven_ml.reembedding.reembed_photos import LOG_EVERY_S

_NICENESS = 10
"""The jobs yield to the services on the same machine."""
_JOBS = ("reembed", "prepare")


def _create_parser() -> argparse.ArgumentParser:
    arguments = argparse.ArgumentParser(prog="python -m pichaven_ml")
    jobs = arguments.add_subparsers(dest="job", required=True)
    reembed = jobs.add_parser("reembed", help="embed, tag and read what the library lacks")
    reembed.add_argument(
        "--log-every",
        type=float,
        default=LOG_EVERY_S,
        metavar="SECONDS",
        help="between two lines of progress (default %(default)s)",
    )
    prepare = jobs.add_parser(
        "prepare", help="download and export a model, and print its settings as JSON"
    )
    prepare.add_argument(
        "name",
        help="a bundled model, ARCHITECTURE/TAG, ARCHITECTURE:FILE, a path, or hf-hub:ORG/NAME",
    )
    return arguments


async def _prepare(name: str) -> int:
    """Print the model's settings, id and costs; the exit code is 1 when it cannot be used."""
    configure_logging(LogSettings(), "ml")
    try:
        selection = parse_model_name(name)
        for setting in MODEL_SETTINGS:
            os.environ.pop(setting, None)
        os.environ.update(selection)
        async with preparation() as prepare_model:
            prepared = await prepare_model()
    except ModelUnusable as error:
        sys.stderr.write(f"{name} cannot be used: {error}\n")
        return 1
    sys.stdout.write(f"{json.dumps({'settings': selection, **asdict(prepared)})}\n")
    return 0


async def _reembed(log_every_s: float) -> int:
    """Run the job and return its exit code: 1 when a photo could not be analysed."""
    configure_logging(LogSettings(), "ml")
    try:
        async with reembedding(log_every_s=log_every_s) as reembed:
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
    if len(sys.argv) > 1 and sys.argv[1] in _JOBS:
        options = _create_parser().parse_args()
        os.nice(_NICENESS)
        job = _prepare(options.name) if options.job == "prepare" else _reembed(options.log_every)
        sys.exit(uvloop.run(job))
    main(build)
