"""How the service is put together."""

from pathlib import Path

from pichaven_chassis.runtime import Role
from pichaven_contracts.photo import Lane
from pichaven_processing.bootstrap import build
from pichaven_processing.container import Container
from pichaven_processing.photos.subscribers import router
from pichaven_processing.settings import ProcessingSettings


async def test_the_worker_reads_both_lanes_and_the_commands_in_groups_of_their_own(
    tmp_path: Path,
) -> None:
    service = await build(Role.WORKER, settings=ProcessingSettings(spool_dir=tmp_path, workers=2))

    assert service.broker is not None
    assert set(router.subscriptions) == {
        "processing",
        "processing-bulk",
        "processing-commands",
    }
    for close in service.close:
        await close()


async def test_roles_without_work_consume_nothing_and_start_no_child(tmp_path: Path) -> None:
    service = await build(Role.API, settings=ProcessingSettings(spool_dir=tmp_path, workers=2))

    assert service.broker is None
    assert isinstance(service.container, Container)
    assert service.container.imaging[Lane.INTERACTIVE].pids == ()
    for close in service.close:
        await close()
