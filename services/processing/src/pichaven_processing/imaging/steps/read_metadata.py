"""Read what was written into the file; whatever is wrong with it, the picture goes on."""

import sys
import traceback

from pichaven_processing.imaging.metadata.reading import read_blocks
from pichaven_processing.imaging.work import Work


def run(work: Work) -> None:
    try:
        work.metadata = read_blocks(work.opened().blocks())
    except MemoryError:
        raise
    except Exception:
        # Hostile metadata must not cost the picture; the trace goes to the worker's log.
        traceback.print_exc(file=sys.stderr)
