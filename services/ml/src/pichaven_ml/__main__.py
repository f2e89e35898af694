from pichaven_chassis.runtime import main
from pichaven_ml.bootstrap import build
from pichaven_ml.process_memory import keep_memory_flat

if __name__ == "__main__":
    keep_memory_flat()
    main(build)
