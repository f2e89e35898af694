"""`python -m pichaven_processing worker`."""

from pichaven_chassis.runtime import main
from pichaven_processing.bootstrap import build

if __name__ == "__main__":
    main(build)
