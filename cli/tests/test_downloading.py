from pathlib import Path

import pytest

from pichaven_cli.api import Api
from pichaven_cli.downloading import DownloadError, download_photo


def test_a_photo_without_an_original_is_reported_by_name(tmp_path: Path) -> None:
    photo = {"id": "1", "filename": "broken.jpg", "original_url": None, "sha256": "0" * 64}

    with pytest.raises(DownloadError, match=r"broken\.jpg: its original was rejected"):
        download_photo(Api("http://127.0.0.1:1"), photo, tmp_path, lambda _: None)

    assert list(tmp_path.iterdir()) == []
