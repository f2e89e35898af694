import pytest

from pichaven_local.platform import load_table
from pichaven_local.ports import Ports


def test_every_service_has_its_own_port_and_a_known_role() -> None:
    services = load_table().services.values()

    assert len({service.port for service in services}) == len(services)
    for service in services:
        assert set(service.roles) <= {"api", "worker"}
        assert service.port == getattr(Ports(), service.name)


def test_a_missing_value_is_an_error_and_not_an_empty_setting() -> None:
    with pytest.raises(KeyError):
        load_table().environment("search", {"kafka": "k:9092"})


def test_the_needs_of_a_service_follow_from_its_settings() -> None:
    needs = load_table().needs("search")

    assert needs == {"kafka", "storage", "elasticsearch", "identity", "ml"}
