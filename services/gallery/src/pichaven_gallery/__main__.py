"""`python -m pichaven_gallery [api|worker|all|setup]`."""

from pichaven_chassis.runtime import main
from pichaven_gallery.bootstrap import build

if __name__ == "__main__":
    main(build)
