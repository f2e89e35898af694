"""`python -m pichaven_identity [api|worker|all|setup]`."""

from pichaven_chassis.runtime import main
from pichaven_identity.bootstrap import build

if __name__ == "__main__":
    main(build)
