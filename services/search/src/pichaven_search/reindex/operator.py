"""The operator's commands: `rebuild`, `reindex`, `delete-old`, `indexes`, `export`, `import`."""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from pichaven_search.backup.repository import ExportRecords, ImportRecords
from pichaven_search.reindex.delete_old_indexes import DeleteOldIndexes
from pichaven_search.reindex.describe_indexes import DescribeIndexes
from pichaven_search.reindex.labelled_queries import read_labelled
from pichaven_search.reindex.rebuild_index import RebuildIndex
from pichaven_search.reindex.switch_model import SwitchModel, Terms

COMMANDS: Final = ("rebuild", "reindex", "delete-old", "indexes", "export", "import")
_DEFAULTS: Final = Terms()

Report = Callable[[str], None]
"""Prints a line for the operator."""


@dataclass(frozen=True, slots=True)
class Operations:
    rebuild_index: RebuildIndex
    switch_model: SwitchModel
    delete_old: DeleteOldIndexes
    describe_indexes: DescribeIndexes
    export_records: ExportRecords
    import_records: ImportRecords


def create_parser() -> argparse.ArgumentParser:
    arguments = argparse.ArgumentParser(prog="python -m pichaven_search")
    arguments.set_defaults(delete_old=False)
    commands = arguments.add_subparsers(dest="command", required=True)
    rebuild = commands.add_parser(
        "rebuild", help="fill a new index of the same model from the topics, then search it"
    )
    rebuild.add_argument(
        "--restart", action="store_true", help="discard an index that is being built"
    )
    rebuild.add_argument(
        "--force",
        action="store_true",
        help="switch even if photos, embeddings or texts would be missing",
    )
    rebuild.add_argument(
        "--delete-old", action="store_true", help="delete the indexes that were replaced"
    )
    _add_reindex(commands)
    delete = commands.add_parser("delete-old", help="delete the indexes no longer searched")
    _add_force(delete, "even while an ml runs the model of one of them, or does not respond")
    delete.set_defaults(delete_old=True)
    commands.add_parser("indexes", help="print each index as a line of JSON")
    for name, work in (("export", "write"), ("import", "add")):
        command = commands.add_parser(
            name, help=f"{work} past searches and dismissed duplicates, which are nowhere else"
        )
        command.add_argument("file", type=Path)
    return arguments


def _add_reindex(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    reindex = commands.add_parser("reindex", help="switch to another embedding model, or back")
    action = reindex.add_mutually_exclusive_group(required=True)
    action.add_argument("--model", help="the model's id, or its beginning; an ml must run it")
    action.add_argument(
        "--rollback", action="store_true", help="search the index that was replaced"
    )
    action.add_argument(
        "--delete-old", action="store_true", help="the same as the command delete-old"
    )
    action.add_argument("--discard", action="store_true", help="delete an unfinished index")
    reindex.add_argument(
        "--share",
        type=_share,
        default=_DEFAULTS.share,
        help="share of the photos with an embedding in the old index that need one in the new "
        "(default %(default)s)",
    )
    reindex.add_argument(
        "--stall-timeout",
        type=float,
        default=_DEFAULTS.stall_timeout_s,
        metavar="SECONDS",
        help="how long to wait without a new embedding (default %(default)s)",
    )
    reindex.add_argument(
        "--questions",
        type=Path,
        metavar="FILE",
        help='JSON: [{"query": "…", "expected": ["photo id", …], "owner": "id, optional"}]',
    )
    reindex.add_argument(
        "--tolerance",
        type=float,
        default=_DEFAULTS.tolerance,
        help="by how much the mean recall@10 may fall (default %(default)s)",
    )
    _add_force(reindex, "even with too little coverage or quality, or without an encoder")


def _add_force(to: argparse.ArgumentParser, condition: str) -> None:
    to.add_argument("--force", action="store_true", help=f"do it {condition}")


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError("a share lies between 0 and 1")
    return share


async def operate(arguments: Sequence[str], operations: Operations, report: Report) -> None:
    """Run a command and report its outcome. Raises `OperationRefused`."""
    options = create_parser().parse_args(arguments)
    match options.command:
        case "rebuild":
            await _rebuild(options, operations, report)
        case "reindex" if not options.delete_old:
            await _reindex(options, operations.switch_model, report)
        case "indexes":
            for description in await operations.describe_indexes():
                report(json.dumps(asdict(description)))
        case "export":
            report(f"{await operations.export_records(options.file)} documents written")
        case "import":
            report(f"{await operations.import_records(options.file)} documents added")
    if options.delete_old:
        for name in await operations.delete_old(force=options.force):
            report(f"{name} is deleted")


async def _rebuild(options: argparse.Namespace, operations: Operations, report: Report) -> None:
    result = await operations.rebuild_index(restart=options.restart, force=options.force)
    report(
        f"{result.index.name} is searched now: {result.photos} photos from "
        f"{result.records} records, model {result.index.model}"
    )
    if result.replaced and not options.delete_old:
        # Workers write to indexes of their own schema alone.
        written = result.replaced.schema == result.index.schema
        state = "kept and up to date" if written else "kept as it was"
        report(f"{result.replaced.name} is {state}; delete-old removes it")


async def _reindex(options: argparse.Namespace, switch: SwitchModel, report: Report) -> None:
    if options.discard:
        for name in await switch.abandon():
            report(f"{name} is deleted")
        return
    if options.rollback:
        result = await switch.roll_back(force=options.force)
        report(f"{result.index.name} is searched again, model {result.index.model}")
        if result.coverage.missing:
            report(
                f"{result.coverage.missing} photos have no embedding in it, as it was not in force"
            )
        return
    terms = Terms(
        share=options.share,
        stall_timeout_s=options.stall_timeout,
        tolerance=options.tolerance,
        labelled=read_labelled(options.questions) if options.questions else (),
        force=options.force,
    )
    result = await switch(options.model, terms, report)
    report(f"{result.index.name} is searched now, model {result.index.model}")
    report(f"{result.replaced.name} is kept and up to date: --rollback goes back to it")
