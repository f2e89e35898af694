"""Labelled queries for measuring search: what people type, and the tags of relevant pictures.

The groups differ in what a small model can do, so that a test asserts only that.
`UNKNOWN_QUERIES` have no relevant picture, and their words are in no caption.
"""

from typing import Final, NamedTuple


class Query(NamedTuple):
    text: str
    requires: frozenset[str]


def _queries(table: dict[str, str]) -> tuple[Query, ...]:
    return tuple(
        Query(text, frozenset(tag.strip() for tag in tags.split(",")))
        for text, tags in table.items()
    )


# Settings, light, styles and broad kinds: what fills a picture.
ROBUST: Final = _queries(
    {
        "sunset": "sunset",
        "beach": "beach",
        "night sky": "stars",
        "city at night": "city, night",
        "forest": "forest",
        "snow": "snow",
        "mountains": "mountain",
        "the sea": "sea",
        "desert": "desert",
        "document": "document",
        "portrait": "portrait",
        "food": "food",
        "black and white": "black and white",
        "rainbow": "rainbow",
        "fireworks": "fireworks",
        "animal": "animal",
        "vehicle": "vehicle",
        "flowers": "flower",
        "trees": "tree",
        "a street": "road",
        "beach at sunset": "beach, sunset",
    }
)

# One kind of thing by its plain name.
OBJECTS: Final = _queries(
    {
        "cat": "cat",
        "dog": "dog",
        "bird": "bird",
        "horse": "horse",
        "fish": "fish",
        "car": "car",
        "boat": "boat",
        "bicycle": "bicycle",
        "airplane": "airplane",
        "train": "train",
        "people": "people",
        "birthday cake": "birthday cake",
        "pizza": "pizza",
        "coffee": "coffee",
        "book": "book",
        "balloon": "balloon",
        "ball": "ball",
        "umbrella": "umbrella",
        "lighthouse": "lighthouse",
        "bridge": "bridge",
        "christmas tree": "christmas tree",
        "clock": "clock",
        "apple": "apple",
        "house": "house",
        "palm tree": "palm tree",
    }
)

# Colour bound to a thing.
COLOURS: Final = _queries(
    {
        "red car": "car:red",
        "blue car": "car:blue",
        "a yellow flower": "flower:yellow",
        "white dog": "dog:white",
        "black cat": "cat:black",
        "orange cat": "cat:orange",
        "red balloon": "balloon:red",
        "green ball": "ball:green",
        "blue book": "book:blue",
        "red umbrella": "umbrella:red",
        "brown horse": "horse:brown",
        "pink birthday cake": "birthday cake:pink",
    }
)

# Numbers of things.
COUNTS: Final = _queries(
    {
        "two dogs": "dog#2",
        "two people": "person#2",
        "three balloons": "balloon#3",
        "many cars": "car#many",
        "two boats": "boat#2",
        "several books": "book#many",
    }
)

# Plurals, synonyms and filler words around things that are known.
WORDINGS: Final = _queries(
    {
        "dogs": "dog",
        "cars": "car",
        "birds": "bird",
        "lighthouses": "lighthouse",
        "kittens": "cat",
        "a puppy": "dog",
        "this is a boat": "boat",
        "sunset from above": "sunset",
        "my holiday photos of the beach": "beach",
        "show me photos of a bike": "bicycle",
        "find pictures of planes": "airplane",
        "the ocean": "sea",
        "stormy night with rain": "night, rain",
        "where is the letter": "document",
        "cup of tea": "coffee",
        "something to eat": "food",
    }
)

ALL: Final = ROBUST + OBJECTS + COLOURS + COUNTS + WORDINGS

# Held out from everything the model is trained with, as words that nothing drawn shows.
UNKNOWN_WORDS: Final = (
    "elephant",
    "helicopter",
    "guitar",
    "zebra",
    "keyboard",
    "wedding",
    "tiger",
    "waterfall",
    "skateboard",
    "giraffe",
    "castle",
    "volcano",
    "submarine",
    "sushi",
    "violin",
    "dinosaur",
    "hospital",
    "laptop",
    "refrigerator",
    "soccer",
    "penguin",
    "motorcycle",
    "tractor",
    "toothbrush",
    "bear",
    "rocket",
    "astronaut",
    "piano",
    "camel",
    "dolphin",
    "spider",
    "microscope",
    "helmet",
    "screwdriver",
    "passport",
    "windmill",
)
UNKNOWN_QUERIES: Final = (
    *UNKNOWN_WORDS,
    "giraffes",
    "a photo of a zebra",
    "two elephants",
    "my guitar on vacation",
    "asdfgh",
    "xqzt",
    "my tax return",
    "grandma",
    "invoice",
    "wifi password",
    "lorem ipsum",
    "berlin",
)
