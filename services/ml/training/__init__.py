"""How `pichaven-tiny` is made: pictures, training, export, evaluation. See README.md."""
