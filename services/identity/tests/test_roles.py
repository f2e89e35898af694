"""What runs where."""

from services.identity.tests.conftest import quick_settings

from pichaven_chassis.mongo import MongoDatabase
from pichaven_chassis.runtime import Role
from pichaven_identity.bootstrap import build


async def test_only_the_worker_depends_on_kafka(mongo_database: MongoDatabase) -> None:
    needed = {}
    for role in Role:
        service = await build(role, settings=quick_settings(), database=mongo_database)
        needed[role] = (
            service.broker is not None,
            {background.name for background in service.background},
        )
        for close in service.close:
            await close()

    assert needed[Role.API] == (False, {"signing-keys"})
    assert needed[Role.WORKER] == (True, {"outbox"})
    assert needed[Role.ALL] == (True, {"signing-keys", "outbox"})
