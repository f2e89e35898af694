"""Read what was written into the file; whatever is wrong with it, the picture goes on."""

import sys
import traceback
from dataclasses import replace

from pichaven_processing.imaging.metadata.place_names import named
from pichaven_processing.imaging.metadata.reading import read_blocks
from pichaven_processing.imaging.picture import Work


def run(work: Work) -> None:
    try:
        work.metadata = read_blocks(work.opened().blocks())
        if work.metadata.place is not None:
            work.metadata = replace(work.metadata, place=named(work.metadata.place))
    except MemoryError:
        raise
    except Exception:
        # Hostile metadata must not cost the picture; the trace goes to the worker's log.
        traceback.print_exc(file=sys.stderr)
