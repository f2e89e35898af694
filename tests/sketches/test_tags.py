"""Tags say exactly what is there: kinds follow from things, numbers are counted through."""

from collections import Counter

from testing.sketches import Wish, draw
from testing.sketches.tags import complete


def test_kinds_follow_from_things():
    assert {"pizza", "food"} <= complete([], Counter(pizza=1))
    assert {"palm tree", "tree", "plant"} <= complete([], Counter({"palm tree": 1}))


def test_a_cat_and_a_dog_are_two_animals_and_one_of_each():
    tags = complete([], Counter(cat=1, dog=1))

    assert "animal#2" in tags
    assert not {"cat#2", "dog#2", "animal#many"} & tags


def test_three_or_more_are_many():
    assert {"car#3", "car#many", "vehicle#3"} <= complete([], Counter(car=3))
    assert "car#3" not in complete([], Counter(car=4))
    assert "car#many" in complete([], Counter(car=4))


def test_several_persons_are_people():
    assert "people" in complete([], Counter(person=2))
    assert "people" not in complete([], Counter(person=1))


def test_what_is_wished_is_counted():
    wish = Wish(thing="dog", count=3, alone=True, setting="studio")
    assert "dog#3" in draw(2, height=64, wish=wish).tags


def test_a_picture_mixes_what_the_vocabulary_knows():
    tags: set[str] = set()
    for seed in range(400):
        tags |= draw(seed, height=24).tags

    assert {"sunset", "night", "rain", "people", "document", "black and white", "city"} <= tags
    assert len(tags) > 250
