"""What the main thread of a page did, from a trace of Chromium."""

import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

CATEGORIES: Final = (
    "devtools.timeline",
    "disabled-by-default-devtools.timeline",
    "toplevel",
    "cc",
)
_FRAME: Final = "BeginMainThreadFrame"
_TASK: Final = "RunTask"
_SCRIPT: Final = frozenset(
    {"FunctionCall", "EvaluateScript", "TimerFire", "EventDispatch", "RunMicrotasks"}
    | {"FireAnimationFrame", "FireIdleCallback", "v8.compile", "MinorGC", "MajorGC"}
)
_LAYOUT: Final = frozenset({"Layout", "UpdateLayoutTree", "PrePaint", "HitTest"})

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MainThread:
    """Milliseconds of CPU time, which a busy machine lengthens less than the clock's."""

    longest_task: float
    longest_task_by_the_clock: float
    frames: Sequence[float]
    """Script and layout until each frame, from the frame before."""


def read_main_thread(trace: bytes) -> MainThread:
    """Return the work of the busiest renderer's main thread. Raises `ValueError` without one."""
    events: list[Event] = json.loads(trace)["traceEvents"]
    threads = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    by_thread: dict[tuple[int, int], list[Event]] = defaultdict(list)
    for event in events:
        thread = (event["pid"], event["tid"])
        if thread in threads and event["ph"] in {"X", "B", "I", "b"}:
            by_thread[thread].append(event)
    if not by_thread:
        raise ValueError("the trace has no main thread")
    busiest = max(by_thread, key=lambda thread: len(by_thread[thread]))
    own = by_thread[busiest]
    own.sort(key=lambda event: event["ts"])
    tasks = [event for event in own if event["name"] == _TASK]
    starts = [event["ts"] for event in own if event["name"] == _FRAME]
    frames = [0.0] * (len(starts) + 1)
    end = 0.0
    for event in own:
        # Of nested events the outermost.
        if event["name"] in _SCRIPT | _LAYOUT and event["ts"] >= end and "dur" in event:
            end = event["ts"] + event["dur"]
            frames[bisect_right(starts, event["ts"])] += _cpu_ms(event)
    return MainThread(
        max(map(_cpu_ms, tasks), default=0.0),
        max((event["dur"] / 1000 for event in tasks if "dur" in event), default=0.0),
        frames[1:-1],
    )


def _cpu_ms(event: Event) -> float:
    duration = event["tdur"] if "tdur" in event else event.get("dur", 0)
    return float(duration) / 1000
