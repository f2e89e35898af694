"""Starts SecantusDB as the vendor's image starts mongod; the script of users is not run.

Where there is no data yet, the two users that it would make are made here; without their secrets
nobody needs to be one.
"""

import os
import socket
import subprocess
from pathlib import Path

import pymongo

DATA = Path("/data/db")
SECRETS = Path("/secrets/mongo")
USERS = {"root": "root_password", "pichaven": "password"}


def command(host: str, *options: str) -> list[str]:
    storage = ["--storage-path", str(DATA), "--cache-size", "256M"]
    return ["secantusd-py", "--host", host, "--port", "27017", *storage, *options]


if SECRETS.exists() and not any(DATA.iterdir()):
    server = subprocess.Popen(command("127.0.0.1"))
    client: pymongo.MongoClient[dict[str, object]] = pymongo.MongoClient(
        "mongodb://127.0.0.1:27017/?directConnection=true"
    )
    for name, secret in USERS.items():
        password = (SECRETS / secret).read_text()
        client.admin.command("createUser", name, pwd=password, roles=["root"])
    client.close()
    server.terminate()
    server.wait()
address = socket.gethostbyname(socket.gethostname())
os.execvp("secantusd-py", command(address, *(["--auth"] if SECRETS.exists() else [])))
