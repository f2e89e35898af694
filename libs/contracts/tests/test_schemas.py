"""Events keep the shape of the checked-in schemas and examples."""

import copy
import json
from typing import Any

import jsonschema
import pytest
from libs.contracts.tests.compatibility import breaking_changes

from pichaven_contracts.__main__ import SCHEMAS, as_text
from pichaven_contracts.registry import EVENTS
from pichaven_contracts.schemas import schema, schemas
from pichaven_contracts.topics import (
    EMBEDDINGS,
    TOPICS,
    embedding_topic,
    failure_topics,
    topic_of,
)

EXAMPLES = SCHEMAS.parent / "examples"
ALL_EXAMPLES = sorted(EXAMPLES.glob("*/*.json"))


def _golden(name: str) -> dict[str, Any]:
    return dict(json.loads((SCHEMAS / f"{name}.json").read_text()))


@pytest.mark.parametrize("name", EVENTS)
def test_no_released_event_changed_in_a_way_that_breaks_a_reader_or_a_writer(name: str) -> None:
    assert breaking_changes(_golden(name), schema(EVENTS[name])) == []


@pytest.mark.parametrize("name", EVENTS)
def test_the_golden_schema_is_the_codes_own(name: str) -> None:
    advice = "run `make contracts` and look at the difference"
    assert (SCHEMAS / f"{name}.json").read_text() == as_text(schemas()[name]), advice


def test_no_schema_outlives_its_event() -> None:
    assert {path.stem for path in SCHEMAS.glob("*.json")} == set(EVENTS)


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_has_an_example(name: str) -> None:
    assert list((EXAMPLES / name).glob("*.json"))


@pytest.mark.parametrize("path", ALL_EXAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_example_is_read_by_the_model_and_the_schema(path: Any) -> None:
    event = EVENTS[path.parent.name]
    payload = json.loads(path.read_text())

    read = event.model_validate(payload)
    jsonschema.validate(payload, _golden(path.parent.name))

    assert read.key in json.dumps(payload)
    # What is written again says the same.
    assert event.model_validate_json(read.to_json()) == read


@pytest.mark.parametrize("path", ALL_EXAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_field_from_the_future_does_not_disturb_a_reader(path: Any) -> None:
    payload = json.loads(path.read_text())

    EVENTS[path.parent.name].model_validate(payload | {"invented_later": {"a": 1}})


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda s: s["required"].append("lane"), "is now required"),
        (lambda s: s["required"].remove("size"), "no longer required"),
        (lambda s: s["properties"].pop("filename"), "is gone"),
        (lambda s: s["properties"]["filename"].update(type="integer"), "type"),
        (lambda s: s["$defs"]["Lane"]["enum"].append("express"), "values changed"),
        (lambda s: s["properties"]["taken_at"]["anyOf"].pop(), "alternatives"),
    ],
)
def test_a_breaking_change_is_named(change: Any, text: str) -> None:
    old = schema(EVENTS["photo.uploaded.v1"])
    new = copy.deepcopy(old)
    change(new)

    assert any(text in line for line in breaking_changes(old, new))


def test_an_added_optional_field_breaks_nobody() -> None:
    old = schema(EVENTS["photo.uploaded.v1"])
    new = copy.deepcopy(old)
    new["properties"]["camera_roll"] = {"type": "string", "default": ""}

    assert breaking_changes(old, new) == []


def test_every_event_lies_on_a_topic_of_the_table() -> None:
    for event in EVENTS.values():
        assert set(event.topics) <= {*TOPICS, EMBEDDINGS}


def test_topic_names_are_unique() -> None:
    names = [topic.name for topic in (*TOPICS, *failure_topics())]
    assert len(names) == len(set(names))


def test_every_model_has_a_topic_of_its_own() -> None:
    models = (
        "ViT-B-32/laion2b_s34b_b79k",
        "ViT_B_32/laion2b_s34b_b79k",
        "pichaven-tiny",
        "é" * 300,
    )
    names = [embedding_topic(model).name for model in models]

    assert len(set(names)) == len(names)
    for name in names:
        topic = topic_of(name)
        assert topic is not None
        assert topic.is_compacted
        assert len(name) < 200
    assert topic_of("pichaven.embeddings.v1") is None
