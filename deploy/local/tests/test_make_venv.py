"""`make install` on a bare machine: which Python is taken, and what is said when none fits."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "make_venv.sh"


@pytest.fixture
def commands(tmp_path: Path) -> Path:
    """The only folder on the PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "cat"):
        (folder / name).symlink_to(shutil.which(name) or "")
    return folder


def _make_venv(commands: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(SCRIPT), str(commands.parent / "venv"), *arguments],
        env={"PATH": str(commands)},
        capture_output=True,
        text=True,
        check=False,
    )


def _old_python(path: Path) -> None:
    path.write_text('#!/bin/sh\ncase "$2" in *version_info*) exit 1;; esac\necho 3.9.2\n')
    path.chmod(0o755)


def _python(path: Path, *, without: str = "no such module") -> None:
    """Write a Python of this version that lacks a module."""
    path.write_text(
        f'#!/bin/sh\ncase "$2" in *"{without}"*) exit 1;; esac\nexec {sys.executable} "$@"\n'
    )
    path.chmod(0o755)


def test_a_machine_without_python_is_told_how_to_get_it(commands: Path) -> None:
    process = _make_venv(commands)

    assert process.returncode == 1
    first, *ways = process.stderr.splitlines()
    assert first == (
        "PicHaven needs Python 3.11, 3.12 or 3.13, and there is none. Install one, or set "
        "PYTHON=/path/to/python3."
    )
    for command in ("apt-get install", "dnf install", "brew install", "uv python install"):
        assert any(command in way for way in ways)


@pytest.mark.parametrize("argument", [(), ("python3",)])
def test_a_python_that_is_too_old_is_named(commands: Path, argument: tuple[str, ...]) -> None:
    _old_python(commands / "python3")

    process = _make_venv(commands, *argument)

    assert process.returncode == 1
    assert "there is none. python3 is 3.9.2. Install one" in process.stderr


def test_a_python_without_venv_is_told_the_package(commands: Path) -> None:
    _python(commands / "python3", without="ensurepip")

    process = _make_venv(commands)

    assert process.returncode == 1
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert process.stderr == (
        "python3 cannot make virtual environments: it lacks the modules venv and ensurepip. On "
        f"Debian and Ubuntu: apt-get install python{version}-venv\n"
    )


@pytest.mark.slow
def test_a_python_that_fits_is_used_beside_one_that_is_too_old(commands: Path) -> None:
    _old_python(commands / "python3")
    _python(commands / "python3.12")

    process = _make_venv(commands)
    again = _make_venv(commands)

    assert (process.returncode, process.stderr) == (0, "")
    assert (again.returncode, again.stderr) == (0, "")
    assert (commands.parent / "venv" / "bin" / "pip").exists()
