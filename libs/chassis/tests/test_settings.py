from pathlib import Path

import pytest
from pydantic import ValidationError

from pichaven_chassis.settings import SECRETS_DIR, KafkaSettings, MongoSettings, StorageSettings


@pytest.fixture
def secrets_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(SECRETS_DIR, str(tmp_path))
    return tmp_path


def test_a_secret_is_read_from_the_file_of_its_name(secrets_dir: Path) -> None:
    (secrets_dir / "PICHAVEN_STORAGE_SECRET_ACCESS_KEY").write_text("of a file\n")
    (secrets_dir / "pichaven_mongo_password").write_text("of another")

    assert StorageSettings().secret_access_key.get_secret_value() == "of a file"
    password = MongoSettings().password
    assert password is not None
    assert password.get_secret_value() == "of another"


def test_the_environment_comes_before_files(
    secrets_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (secrets_dir / "PICHAVEN_STORAGE_BUCKET").write_text("of-a-file")
    monkeypatch.setenv("PICHAVEN_STORAGE_BUCKET", "of-the-environment")

    assert StorageSettings().bucket == "of-the-environment"


@pytest.mark.parametrize("protocol", ["SASL_PLAINTEXT", "SASL_SSL"])
def test_sasl_needs_credentials(protocol: str) -> None:
    with pytest.raises(ValidationError, match="needs sasl_username and sasl_password"):
        KafkaSettings.model_validate({"security_protocol": protocol, "sasl_username": "pichaven"})
