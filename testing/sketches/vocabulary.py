"""The words for what pictures show: singulars, plurals, synonyms, and words that show nothing."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Noun:
    """The words for one tag; the first of each list is the plainest.

    `mass` words take neither article nor number ("snow", "people", "black and white").
    """

    singular: tuple[str, ...] = ()
    plural: tuple[str, ...] = ()
    mass: tuple[str, ...] = ()

    def words(self) -> tuple[str, ...]:
        return self.singular + self.plural + self.mass


def _noun(singular: str = "", plural: str = "", mass: str = "") -> Noun:
    return Noun(*(tuple(filter(None, form.split("|"))) for form in (singular, plural, mass)))


OBJECTS: Final[dict[str, Noun]] = {
    "cat": _noun("cat|kitten|kitty", "cats|kittens"),
    "dog": _noun("dog|puppy|doggy", "dogs|puppies"),
    "bird": _noun("bird|sparrow|parrot", "birds"),
    "horse": _noun("horse|pony|stallion", "horses|ponies"),
    "fish": _noun("fish|goldfish", "fishes", "fish"),
    "car": _noun("car|automobile|sedan|taxi", "cars|automobiles"),
    "boat": _noun("boat|ship|sailboat|yacht", "boats|ships|sailboats|yachts"),
    "bicycle": _noun("bicycle|bike|cycle", "bicycles|bikes"),
    "airplane": _noun("airplane|plane|aircraft|jet", "airplanes|planes|jets", "aircraft"),
    "train": _noun("train|railway train|locomotive", "trains", "railway"),
    "person": _noun(
        "person|man|woman|human|guy|child|kid|boy|girl", "men|women|children|kids", "someone"
    ),
    "portrait": _noun(
        "portrait|face|selfie|headshot|smiling face|close up face", "portraits|faces|selfies"
    ),
    "flower": _noun("flower|blossom|rose|daisy|bloom", "flowers|blossoms|roses|blooms"),
    "tree": _noun("tree|pine tree|oak", "trees|pine trees"),
    "palm tree": _noun("palm tree|palm", "palm trees|palms"),
    "christmas tree": _noun("christmas tree|xmas tree", "christmas trees", "christmas|xmas"),
    "house": _noun("house|home|cottage|cabin", "houses|homes|cottages"),
    "lighthouse": _noun("lighthouse|light house", "lighthouses"),
    "bridge": _noun("bridge|suspension bridge", "bridges"),
    "birthday cake": _noun(
        "birthday cake|cake|cake with candles", "birthday cakes|cakes", "birthday"
    ),
    "meal": _noun("meal|plate|dish|plate of food", "meals|plates|dishes", "dinner|lunch"),
    "pizza": _noun("pizza", "pizzas", "pizza"),
    "coffee": _noun(
        "cup|mug|cup of coffee|coffee cup|cup of tea", "cups|mugs", "coffee|cappuccino|tea"
    ),
    "apple": _noun("apple", "apples"),
    "document": _noun(
        "document|page|letter|receipt|sheet of paper|page of text|paper",
        "documents|pages|papers|letters|receipts",
        "text|paperwork|writing",
    ),
    "book": _noun("book|notebook|novel", "books|notebooks"),
    "balloon": _noun("balloon", "balloons"),
    "ball": _noun("ball|beach ball|football", "balls"),
    "umbrella": _noun("umbrella|parasol", "umbrellas|parasols"),
    "clock": _noun("clock|watch|wall clock", "clocks|watches"),
}

PLACES: Final[dict[str, Noun]] = {
    "beach": _noun("beach|sandy beach|shore|coast|seaside", "beaches", "seaside"),
    "sea": _noun("sea|ocean", "seas", "waves|sea water"),
    "lake": _noun("lake|river|pond", "lakes|rivers"),
    "mountain": _noun("mountain|peak|mountain range|hill", "mountains|peaks|hills|alps"),
    "forest": _noun("forest|wood", "forests|woods", "woodland"),
    "desert": _noun("desert", "deserts|dunes|sand dunes"),
    "city": _noun("city|city skyline|skyline|town", "cities|skyscrapers", "downtown|cityscape"),
    "road": _noun("road|street|highway", "roads|streets"),
    "snow": _noun("snowy landscape", "", "snow|snow landscape"),
    "grass": _noun("field|meadow|lawn|green field", "fields|meadows", "grass"),
    "garden": _noun("garden|flower garden|flower bed", "gardens"),
    "room": _noun("room|living room|interior", "rooms", "interior"),
    "table": _noun("table|desk|wooden table", "tables"),
}

DETAILS: Final[dict[str, Noun]] = {
    "moon": _noun("moon|full moon", "", "moonlight"),
    "stars": _noun("star", "stars", "starry sky|night sky|stars"),
    "fireworks": _noun("firework", "fireworks", "fireworks"),
    "rainbow": _noun("rainbow", "rainbows"),
    "clouds": _noun("cloud|cloudy sky", "clouds"),
    "cloudy": _noun("overcast sky|cloudy sky|grey sky", "", "cloudy weather|overcast"),
    "sun": _noun("sun", "", "sunshine|sunny weather"),
    "cactus": _noun("cactus", "cacti|cactuses"),
    "sofa": _noun("sofa|couch", "sofas|couches"),
    "window": _noun("window", "windows"),
    "lamp": _noun("lamp|floor lamp", "lamps"),
    "sunset": _noun("sunset|sunrise|sunset sky", "sunsets|sunrises", "dusk|dawn|sundown"),
    "rain": _noun("rainy day", "", "rain|rainy weather|heavy rain"),
    "snowfall": _noun("snow storm", "", "snowfall|falling snow|snowing"),
    "fog": _noun("foggy day", "", "fog|mist|foggy weather"),
    "night": _noun("night", "nights", "night time|darkness"),
    "day": _noun("sunny day|day", "", "daytime|daylight"),
    "autumn": _noun("", "", "autumn|fall leaves|autumn leaves|fall colors"),
}

KINDS: Final[dict[str, Noun]] = {
    "animal": _noun("animal|pet|creature", "animals|pets"),
    "vehicle": _noun("vehicle", "vehicles", "transport|transportation"),
    "building": _noun("building", "buildings|houses", "architecture"),
    "plant": _noun("plant", "plants", "vegetation"),
    "food": _noun("snack", "", "food|something to eat|delicious food"),
    "fruit": _noun("fruit", "fruits", "fruit"),
    "party": _noun("party|celebration|birthday party", "parties", "celebration"),
    "water": _noun("", "", "water|blue water"),
    "sky": _noun("sky", "skies"),
    "human": _noun("person|human", "humans|persons", "people"),
    "people": _noun("group of people|family|crowd|couple", "", "people|friends|family|some people"),
    "landscape": _noun("landscape|view", "landscapes", "nature|scenery|countryside"),
    "outdoors": _noun("", "", "outdoors|outside"),
    "indoors": _noun("", "", "indoors|inside"),
    "winter": _noun("winter day|winter landscape", "", "winter"),
}

STYLES: Final[dict[str, Noun]] = {
    "black and white": _noun(mass="black and white|monochrome|grayscale|b&w"),
    "sepia": _noun(mass="sepia|vintage"),
}

NOUNS: Final = OBJECTS | PLACES | DETAILS | KINDS | STYLES

COLOUR_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "red": ("red",),
    "orange": ("orange",),
    "yellow": ("yellow",),
    "green": ("green",),
    "blue": ("blue",),
    "purple": ("purple", "violet"),
    "pink": ("pink",),
    "white": ("white",),
    "black": ("black",),
    "brown": ("brown",),
    "gray": ("gray", "grey"),
}

COUNT_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "2": ("two", "2", "a pair of", "a couple of", "two"),
    "3": ("three", "3", "three"),
    "many": ("many", "several", "lots of", "a group of", "a bunch of", "a lot of"),
}

# How a thing is said to be somewhere.
AT_PLACE: Final[dict[str, tuple[str, ...]]] = {
    "beach": ("on the", "at the", "on a", "by the"),
    "sea": ("on the", "at the", "in the", "by the", "near the"),
    "lake": ("on the", "by the", "at the", "near a"),
    "mountain": ("in the", "near a", "by the", "in front of a"),
    "forest": ("in the", "in a"),
    "desert": ("in the", "in a"),
    "city": ("in the", "in a"),
    "road": ("on the", "on a", "by the"),
    "snow": ("in the", "in", "on the"),
    "grass": ("on the", "in the", "on"),
    "garden": ("in the", "in a"),
    "room": ("in a", "in the"),
    "table": ("on a", "on the"),
}
DURING: Final[dict[str, tuple[str, ...]]] = {
    "sunset": ("at sunset", "at dusk", "in the evening", "at sunrise", "during sunset", "at dawn"),
    "night": ("at night", "in the dark", "at night time", "by night", "during the night"),
    "day": ("during the day", "in daylight", "on a sunny day", "by day"),
    "rain": ("in the rain", "on a rainy day", "while it is raining", "in rainy weather"),
    "snowfall": ("in falling snow", "while it is snowing", "in a snow storm"),
    "fog": ("in the fog", "on a foggy day", "in the mist"),
    "autumn": ("in autumn", "in the fall"),
    "winter": ("in winter",),
    "outdoors": ("outdoors", "outside", "in the open air"),
    "indoors": ("indoors", "inside", "at home"),
}

# Wordings around a query that ask for nothing in particular.
FRAMES: Final[tuple[str, ...]] = (
    "{}",
    "a photo of {}",
    "photo of {}",
    "photos of {}",
    "a picture of {}",
    "picture of {}",
    "pictures of {}",
    "pics of {}",
    "an image of {}",
    "images of {}",
    "my photo of {}",
    "my photos of {}",
    "a photo with {}",
    "photos with {}",
    "pictures with {}",
    "show me {}",
    "show me photos of {}",
    "show me the {}",
    "find {}",
    "find me {}",
    "find pictures of {}",
    "search for {}",
    "looking for {}",
    "i am looking for {}",
    "i want to see {}",
    "where is {}",
    "this is {}",
    "here is {}",
    "there is {}",
    "there are {}",
    "a shot of {}",
    "a snapshot of {}",
    "a close up of {}",
    "a view of {}",
    "all {}",
    "all photos with {}",
    "{} photo",
    "{} photos",
    "{} picture",
    "{} pictures",
    "{} pics",
    "{} image",
    "{} from my trip",
    "{} from our holiday",
    "{} on vacation",
    "{} from last summer",
    "{} last year",
    "{} seen from above",
    "{} from above",
    "{} in the background",
    "{} please",
    "{} that i took",
    "holiday {}",
)
ADJECTIVES: Final[tuple[str, ...]] = (
    "beautiful",
    "nice",
    "lovely",
    "cute",
    "pretty",
    "big",
    "small",
    "little",
    "large",
    "tiny",
    "great",
    "old",
    "new",
    "my",
    "our",
    "favourite",
    "amazing",
    "cool",
    "funny",
    "single",
    "real",
)

# Words that claim nothing about a picture, so no query is empty because of them.
_NEUTRAL_EXTRA: Final = (
    "this that these those from your have here there what where when which with some any many "
    "very most more into over under near behind front between during while were them they their "
    "then than will would could should been being also just like only taken took take find show "
    "look looking search want photo photos picture pictures image images camera photograph snap "
    "snapshot shot view scene background thing things something object objects colored coloured "
    "colour color colourful colorful bright dark light sunny cold warm holiday holidays vacation "
    "travel trip summer spring season year month week today yesterday morning afternoon evening "
    "weekend good best one two three four five group pair couple bunch several lots please "
    "standing sitting lying walking running flying swimming driving parked playing eating wearing "
    "dressed shirt dress clothes front back left right side middle top bottom next beside together "
    "alone full empty close closeup wide high low tall short long open closed"
)
NEUTRAL_WORDS: Final = frozenset(_NEUTRAL_EXTRA.split())


def known_words() -> frozenset[str]:
    """Return every word that a caption may contain, and every neutral word."""
    phrases: list[str] = [*FRAMES, *ADJECTIVES, *NEUTRAL_WORDS]
    for noun in NOUNS.values():
        phrases += noun.words()
    for table in (COLOUR_WORDS, COUNT_WORDS, AT_PLACE, DURING):
        for words in table.values():
            phrases += words
    return frozenset(word for phrase in phrases for word in phrase.replace("{}", " ").split())
