"""Repeatable setup, dead letters, backups: `python -m pichaven_chassis.admin COMMAND`.

topics                create the topics of the table, and bring their settings up to it
buckets               create the media bucket
dead-letters SERVICE  list a service's dead letters (--class, --topic, --key select)
redrive SERVICE       send the selected ones to be retried (a dry run without --yes)
backup FOLDER         write all databases and new objects into a folder
restore FOLDER        put a backup into empty databases and an empty bucket
"""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from pichaven_chassis.backup import BackupError, back_up, restore
from pichaven_chassis.events.cloud_events import OutgoingRecord, readable_headers
from pichaven_chassis.events.producer import RecordProducer
from pichaven_chassis.events.topics import ensure_topics
from pichaven_chassis.mongo import close, connect
from pichaven_chassis.replay import read_to_end
from pichaven_chassis.runtime import SETUP_DEADLINE_S, retry
from pichaven_chassis.settings import KafkaSettings, MongoSettings, StorageSettings
from pichaven_chassis.storage import connect_store
from pichaven_contracts.topics import (
    TOPICS,
    consuming_services,
    dead_letter_topic,
    failure_topics,
    retry_topic,
)

T = TypeVar("T")

_REDRIVEN: Final = "x-redriven"


async def _topics() -> list[str]:
    return await ensure_topics(KafkaSettings(), (*TOPICS, *failure_topics()))


async def _buckets() -> None:
    store = connect_store(StorageSettings())
    try:
        await store.ensure_bucket()
    finally:
        await store.close()


def _set_up(step: Callable[[], Awaitable[T]]) -> T:
    try:
        return asyncio.run(retry(step, deadline_s=SETUP_DEADLINE_S))
    except Exception as error:
        raise SystemExit(f"gave up after {SETUP_DEADLINE_S} s: {error!r}") from error


async def dead_letters(settings: KafkaSettings, service: str) -> list[Any]:
    """Return a service's dead letters, oldest first within a partition."""
    return [record async for record in read_to_end(settings, dead_letter_topic(service))]


async def redrive(settings: KafkaSettings, service: str, records: list[Any]) -> None:
    """Send dead letters to be retried at once, by the group in which they failed and no other.

    They stay in the dead-letter topic until its retention ends; handlers are harmless when
    run twice, so sending one again is too.
    """
    producer = RecordProducer(settings, f"pichaven-{service}-redrive")
    try:
        await producer.send(
            *(
                OutgoingRecord(
                    topic=retry_topic(service, 1),
                    key=record.key or b"",
                    value=record.value,
                    headers=[
                        *(
                            (name, value or b"")
                            for name, value in record.headers
                            if not name.startswith("x-")
                            or name.startswith("x-orig-")
                            or name == "x-group"
                        ),
                        (_REDRIVEN, b"1"),
                    ],
                )
                for record in records
            )
        )
    finally:
        await producer.stop()


def _matches(record: Any, options: argparse.Namespace) -> bool:
    headers = readable_headers(record)
    key = (record.key or b"").decode("utf-8", "backslashreplace")
    return (
        options.error_class in {None, headers.get("x-error-class")}
        and options.topic in {None, headers.get("x-orig-topic")}
        and options.key in {None, key}
    )


async def _dead_letter_command(options: argparse.Namespace) -> None:
    settings = KafkaSettings()
    selected = [
        record
        for record in await dead_letters(settings, options.service)
        if _matches(record, options)
    ]
    for record in selected:
        headers = readable_headers(record)
        print(
            f"{headers.get('x-failed-at', '?')}  {headers.get('x-orig-topic')}"
            f"/{headers.get('x-orig-partition')}/{headers.get('x-orig-offset')}"
            f"  {headers.get('ce_type', '-')}  {headers.get('x-error-class')}: "
            f"{headers.get('x-error', '')[:160]}"
        )
    if options.command == "redrive" and options.yes and selected:
        await redrive(settings, options.service, selected)
        print(f"{len(selected)} records sent to be retried")
    else:
        print(f"{len(selected)} records" + (" (dry run)" if options.command == "redrive" else ""))


async def _backup_command(command: str, folder: Path) -> None:
    database = connect(MongoSettings(), "backup")
    store = connect_store(StorageSettings())
    try:
        if command == "backup":
            totals = await back_up(database.client, store, folder, print)
        else:
            await store.ensure_bucket()
            totals = await restore(database.client, store, folder, print)
    except BackupError as error:
        raise SystemExit(f"refused: {error}") from None
    finally:
        await store.close()
        await close(database)
    print(f"{totals.documents} documents, {totals.objects} objects, {totals.bytes} bytes: done")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="pichaven_chassis.admin",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("topics")
    commands.add_parser("buckets")
    for name in ("dead-letters", "redrive"):
        command = commands.add_parser(name)
        command.add_argument("service", choices=consuming_services())
        command.add_argument("--class", dest="error_class")
        command.add_argument("--topic")
        command.add_argument("--key")
        command.add_argument("--yes", action="store_true")
    for name in ("backup", "restore"):
        commands.add_parser(name).add_argument("folder", type=Path)
    options = parser.parse_args(arguments)
    if options.command == "topics":
        new = _set_up(_topics)
        print(f"{len(new)} topics created" if new else "topics are as they should be")
    elif options.command == "buckets":
        _set_up(_buckets)
        print("the bucket is there")
    elif options.command in {"backup", "restore"}:
        asyncio.run(_backup_command(options.command, options.folder))
    else:
        asyncio.run(_dead_letter_command(options))


if __name__ == "__main__":
    main(sys.argv[1:])
