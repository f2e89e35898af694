"""What an operator runs by hand: `rebuild` and `delete-old`, beside the service's roles."""

import argparse
from collections.abc import Sequence
from typing import Final

from pichaven_search.application.rebuild_index import RebuildIndex

COMMANDS: Final = ("rebuild", "delete-old")


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m pichaven_search")
    commands = made.add_subparsers(dest="command", required=True)
    rebuild = commands.add_parser(
        "rebuild", help="make a new index from the topics, then search it instead"
    )
    rebuild.add_argument(
        "--restart", action="store_true", help="discard a rebuild that was cut off"
    )
    rebuild.add_argument(
        "--force", action="store_true", help="switch even if the topics give no photo"
    )
    rebuild.add_argument(
        "--delete-old", action="store_true", help="delete the indexes that were replaced"
    )
    commands.add_parser("delete-old", help="delete the indexes that are no longer searched")
    return made


async def operate(arguments: Sequence[str], rebuild_index: RebuildIndex) -> list[str]:
    """Run a command; answers lines for the operator. Raises `RebuildRefused` with a reason."""
    asked = parser().parse_args(arguments)
    told: list[str] = []
    if asked.command == "rebuild":
        rebuilt = await rebuild_index(restart=asked.restart, force=asked.force)
        told.append(
            f"{rebuilt.index.name} is searched now: {rebuilt.photos} photos from "
            f"{rebuilt.records} records, model {rebuilt.index.model}"
        )
        if rebuilt.replaced and not asked.delete_old:
            told.append(f"{rebuilt.replaced.name} is kept and up to date; delete-old removes it")
    if asked.command == "delete-old" or asked.delete_old:
        told += [f"{name} is deleted" for name in await rebuild_index.delete_old()]
    return told
