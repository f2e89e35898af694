"""How much JavaScript the addresses of the built web client load."""

import json
import subprocess

import pytest

from pichaven_local.web_client import WEB, WebClient, node


@pytest.mark.slow
def test_the_first_screen_is_within_its_budget() -> None:
    command = [str(node()), "build/bundle-by-route.ts", str(WebClient().build())]
    run = subprocess.run(command, cwd=WEB, capture_output=True, text=True, check=False)

    report = json.loads(run.stdout)
    sizes = {route["path"]: route["bytes"] for route in report["routes"]}
    assert report["first_load_bytes"] == sizes["/"] <= report["budget_bytes"], run.stdout
    assert run.returncode == 0
    assert sizes["/"] < sizes["/map"]
