from services.identity.tests.conftest import quick_settings

from pichaven_chassis.mongo import MongoDatabase
from pichaven_chassis.runtime import Role
from pichaven_identity.bootstrap import build


async def test_no_role_needs_kafka_and_api_roles_rotate_keys(
    mongo_database: MongoDatabase,
) -> None:
    background = {}
    for role in Role:
        service = await build(role, settings=quick_settings(), database=mongo_database)
        assert service.broker is None
        background[role] = {task.name for task in service.background}
        for close in service.close:
            await close()

    assert background[Role.API] == background[Role.ALL] == {"signing-keys"}
    assert background[Role.WORKER] == background[Role.SETUP] == set()
