"""Damage of the kinds that disks, cards and broken programs do to files."""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

Mutation = Callable[[bytearray, random.Random], None]

_EDGES: Final = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class MutatedFile:
    name: str
    """Of the sound file."""
    mutation: str
    number: int
    """With the seed it gives the same bytes again."""
    data: bytes


def mutated_files(corpus: Mapping[str, bytes], count: int, seed: int = 1) -> Iterator[MutatedFile]:
    """Yield so many mutated files: of each format in turn, of each mutation in turn.

    A round of all formats has every mutation, and so many rounds as there are mutations have each
    of them of every format.
    """
    names, kinds = list(corpus), list(MUTATIONS)
    for number in range(count):
        name = names[number % len(names)]
        kind = kinds[(number + number // len(names)) % len(kinds)]
        data = bytearray(corpus[name])
        MUTATIONS[kind](data, random.Random(f"{seed} {number}"))
        yield MutatedFile(name, kind, number, bytes(data))


def _flip_bits(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice([1, 1, 2, 8])):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _flip_bits_of_header(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice([1, 2])):
        data[rng.randrange(min(len(data), 700))] ^= 1 << rng.randrange(8)


def _cut(data: bytearray, rng: random.Random) -> None:
    del data[rng.randrange(len(data)) :]


def _zero_tail(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    data[at:] = bytes(len(data) - at)


def _zero_range(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    length = min(rng.choice([16, 512, 4096, len(data) // 4]), len(data) - at)
    data[at : at + length] = bytes(length)


def _overwrite(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    length = min(rng.choice([1, 4, 64, 1024]), len(data) - at)
    data[at : at + length] = rng.randbytes(length)


def _insert(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    data[at:at] = rng.randbytes(rng.choice([1, 2, 7, 512]))


def _remove(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    del data[at : at + rng.choice([1, 2, 7, 512])]


def _swap_ranges(data: bytearray, rng: random.Random) -> None:
    length = min(rng.choice([4, 64, 512]), len(data) // 4)
    one, other = rng.randrange(len(data) // 2 - length), len(data) // 2
    other += rng.randrange(len(data) // 2 - length)
    first = data[one : one + length]
    data[one : one + length] = data[other : other + length]
    data[other : other + length] = first


def _replace_length(data: bytearray, rng: random.Random) -> None:
    """A number that may be a length or an offset: a small one, near the file's start."""
    width = rng.choice([2, 4])
    order = rng.choice(["big", "little"])
    places = [
        at
        for at in range(2, min(len(data) - width, 1500))
        if 0 < int.from_bytes(data[at : at + width], order) <= len(data)  # type: ignore[arg-type]
    ]
    at = rng.choice(places or [0])
    value = rng.choice([*_EDGES, len(data), rng.randrange(len(data))])
    data[at : at + width] = (value & ((1 << 8 * width) - 1)).to_bytes(width, order)  # type: ignore[arg-type]


def _swap_lengths(data: bytearray, rng: random.Random) -> None:
    """Two words of four bytes near the start."""
    last = min(len(data) - 4, 1500)
    one, other = rng.randrange(last), rng.randrange(last)
    first, second = bytes(data[one : one + 4]), bytes(data[other : other + 4])
    data[one : one + 4], data[other : other + 4] = second, first


MUTATIONS: Final[dict[str, Mutation]] = {
    "flipped bits": _flip_bits,
    "flipped bits of the header": _flip_bits_of_header,
    "cut": _cut,
    "zeroed tail": _zero_tail,
    "zeroed range": _zero_range,
    "overwritten": _overwrite,
    "inserted bytes": _insert,
    "removed bytes": _remove,
    "swapped ranges": _swap_ranges,
    "replaced length": _replace_length,
    "swapped lengths": _swap_lengths,
}
