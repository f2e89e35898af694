"""Which model a stack runs, and what a start with other settings says."""

from pathlib import Path

import pytest

from pichaven_local.composition import Composition
from pichaven_local.errors import StartError
from pichaven_local.model_file import ModelChoice, ModelFile, StackModels, check_model
from pichaven_local.platform import load_table
from pichaven_local.ports import Ports
from pichaven_ml.settings import ClipSettings

CLIP = {"PICHAVEN_CLIP_MODEL": "ViT-B-32", "PICHAVEN_CLIP_PRETRAINED": "laion2b_s34b_b79k"}
FOLDER = {"PICHAVEN_CLIP_MODEL": "pichaven-tiny", "PICHAVEN_ML_BUNDLED_DIR": "/models/mine"}


def _composition(directory: Path, extra_env: dict[str, str]) -> Composition:
    table = load_table()
    return Composition(
        directory=directory,
        ports=Ports(),
        table=table,
        services=list(table.services),
        extra_env=extra_env,
        secrets={"storage_key_id": "id", "storage_secret": "secret"},
    )


def test_the_models_are_read_as_they_were_written(tmp_path: Path) -> None:
    file = ModelFile(tmp_path)
    assert (file.read(), file.version) == (None, None)
    models = StackModels(ModelChoice.from_environment(CLIP), ModelChoice("mine", FOLDER))

    file.write(models)
    version = file.version
    assert file.read() == models
    file.write(StackModels(models.in_force))

    assert file.read() == StackModels(models.in_force)
    assert file.version != version


def test_an_unreadable_file_is_reported_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text('{"in_force": ')

    with pytest.raises(StartError, match="Delete it, and name the model"):
        ModelFile(tmp_path).read()


def test_a_start_that_names_another_model_is_refused() -> None:
    models = StackModels(ModelChoice.from_environment({}))

    with pytest.raises(StartError) as refusal:
        check_model(models, CLIP)

    assert "embedded by pichaven-photo" in str(refusal.value)
    assert "names ViT-B-32/laion2b_s34b_b79k" in str(refusal.value)
    assert "Unset PICHAVEN_CLIP_MODEL and PICHAVEN_CLIP_PRETRAINED" in str(refusal.value)


@pytest.mark.parametrize("environment", [{}, CLIP, CLIP | {"PICHAVEN_ML_BUNDLED_DIR": ""}])
def test_a_start_that_names_the_same_model_or_none_is_accepted(environment: dict[str, str]) -> None:
    check_model(StackModels(ModelChoice("ViT-B-32/laion2b_s34b_b79k", CLIP)), environment)


def test_ml_runs_the_model_in_force_whatever_the_first_start_named(tmp_path: Path) -> None:
    composition = _composition(tmp_path, CLIP | {"PICHAVEN_ML_THREADS": "2"})
    composition.models = StackModels(ModelChoice("mine", FOLDER))

    environment = composition.environment("ml")

    assert FOLDER.items() <= environment.items()
    assert "PICHAVEN_CLIP_PRETRAINED" not in environment
    assert environment["PICHAVEN_ML_THREADS"] == "2"
    assert "PICHAVEN_ML_CANDIDATE" not in environment


def test_a_candidate_has_the_settings_of_ml_but_for_its_model_and_port(tmp_path: Path) -> None:
    composition = _composition(tmp_path, CLIP)
    component = composition.candidate_ml(ModelChoice("mine", FOLDER))

    environment = component.make_command().environment
    ml = composition.service("ml").make_command().environment

    assert (component.name, component.port) == ("ml-next", Ports().ml_next)
    own = FOLDER | {"PICHAVEN_ML_CANDIDATE": "true", "PICHAVEN_HTTP_PORT": "8114"}
    assert own.items() <= environment.items()
    assert environment.keys() - own.keys() == ml.keys() - {*own, "PICHAVEN_CLIP_PRETRAINED"}
    assert all(environment[name] == ml[name] for name in environment.keys() - own.keys())


def test_search_has_the_addresses_of_both_ml(tmp_path: Path) -> None:
    urls = _composition(tmp_path, {}).environment("search")["PICHAVEN_ML_URLS"]

    assert urls == "http://127.0.0.1:8104,http://127.0.0.1:8114"


def test_the_default_is_that_of_ml() -> None:
    assert ModelChoice.from_environment({}).settings == {
        "PICHAVEN_CLIP_MODEL": ClipSettings().model
    }
