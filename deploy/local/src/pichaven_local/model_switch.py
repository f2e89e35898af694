"""Switch a running stack to another embedding model without a failed search.

The commands and their order are those of every other installation
(docs/operations/switch-model.md). The launcher runs the candidate ml, so that a switch that is cut
off at any moment leaves every search with the ml it needs, and the next call continues.
"""

import fcntl
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import psutil

from pichaven_local.composition import CANDIDATE
from pichaven_local.console import console, duration, photo_bar, say
from pichaven_local.errors import StartError
from pichaven_local.model_file import ModelChoice, ModelFile, StackModels
from pichaven_local.preflight import check_memory
from pichaven_local.process import Child, Command, is_alive
from pichaven_local.state import RunningProcess, RunState, StateFile

_POLL_S: Final = 0.1
_MODEL_WITHIN_S: Final = 300
_RESPONSE_WITHIN_S: Final = 60
_STALL_S: Final = 60
"""Everything that can be embedded is embedded before the index is filled."""
_TAIL_LINES: Final = 5

_OUTDATED: Final = "[yellow]The search index is of another version of PicHaven.[/yellow]"

OnEvent = Callable[[Mapping[str, Any]], None]
"""Called with each line that a job logs."""


@dataclass(frozen=True, slots=True)
class PreparedModel:
    """A model in ml's cache, as `python -m pichaven_ml prepare` describes it."""

    settings: dict[str, str]
    model: str
    calibrated: bool
    seconds_per_photo: float
    memory_mb: int


@dataclass(frozen=True, slots=True)
class Index:
    """An index, as `python -m pichaven_search indexes` describes it."""

    name: str
    model: str
    state: str
    photos: int
    embedded: int
    is_outdated: bool = False


class JobFailed(StartError):
    """Raised when a job ends with another exit code than 0; `lines` is its last output."""

    def __init__(self, name: str, lines: Sequence[str], log: Path) -> None:
        self.lines = lines
        super().__init__("\n".join([*lines[-_TAIL_LINES:], f"`{name}` failed; see {log}"]))


class RunningStack:
    """A stack that its launcher runs, seen from another process."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory.resolve()
        self._state_file = StateFile(self._directory)
        self.log = self._directory / "logs" / "model.log"

    def find(self, name: str) -> RunningProcess | None:
        """Return a component's process, None while it does not run."""
        state = self._state()
        for process in state.processes:
            if process.name == name and is_alive(process.pid, process.started_at):
                return process
        return None

    def environment(self, service: str) -> dict[str, str]:
        """Return the environment that a service runs with."""
        process = self.find(service)
        try:
            return psutil.Process(process.pid).environ() if process else self._fail(service)
        except psutil.Error:
            return self._fail(service)

    def url(self, name: str) -> str | None:
        process = self.find(name)
        return f"http://127.0.0.1:{process.port}" if process else None

    def model(self, name: str) -> str | None:
        """Return the id of the model that an ml runs; None where there is no such process.

        None too of one that does not respond for a minute: on a busy machine a single request
        says nothing.
        """
        deadline = time.monotonic() + _RESPONSE_WITHIN_S
        while (url := self.url(name)) is not None:
            if (model := _model_at(url)) is not None or time.monotonic() > deadline:
                return model
            time.sleep(_POLL_S)
        return None

    def wait_for_model(self, name: str, model: str) -> None:
        """Return when an ml runs the model."""
        deadline = time.monotonic() + _MODEL_WITHIN_S
        while self.model(name) != model:
            if time.monotonic() > deadline:
                raise StartError(
                    f"{name} does not run {model} after {_MODEL_WITHIN_S} s; see "
                    f"{self.log.with_name(name)}.log"
                )
            time.sleep(_POLL_S)

    def run(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        on_event: OnEvent = lambda _event: None,
    ) -> list[str]:
        """Run `python -m …` to its end and return what it printed apart from its log.

        The job ends with this process. Raises `JobFailed`.
        """
        command = Command([sys.executable, "-m", *arguments], environment, self._directory / "run")
        child = Child(command, self.log)
        lines: list[str] = []
        try:
            with self.log.open(errors="backslashreplace") as log:
                log.seek(child.log_offset)
                for line in _follow(log, child):
                    try:
                        entry = json.loads(line)
                    except ValueError:
                        entry = None
                    if isinstance(entry, dict) and "event" in entry:
                        on_event(entry)
                    elif line.strip():
                        lines.append(line)
        finally:
            child.stop()
        if child.exit_code != 0:
            raise JobFailed(" ".join(arguments), lines, self.log)
        return lines

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Raise `StartError` while another process switches this stack."""
        with (self._directory / "run" / "model.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise StartError("Another `make model` of this stack is running.") from None
            yield

    def _state(self) -> RunState:
        state = self._state_file.read()
        if state is None or not is_alive(state.launcher_pid, state.launcher_started_at):
            raise StartError("The stack does not run. `make up` starts it; then try again.")
        return state

    def _fail(self, service: str) -> dict[str, str]:
        raise StartError(f"{service} does not run; see `make status` and `make logs C={service}`.")


def _model_at(url: str) -> str | None:
    """Return the model of an ml that is ready, else None."""
    try:
        if not httpx.get(f"{url}/readyz", trust_env=False).is_success:
            return None
        response = httpx.get(f"{url}/internal/model", trust_env=False)
    except httpx.HTTPError:
        return None
    return str(response.json()["model"]) if response.is_success else None


def _follow(log: Any, child: Child) -> Iterator[str]:
    """Yield the lines that a process writes to its log, until it has ended."""
    part = ""
    while True:
        ended = child.exit_code is not None
        part += log.read()
        *lines, part = part.split("\n")
        yield from lines
        if ended:
            yield part
            return
        time.sleep(_POLL_S)


class SwitchModel:
    """`labelled` is a file of labelled queries, as `reindex --questions` takes it."""

    def __init__(
        self, directory: Path, *, labelled: Path | None = None, force: bool = False
    ) -> None:
        self._stack = RunningStack(directory)
        self._file = ModelFile(directory.resolve())
        self._labelled = labelled
        self._force = force

    def __call__(self, name: str) -> None:
        """Return when the model is in force and what the old one left is deleted.

        Raises `StartError`; until the new index is searched, the old model is in force then.
        """
        with self._stack.lock():
            # Each raises before anything is changed.
            ml, search = self._stack.environment("ml"), self._stack.environment("search")
            prepared = self._prepare(name, ml)
            indexes = self._indexes(search)
            choice, models = ModelChoice(name, prepared.settings), self._file.read()
            if models is not None and models.candidate is not None:
                self._finish_flipped(models.candidate, prepared.model, indexes, search)
            if _searched(indexes).model != prepared.model:
                self._fill_and_flip(choice, prepared, indexes, search)
            elif self._is_done(prepared.model, indexes):
                self._file.write(StackModels(choice))
                say(f"{prepared.model} is in force already.")
                return
            elif any(index.state == "building" for index in indexes):
                self._search(search, "reindex", "--discard")
            self._put_in_force(choice, prepared.model)
            self._delete_old(search)
            say(f"[green]{prepared.model} is in force[/green], at the next `make up` too.")

    def unused_embeddings(self) -> str | None:
        """Return a sentence where no ml runs the model of the searched index, else None."""
        searched = _searched(self._indexes(self._stack.environment("search"))).model
        models = self._file.read()
        running = {self._stack.model(name) for name in ("ml", CANDIDATE)}
        return describe_unused(searched, running, models.in_force.name) if models else None

    def rebuild_outdated_index(self) -> None:
        """Rebuild the searched index if it is of another schema than search's.

        Until then new photos are not found. Leaves it to the operator during a switch of the
        model, and where the rebuild would lose photos. Raises `StartError`.
        """
        search = self._stack.environment("search")
        indexes = self._indexes(search)
        if not _searched(indexes).is_outdated:
            return
        if reason := self._reason_against_a_rebuild(indexes):
            say(f"{_OUTDATED} {reason}")
            return
        say(f"{_OUTDATED} It is being rebuilt from the topics; searches go on meanwhile.")
        with self._stack.lock():
            try:
                self._search(search, "rebuild", "--restart", "--delete-old")
            except JobFailed as failure:
                say(f"[red]The rebuild failed:[/red] {failure}")
                return
        say("[green]The search index is rebuilt.[/green]")

    def _reason_against_a_rebuild(self, indexes: Sequence[Index]) -> str | None:
        models = self._file.read()
        if models is not None and models.candidate is not None:
            return "`make model` again finishes the switch that was cut off, and renews the index."
        running = self._stack.model("ml")
        if _searched(indexes).model != running:
            return f"No ml runs its model; `make model NAME={running}` makes a new one."
        return None

    def _prepare(self, name: str, ml: Mapping[str, str]) -> PreparedModel:
        """Make the weights available, and show what a switch will take."""
        say(f"preparing {name}: its first time it is downloaded and exported")
        # The terminal shows the download's progress and the reason of a refusal.
        process = subprocess.run(
            [sys.executable, "-m", "pichaven_ml", "prepare", name],
            env={**ml, "PICHAVEN_LOG_LEVEL": "ERROR"},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if process.returncode != 0:
            raise StartError("Nothing has been changed.")
        prepared = PreparedModel(**json.loads(process.stdout.splitlines()[-1]))
        if not prepared.calibrated and not self._force:
            raise StartError(
                f"{prepared.model} could not be calibrated, so nothing would be found by what it "
                "shows; nothing has been changed. FORCE=1 takes it all the same."
            )
        return prepared

    def _finish_flipped(
        self,
        candidate: ModelChoice,
        target: str,
        indexes: Sequence[Index],
        search: Mapping[str, str],
    ) -> None:
        """Put a candidate in force whose index is searched since a switch that was cut off."""
        searched = _searched(indexes).model
        if searched in {target, self._stack.model("ml")}:
            return
        say(f"finishing the switch to {candidate.name}, which was cut off")
        self._stack.wait_for_model(CANDIDATE, searched)
        self._put_in_force(candidate, searched)
        self._delete_old(search)

    def _is_done(self, model: str, indexes: Sequence[Index]) -> bool:
        models = self._file.read()
        is_candidate_left = models is not None and models.candidate is not None
        return self._stack.model("ml") == model and not is_candidate_left and len(indexes) == 1

    def _fill_and_flip(
        self,
        choice: ModelChoice,
        prepared: PreparedModel,
        indexes: Sequence[Index],
        search: Mapping[str, str],
    ) -> None:
        searched = _searched(indexes)
        # The second ml, and the job beside it.
        check_memory(f"the switch to {prepared.model}", 2 * prepared.memory_mb)
        estimate = duration(searched.embedded * prepared.seconds_per_photo)
        say(
            f"{searched.model} → [bold]{prepared.model}[/bold]: {searched.embedded:,} photos at "
            f"{prepared.seconds_per_photo * 1000:.0f} ms each, {estimate}, while searches go on"
        )
        try:
            if any(each.state == "building" and each.model != prepared.model for each in indexes):
                # Of a switch to another model, which was given up.
                self._search(search, "reindex", "--discard")
            if self._stack.model("ml") == prepared.model:
                ml = self._stack.environment("ml")
            else:
                ml = self._start_candidate(choice, prepared.model)
            self._reembed(ml, f"embed with {choice.name}")
            self._reindex(prepared.model, search)
        except BaseException:
            self._stop_unless_flipped(prepared.model, search)
            raise

    def _start_candidate(self, choice: ModelChoice, model: str) -> dict[str, str]:
        """Return the environment of a job of the candidate, once its ml is ready."""
        models = self._file.read() or StackModels(ModelChoice.from_environment({}))
        self._file.write(StackModels(models.in_force, candidate=choice))
        say("starting a second ml")
        self._stack.wait_for_model(CANDIDATE, model)
        return self._stack.environment(CANDIDATE)

    def _reembed(self, ml: Mapping[str, str], description: str) -> None:
        failed = 0
        with photo_bar(console, description) as update:

            def on_event(event: Mapping[str, Any]) -> None:
                nonlocal failed
                if event["event"] == "reembed_progress":
                    parts = ("done", "tagged", "skipped", "failed")
                    update(sum(event[part] for part in parts), event["of"])
                elif event["event"] == "reembed_finished":
                    failed = event["failed"]

            try:
                self._stack.run(["pichaven_ml", "reembed", "--log-every", "1"], ml, on_event)
            except JobFailed:
                if not failed:
                    raise
        if failed:
            say(f"[yellow]{failed} photos failed, as reembed_failed in {self._stack.log} says")

    def _reindex(self, model: str, search: Mapping[str, str]) -> None:
        options = ["--model", model, "--stall-timeout", str(_STALL_S)]
        options += ["--questions", str(self._labelled.resolve())] if self._labelled else []
        options += ["--force"] if self._force else []
        with photo_bar(console, "fill the new index (records)") as update:
            records: dict[str, int] = {}

            def on_event(event: Mapping[str, Any]) -> None:
                if event["event"] in {"topic_replay_progress", "topic_replayed"}:
                    records[event["topic"]] = event["records"]
                    update(sum(records.values()), None)
                elif event["event"] == "index_filled":
                    update(event["records"], event["records"])

            lines = self._search(search, "reindex", *options, on_event=on_event)
        for line in _comparison(lines):
            console.print(line, markup=False, soft_wrap=True)

    def _put_in_force(self, choice: ModelChoice, model: str) -> None:
        """Restart ml with the model; the candidate encodes the queries meanwhile."""
        if self._stack.model("ml") != model:
            say("restarting ml with it")
            self._file.write(StackModels(choice, candidate=choice))
            self._stack.wait_for_model("ml", model)
        candidate = self._stack.find(CANDIDATE)
        self._file.write(StackModels(choice))
        while candidate is not None and is_alive(candidate.pid, candidate.started_at):
            time.sleep(_POLL_S)
        self._reembed(self._stack.environment("ml"), "renew the tags")

    def _delete_old(self, search: Mapping[str, str]) -> None:
        """Delete the old model's index and its embeddings in Kafka."""
        for line in self._search(search, "delete-old"):
            console.print(line, markup=False, soft_wrap=True)

    def _stop_unless_flipped(self, model: str, search: Mapping[str, str]) -> None:
        """Stop the candidate, whose work is kept for another attempt, unless it is searched."""
        models, searched = self._file.read(), _searched(self._indexes(search)).model
        if searched == model:
            say("Its index is searched already; the same command again finishes the switch.")
        elif models is not None:
            self._file.write(StackModels(models.in_force))
            say(
                f"[yellow]{searched} is still in force; nothing has changed for searches.[/yellow] "
                "The same command again continues; `make model` with the old name clears what was "
                "begun."
            )

    def _indexes(self, search: Mapping[str, str]) -> list[Index]:
        return [Index(**json.loads(line)) for line in self._search(search, "indexes")]

    def _search(
        self,
        search: Mapping[str, str],
        *arguments: str,
        on_event: OnEvent = lambda _event: None,
    ) -> list[str]:
        """Run an operator's command of search, with the ml that run."""
        urls = [url for name in ("ml", CANDIDATE) if (url := self._stack.url(name))]
        environment = {**search, "PICHAVEN_ML_URLS": ",".join(urls)}
        return self._stack.run(["pichaven_search", *arguments], environment, on_event)


def describe_unused(searched: str, running: Collection[str | None], name: str) -> str | None:
    """Return what an index of a model means that is none of those that run, and the way out."""
    if searched in running:
        return None
    return (
        f"[yellow]Photos are found by words alone:[/yellow] their embeddings are of {searched},"
        f" which no ml runs. `make model NAME={name}` embeds them anew."
    )


def _searched(indexes: Sequence[Index]) -> Index:
    for index in indexes:
        if index.state == "searched":
            return index
    raise StartError("There is no index yet; wait until the stack is ready.")


def _comparison(lines: Sequence[str]) -> Iterator[str]:
    """Yield the table of the labelled queries from what `reindex` printed, if there is one."""
    below_the_head = itertools.dropwhile(lambda line: not line.startswith("recall@10"), lines)
    for line in below_the_head:
        yield line
        if line.startswith("mean"):
            return
