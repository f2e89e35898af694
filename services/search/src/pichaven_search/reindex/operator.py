"""What an operator runs by hand, beside the service's roles."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pichaven_search.reindex.delete_old_indexes import DeleteOldIndexes
from pichaven_search.reindex.labelled_queries import read_labelled
from pichaven_search.reindex.rebuild_index import RebuildIndex
from pichaven_search.reindex.switch_model import SwitchModel, Terms

COMMANDS: Final = ("rebuild", "reindex", "delete-old")
_USUAL: Final = Terms()

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Operations:
    rebuild_index: RebuildIndex
    switch_model: SwitchModel
    delete_old: DeleteOldIndexes


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m pichaven_search")
    commands = made.add_subparsers(dest="command", required=True)
    rebuild = commands.add_parser(
        "rebuild", help="make a new index of the same model from the topics, then search it instead"
    )
    rebuild.add_argument(
        "--restart", action="store_true", help="discard an index that is being built"
    )
    rebuild.add_argument(
        "--force", action="store_true", help="switch even if photos or vectors would be missing"
    )
    rebuild.add_argument(
        "--delete-old", action="store_true", help="delete the indexes that were replaced"
    )
    _add_reindex(commands)
    delete = commands.add_parser("delete-old", help="delete the indexes no longer searched")
    _add_force(delete, "though an ml still runs the model of one of them")
    return made


def _add_reindex(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    reindex = commands.add_parser("reindex", help="search by another embedding model, or go back")
    what = reindex.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--model", help="the model as ml names it, or how that begins; an ml must run it"
    )
    what.add_argument(
        "--rollback", action="store_true", help="search the index again that was replaced"
    )
    what.add_argument(
        "--delete-old", action="store_true", help="give up the way back (as delete-old does)"
    )
    what.add_argument("--discard", action="store_true", help="delete an index not finished")
    reindex.add_argument(
        "--share",
        type=_share,
        default=_USUAL.share,
        help="of the photos with a vector in the old index, how many need one in the new "
        "(default %(default)s)",
    )
    reindex.add_argument(
        "--patience",
        type=float,
        default=_USUAL.patience_s,
        metavar="SECONDS",
        help="how long to wait while no vector comes (default %(default)s)",
    )
    reindex.add_argument(
        "--questions",
        type=Path,
        metavar="FILE",
        help='JSON: [{"query": "…", "expected": ["photo id", …], "owner": "id, may be left out"}]',
    )
    reindex.add_argument(
        "--tolerance",
        type=float,
        default=_USUAL.tolerance,
        help="by how much the mean recall@10 may fall (default %(default)s)",
    )
    _add_force(reindex, "though coverage, quality or an encoder is wanting")


def _add_force(to: argparse.ArgumentParser, though: str) -> None:
    to.add_argument("--force", action="store_true", help=f"do it {though}")


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError("a share lies between 0 and 1")
    return share


async def operate(arguments: Sequence[str], operations: Operations, tell: Tell) -> None:
    """Run a command and tell what happens, a line at a time. Raises `Refused` with a reason."""
    asked = parser().parse_args(arguments)
    if asked.command == "rebuild":
        await _rebuild(asked, operations, tell)
    elif asked.command == "reindex" and not asked.delete_old:
        await _reindex(asked, operations.switch_model, tell)
    if asked.command == "delete-old" or asked.delete_old:
        for name in await operations.delete_old(force=asked.force):
            tell(f"{name} is deleted")


async def _rebuild(asked: argparse.Namespace, operations: Operations, tell: Tell) -> None:
    rebuilt = await operations.rebuild_index(restart=asked.restart, force=asked.force)
    tell(
        f"{rebuilt.index.name} is searched now: {rebuilt.photos} photos from "
        f"{rebuilt.records} records, model {rebuilt.index.model}"
    )
    if rebuilt.replaced and not asked.delete_old:
        # Workers write to indexes of their own schema alone.
        written = rebuilt.replaced.schema == rebuilt.index.schema
        state = "kept and up to date" if written else "kept as it was"
        tell(f"{rebuilt.replaced.name} is {state}; delete-old removes it")


async def _reindex(asked: argparse.Namespace, switch: SwitchModel, tell: Tell) -> None:
    if asked.discard:
        for name in await switch.abandon():
            tell(f"{name} is deleted")
        return
    if asked.rollback:
        back = await switch.roll_back(force=asked.force)
        tell(f"{back.index.name} is searched again, model {back.index.model}")
        if back.coverage and back.coverage.lacking:
            tell(f"{back.coverage.lacking} photos have no vector in it, as it was not in force")
        return
    terms = Terms(
        share=asked.share,
        patience_s=asked.patience,
        tolerance=asked.tolerance,
        labelled=read_labelled(asked.questions) if asked.questions else (),
        force=asked.force,
    )
    switched = await switch(asked.model, terms, tell)
    tell(f"{switched.index.name} is searched now, model {switched.index.model}")
    tell(f"{switched.replaced.name} is kept and up to date: --rollback goes back to it")
