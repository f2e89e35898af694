"""The server as the logged-in user, and the terminal's two streams."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import typer
from rich.console import Console

from pichaven_cli import credentials
from pichaven_cli.api import Api, ApiProblem, Unreachable
from pichaven_cli.credentials import DEFAULT_URL

out = Console()
err = Console(stderr=True)


def server_url(option: str | None = None) -> str:
    session = credentials.load()
    return option or os.environ.get("PICHAVEN_URL") or (session.url if session else DEFAULT_URL)


def _print_retry(reason: str, wait: float) -> None:
    err.print(f"[yellow]{reason}; again in {wait:.0f} s")


@contextmanager
def connect(**options: Any) -> Iterator[Api]:
    """Yield the API as the logged-in user; on a problem print what to do and exit with code 1.

    The options are those of `Api`.
    """
    session, url = credentials.load(), server_url()
    key = os.environ.get("PICHAVEN_API_KEY")
    # The tokens of one server are never sent to another.
    if not key and (session is None or not session.is_for(url)):
        err.print(f"Not logged in at {url}. Run [bold]pichaven login[/bold] first.")
        raise typer.Exit(1)
    api = Api(
        url,
        credentials=None if key else session,
        api_key=key,
        on_refresh=credentials.save,
        session_lock=nullcontext if key else credentials.lock,
        **{"on_retry": _print_retry, **options},
    )
    try:
        yield api
    except ApiProblem as problem:
        err.print(f"[red]{problem.detail}[/red] ({problem.code}) {_next_step(problem)}")
        raise typer.Exit(1) from None
    except Unreachable as error:
        err.print(f"[red]{error}[/red] Is PicHaven running? Try `make status`.")
        raise typer.Exit(1) from None
    finally:
        api.close()


def _next_step(problem: ApiProblem) -> str:
    if problem.code == "insufficient_scope":
        return (
            f"The key in PICHAVEN_API_KEY lacks the scope {problem.scope}. Create a key that has "
            "it (POST /api/v1/me/api-keys), or unset PICHAVEN_API_KEY and run pichaven login."
        )
    if problem.status != 401:
        return ""
    if os.environ.get("PICHAVEN_API_KEY"):
        return "Set PICHAVEN_API_KEY to another key."
    return "Your session has ended. Run pichaven login."
