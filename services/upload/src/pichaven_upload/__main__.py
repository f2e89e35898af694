"""`python -m pichaven_upload [api|worker|all|setup]`."""

from pichaven_chassis.runtime import main
from pichaven_upload.bootstrap import build

if __name__ == "__main__":
    main(build)
