"""A switch that would lose answers is refused, with the reason."""

import json
from pathlib import Path

import pytest
from services.search.tests.fakes import (
    changed_event,
)
from services.search.tests.reindex.model_switch import THINGS, ModelSwitch

from pichaven_chassis.ids import new_id
from pichaven_search.reindex.errors import OperationRefused

pytestmark = pytest.mark.engines


async def test_it_is_refused_while_vectors_are_missing_and_goes_on_where_it_was(
    model_switch: ModelSwitch,
) -> None:
    await model_switch.reembed("new-96", *THINGS[:3])
    waited: list[float] = []

    async def pause(seconds: float) -> None:
        waited.append(seconds)

    with pytest.raises(OperationRefused, match="1 of 4 photos have no embedding"):
        await model_switch.run("reindex", "--model", "new-96", "--stall-timeout", "60", pause=pause)
    assert 60 <= sum(waited) < 90
    assert await model_switch.model() == "old-64"
    with pytest.raises(OperationRefused, match="is being built"):
        await model_switch.run("rebuild")
    await model_switch.reembed("new-96", THINGS[3])
    await model_switch.run("reindex", "--model", "new-96")
    assert await model_switch.model() == "new-96"
    assert len(await model_switch.adapters.indexes.list_written()) == 2


async def test_enough_others_do_not_stand_for_those_that_are_missing(
    model_switch: ModelSwitch,
) -> None:
    await model_switch.reembed("new-96", *THINGS[:3])
    other = changed_event(owner_id=model_switch.owner)
    await model_switch.publish(other, model_switch.embedded_event(other, "harbour", "new-96"))
    with pytest.raises(OperationRefused, match="1 of 4"):
        await model_switch.run("reindex", "--model", "new-96", "--stall-timeout", "0")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--model", "old-64"), "is searched already"),
        (("--model", "other"), "no ml .* runs other"),
        (("--rollback",), "no way back"),
    ],
)
async def test_a_step_that_cannot_be_done_says_why(
    model_switch: ModelSwitch, arguments: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(OperationRefused, match=reason):
        await model_switch.run("reindex", *arguments)
    assert await model_switch.model() == "old-64"


async def test_a_model_without_calibration_is_refused(model_switch: ModelSwitch) -> None:
    model_switch.mls.uncalibrated.add("new-96")
    with pytest.raises(OperationRefused, match="no calibration"):
        await model_switch.run("reindex", "--model", "new-96")


def _questions(model_switch: ModelSwitch, folder: Path, **owner: str) -> str:
    """Asked as an owner asks, with a condition among the words."""
    lines = [
        {"query": f"{thing} after:2000", "expected": [model_switch.photos[thing].photo_id]} | owner
        for thing in THINGS
    ]
    path = folder / "questions.json"
    path.write_text(json.dumps(lines))
    return str(path)


async def test_a_worse_model_is_refused_and_an_equal_one_is_not(
    model_switch: ModelSwitch, tmp_path: Path
) -> None:
    await model_switch.reembed("new-96")
    questions = _questions(model_switch, tmp_path)
    model_switch.mls.blind.add("new-96")
    arguments = ("reindex", "--model", "new-96", "--questions", questions)
    with pytest.raises(OperationRefused, match=r"from 1.000 to 0.000"):
        await model_switch.run(*arguments)
    assert await model_switch.model() == "old-64"
    assert any(line.split()[-2:] == ["1.000", "0.000"] for line in model_switch.lines)
    model_switch.mls.blind.clear()
    # The encoder remembers what the blind model said; a new process does not.
    model_switch.adapters.encoder._embeddings.clear()
    lines = await model_switch.run(*arguments)
    assert any(line.split() == ["mean", "1.000", "1.000"] for line in lines)
    assert await model_switch.model() == "new-96"


async def test_questions_that_cannot_be_asked_are_refused(
    model_switch: ModelSwitch, tmp_path: Path
) -> None:
    await model_switch.reembed("new-96")
    path = tmp_path / "questions.json"
    for text, reason in (
        ("[]", "at least 1 item"),
        ('[{"query": "x", "expected": ["y"]}]', r"0\.expected\.0"),
        ("{", "JSON"),
        (json.dumps([{"query": "x", "expected": [new_id()]}]), "0 owners"),
    ):
        path.write_text(text)
        with pytest.raises(OperationRefused, match=reason):
            await model_switch.run("reindex", "--model", "new-96", "--questions", str(path))
    with pytest.raises(OperationRefused, match="cannot be read"):
        await model_switch.run("reindex", "--model", "new-96", "--questions", str(tmp_path / "no"))


async def test_there_is_no_way_back_to_a_model_that_none_runs(model_switch: ModelSwitch) -> None:
    await model_switch.reembed("new-96")
    await model_switch.run("reindex", "--model", "new-96")
    del model_switch.mls.runs["old"]
    with pytest.raises(OperationRefused, match=r"no ml .* runs old-64"):
        await model_switch.run("reindex", "--rollback")
    await model_switch.run("reindex", "--rollback", "--force")
    results = await model_switch.ask("holiday")
    assert (results["total"], results["degraded"]) == (4, ["visual"])
