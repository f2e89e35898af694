"""What the serving process does not load: each costs hundreds of megabytes."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


def test_the_serving_process_imports_neither_torch_nor_ocr() -> None:
    look = (
        "import sys, pichaven_ml.bootstrap;"
        "sys.exit(bool({'torch', 'open_clip', 'rapidocr', 'cv2', 'shapely'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", look], check=False).returncode == 0
