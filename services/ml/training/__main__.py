"""`python -m training`: draw, train, export and evaluate `pichaven-tiny`; each step goes on
where it was stopped, and does nothing where it is done."""

import argparse
import os
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]
STEPS = ("draw", "train", "export", "evaluate")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("steps", nargs="*", choices=[[], *STEPS], help="default: all, in order")
    parser.add_argument("--data", type=Path, default=REPOSITORY / "training-data")
    parser.add_argument(
        "--model",
        type=Path,
        default=REPOSITORY / "services/ml/src/pichaven_ml/models/pichaven-tiny",
        help="folder that the model is exported to and evaluated in",
    )
    chosen = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"  # nothing is fetched, whatever open_clip would look for
    for step in chosen.steps or STEPS:
        _run(step, chosen.data, chosen.model)


def _run(step: str, data: Path, model: Path) -> None:
    # torch takes seconds to import, so `--help` does without.
    from training.recipe import Recipe

    recipe = Recipe()
    if step == "draw":
        from training.pictures import make_pictures
        from training.tokens import write_merges

        make_pictures(data, recipe.pictures)
        write_merges(data / "bpe_tiny.txt.gz")
    elif step == "train":
        from training.train import train

        train(recipe, data)
    elif step == "export":
        from training.export import export

        export(recipe, data, model)
    else:
        from training.evaluate import evaluate

        evaluate(model)


if __name__ == "__main__":
    main()
