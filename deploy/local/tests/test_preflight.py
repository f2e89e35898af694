import socket
from pathlib import Path

import pytest

from pichaven_local import preflight
from pichaven_local.errors import CannotStart
from pichaven_local.ports import Ports
from pichaven_local.preflight import check_ports, find_java, parse_java_version


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_292"', 8),
        ('openjdk version "21-ea" 2023-09-19', 21),
        ("command not found", None),
    ],
)
def test_a_javas_version_is_read_from_what_it_says(text: str, version: int | None) -> None:
    assert parse_java_version(text) == version


def test_a_missing_java_is_told_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(preflight, "_INSTALLED", tmp_path)

    with pytest.raises(CannotStart, match="Install a JDK 21 or newer, 17 at least"):
        find_java()


def test_a_java_that_is_too_old_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(_java(tmp_path, "1.8.0_1")))
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setattr(preflight, "_INSTALLED", tmp_path / "empty")

    with pytest.raises(CannotStart, match="is Java 8"):
        find_java()


@pytest.mark.parametrize(
    ("on_path", "installed", "best"),
    [
        ("17.0.15", ("21.0.2",), "21.0.2"),
        ("21.0.2", ("17.0.15",), "21.0.2"),
        ("17.0.15", ("99",), "17.0.15"),
        ("1.8.0_1", ("17.0.15", "25.0.1", "21.0.2"), "25.0.1"),
    ],
)
def test_the_newest_java_that_is_known_to_work_is_taken(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    on_path: str,
    installed: tuple[str, ...],
    best: str,
) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(preflight, "_INSTALLED", tmp_path)
    homes = {version: _java(tmp_path / version, version) for version in (*installed, on_path)}
    monkeypatch.setenv("PATH", f"{homes[on_path] / 'bin'}:/usr/bin:/bin")

    assert find_java() == homes[best]
    monkeypatch.setenv("JAVA_HOME", str(homes[installed[0]]))
    assert find_java() == homes[installed[0]]


def _java(home: Path, version: str) -> Path:
    java = home / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho 'java version \"{version}\"' >&2\n")
    java.chmod(0o755)
    return home


def test_a_port_in_use_is_named_with_its_holder() -> None:
    ports = Ports.free()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", ports.search))
        taken.listen()

        with pytest.raises(CannotStart, match=rf"search \(port {ports.search}\): .*pid"):
            check_ports(ports)


def test_too_little_memory_is_told_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(preflight, "_LEAST_MEMORY_MB", 10**9)

    with pytest.raises(CannotStart, match="MB of memory are free"):
        preflight.check_room(tmp_path)


def test_a_cut_down_runtime_is_refused_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cut = tmp_path / "bin" / "java"
    cut.parent.mkdir()
    cut.write_text(
        "#!/bin/sh\n"
        'case "$*" in *jdk.jdi*) echo "jdk.jdi not found"; exit 1;; esac\n'
        "echo 'openjdk version \"21.0.1\"' >&2\n"
    )
    cut.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))

    with pytest.raises(CannotStart, match="Install a whole JDK"):
        find_java()


def test_ports_that_this_stack_does_not_use_may_be_taken() -> None:
    ports = Ports.free()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", ports.gateway))
        taken.listen()

        check_ports(ports, {"kafka", "mongo"})


def test_a_port_is_moved_by_a_setting() -> None:
    assert Ports.from_environment({"PICHAVEN_LOCAL_PORT_GATEWAY": "9090"}).gateway == 9090
    assert Ports.from_environment({}) == Ports()
    for nonsense in ("0", "65536", "http", ""):
        with pytest.raises(CannotStart, match="PICHAVEN_LOCAL_PORT_KAFKA"):
            Ports.from_environment({"PICHAVEN_LOCAL_PORT_KAFKA": nonsense})


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(CannotStart, match="cannot be made"):
        preflight.check_folder(tmp_path / "file" / "stack")
