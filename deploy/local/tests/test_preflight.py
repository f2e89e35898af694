import shutil
import socket
from collections.abc import Sequence
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
from testing.java import MODULES, java_script


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

    with pytest.raises(StartError, match="Run `make jdk`"):
        find_java(installed=tmp_path, cache=tmp_path)


def test_a_java_that_is_too_old_is_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(_java(tmp_path, "1.8.0_1")))
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))

    with pytest.raises(StartError, match="is Java 8"):
        find_java(installed=tmp_path / "empty", cache=tmp_path / "empty")


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

    assert find_java(installed=tmp_path, cache=tmp_path / "empty") == homes[best]
    monkeypatch.setenv("JAVA_HOME", str(homes[installed[0]]))
    assert find_java(installed=tmp_path, cache=tmp_path / "empty") == homes[installed[0]]


def test_a_jdk_in_the_cache_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    home = _java(tmp_path / "cache" / "jdk-21" / "jdk-21.0.5+11", "21.0.5")

    assert find_java(installed=tmp_path / "empty", cache=tmp_path / "cache") == home


def _java(home: Path, version: str, *, modules: Sequence[str] = MODULES) -> Path:
    java = home / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(java_script(version, modules))
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


@pytest.mark.parametrize("module", MODULES)
def test_a_cut_down_runtime_is_rejected_for_a_whole_jdk(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, module: str
) -> None:
    runtime = _java(tmp_path / "runtime", "21.0.1", modules=[m for m in MODULES if m != module])
    monkeypatch.setenv("JAVA_HOME", str(runtime))
    monkeypatch.setattr(shutil, "which", lambda _name: None)

    with pytest.raises(StartError, match=f"is a cut-down runtime without {module}.*`make jdk`"):
        find_java(installed=tmp_path / "empty", cache=tmp_path / "empty")
    whole = _java(tmp_path / "cache" / "jdk-21" / "jdk", "21.0.5")
    assert find_java(installed=tmp_path / "empty", cache=tmp_path / "cache") == whole


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
