import socket
from pathlib import Path

import pytest

from pichaven_local.errors import StartError
from pichaven_local.ports import Ports
from pichaven_local.preflight import (
    check_folder,
    check_ports,
    check_room,
    find_java,
    parse_java_version,
)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_292"', 8),
        ('openjdk version "21-ea" 2023-09-19', 21),
        ("command not found", None),
    ],
)
def test_the_version_of_a_java_is_parsed_from_its_output(text: str, version: int | None) -> None:
    assert parse_java_version(text) == version


def test_a_missing_java_is_reported_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)

    with pytest.raises(StartError, match="Install a JDK 21 or newer, 17 at least"):
        find_java(installed=tmp_path)


def test_a_java_that_is_too_old_is_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(_java(tmp_path, "1.8.0_1")))
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))

    with pytest.raises(StartError, match="is Java 8"):
        find_java(installed=tmp_path / "empty")


@pytest.mark.parametrize(
    ("on_path", "installed", "best"),
    [
        ("17.0.15", ("21.0.2",), "21.0.2"),
        ("21.0.2", ("17.0.15",), "21.0.2"),
        ("17.0.15", ("99",), "17.0.15"),
        ("1.8.0_1", ("17.0.15", "25.0.1", "21.0.2"), "25.0.1"),
    ],
)
def test_the_newest_supported_java_is_used(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    on_path: str,
    installed: tuple[str, ...],
    best: str,
) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    homes = {version: _java(tmp_path / version, version) for version in (*installed, on_path)}
    monkeypatch.setenv("PATH", f"{homes[on_path] / 'bin'}:/usr/bin:/bin")

    assert find_java(installed=tmp_path) == homes[best]
    monkeypatch.setenv("JAVA_HOME", str(homes[installed[0]]))
    assert find_java(installed=tmp_path) == homes[installed[0]]


def _java(home: Path, version: str) -> Path:
    java = home / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho 'java version \"{version}\"' >&2\n")
    java.chmod(0o755)
    return home


def test_a_port_in_use_is_reported_with_its_process() -> None:
    ports = Ports.free()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", ports.search))
        listener.listen()

        with pytest.raises(StartError, match=rf"search \(port {ports.search}\): .*pid"):
            check_ports(ports)


def test_too_little_memory_is_reported_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="MB of memory are free"):
        check_room(tmp_path, memory_mb=10**9)


def test_a_cut_down_runtime_is_rejected_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text(
        "#!/bin/sh\n"
        'case "$*" in *jdk.jdi*) echo "jdk.jdi not found"; exit 1;; esac\n'
        "echo 'openjdk version \"21.0.1\"' >&2\n"
    )
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))

    with pytest.raises(StartError, match="Install a whole JDK"):
        find_java()


def test_ports_that_the_stack_does_not_use_may_be_in_use() -> None:
    ports = Ports.free()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", ports.gateway))
        listener.listen()

        check_ports(ports, {"kafka", "mongo"})


def test_a_setting_overrides_a_port() -> None:
    assert Ports.from_environment({"PICHAVEN_LOCAL_PORT_GATEWAY": "9090"}).gateway == 9090
    assert Ports.from_environment({}) == Ports()
    for value in ("0", "65536", "http", ""):
        with pytest.raises(StartError, match="PICHAVEN_LOCAL_PORT_KAFKA"):
            Ports.from_environment({"PICHAVEN_LOCAL_PORT_KAFKA": value})


def test_a_folder_that_cannot_be_created_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StartError, match="cannot be made"):
        check_folder(tmp_path / "file" / "stack")
