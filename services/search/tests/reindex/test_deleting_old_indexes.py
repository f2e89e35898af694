"""Indexes and embeddings go once nothing needs them."""

import pytest
from services.search.tests.reindex.model_switch import ModelSwitch, check_found

from pichaven_contracts.topics import LIBRARY, TEXT, embedding_topic
from pichaven_search.reindex.errors import OperationRefused

pytestmark = pytest.mark.engines


async def test_an_unfinished_index_can_be_discarded(model_switch: ModelSwitch) -> None:
    with pytest.raises(OperationRefused):
        await model_switch.run("reindex", "--model", "new-96", "--stall-timeout", "0")
    assert len(await model_switch.run("reindex", "--discard")) == 1
    assert len(await model_switch.adapters.indexes.list_written()) == 1


async def test_the_old_index_goes_once_its_ml_is_stopped(model_switch: ModelSwitch) -> None:
    await model_switch.reembed("new-96")
    await model_switch.run("reindex", "--model", "new-96")
    with pytest.raises(OperationRefused, match="still runs old-64"):
        await model_switch.run("reindex", "--delete-old")
    del model_switch.mls.runs["old"]
    with pytest.raises(OperationRefused, match="no ml responds at http://old"):
        await model_switch.run("delete-old")
    assert embedding_topic("old-64").name in model_switch.log.records
    model_switch.use_mls("http://new")
    assert len(await model_switch.run("reindex", "--delete-old")) == 1
    await check_found(model_switch, await model_switch.ask("giraffe"), "giraffe")
    topics = {LIBRARY.name, TEXT.name, embedding_topic("new-96").name}
    assert set(model_switch.log.records) == topics
    with pytest.raises(OperationRefused, match="no way back"):
        await model_switch.run("reindex", "--rollback")


async def test_the_old_index_goes_by_force_while_its_ml_does_not_respond(
    model_switch: ModelSwitch,
) -> None:
    await model_switch.reembed("new-96")
    await model_switch.run("reindex", "--model", "new-96")
    del model_switch.mls.runs["old"]
    assert len(await model_switch.run("delete-old", "--force")) == 1
    assert embedding_topic("old-64").name not in model_switch.log.records


async def test_embeddings_stay_while_an_index_or_an_ml_has_their_model(
    model_switch: ModelSwitch,
) -> None:
    topics = {name for name in model_switch.log.records if "embeddings" in name}
    await model_switch.run("rebuild", "--delete-old")
    assert topics == {embedding_topic("old-64").name} <= set(model_switch.log.records)
    await model_switch.reembed("new-96")
    await model_switch.run("reindex", "--model", "new-96")
    assert len(await model_switch.run("reindex", "--delete-old", "--force")) == 1
    assert topics <= set(model_switch.log.records)
