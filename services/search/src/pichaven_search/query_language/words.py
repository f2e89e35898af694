"""Text as words that compare: folded, stemmed, the same when stored and when asked for.

Elasticsearch gets words that are made here and only splits them at blanks, so an index means
the same on every distribution of it, and nothing of a query is ever read as syntax. A change
here changes what an index holds: raise `SCHEMA` in `index/document.py` with it.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import snowballstemmer

LANGUAGES: Final = {
    **dict.fromkeys(
        ("english", "german", "french", "spanish", "italian", "portuguese", "dutch"), 3
    ),
    **dict.fromkeys(("swedish", "danish", "norwegian", "finnish"), 4),
}
"""The language of a caption is not known, so a word has a stem in each of these; shorter stems
than so many letters would make one of words that have nothing in common."""
_SHORTEST_STEM: Final = 3
_OTHER_SCRIPTS: Final = (
    ("\u0370", "\u03ff", "greek"),
    ("\u0400", "\u04ff", "russian"),
)

_SINGULARS: Final = (("ões", "ão"), ("ães", "ão"), ("coes", "cao"))
"""Portuguese plurals that its stemmer takes for words of their own."""

_LONGEST_WORD: Final = 64
_COMBINING: Final = re.compile("[\u0300-\u036f]")
_CJK: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_WORD: Final = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+")
_IS_CJK: Final = re.compile(rf"[{_CJK}]")
_NAME_PART: Final = re.compile(r"[^\W\d_]+|\d+")
_CAMEL: Final = re.compile(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])")
_LETTERS: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ß": "ss"}
)
_STOP: Final = frozenset(
    re.findall(
        r"\w+",
        """
        a an the and or of in on at to for from with without by is are was were be it its this
        that my your our his her their me i you we he she they as photo photos picture pictures
        image images pic pics foto fotos bild bilder
        der die das den dem des ein eine einer einem einen und oder im am an auf von vom zu zum
        zur mit bei ist sind le la les un une des du de et ou dans sur avec au aux en est sont
        el los las una y o con por para del al es il lo gli uno e di da nel nella sul sulla
        os um uma do dos das no na nos nas com het een met
        """,
    )
)
"""Words that say nothing, in those languages; a question of nothing else keeps them."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word without case and accents, and what else it may be found by."""

    folded: str
    stems: frozenset[str]

    @property
    def is_plain(self) -> bool:
        """Letters only, so that a typing error in it means nothing else, as in a number."""
        return self.folded.isalpha() and not _IS_CJK.search(self.folded)


def fold(text: str) -> str:
    """Lower case without accents; other scripts keep what tells their letters apart."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = _COMBINING.sub("", decomposed).translate(_LETTERS)
    return unicodedata.normalize("NFC", plain)


def fold_name(text: str) -> str:
    """A name (tag, camera, place) for exact comparison: folded words, single blanks."""
    return " ".join(_WORD.findall(fold(text)))[:256].rstrip()


def words(text: str) -> list[Word]:
    """The words of a text in order.

    Runs of Chinese, Japanese and Korean become pairs, whose stems are their two signs.
    """
    found: list[Word] = []
    for raw in _WORD.findall(unicodedata.normalize("NFKC", text).lower()):
        if _IS_CJK.match(raw):
            pairs = [raw[at : at + 2] for at in range(len(raw) - 1)] or [raw]
            found += [Word(fold(pair), frozenset(map(fold, pair))) for pair in pairs]
        else:
            found.append(_word(raw[:_LONGEST_WORD]))
    return [word for word in found if word.folded]


def name_words(filename: str) -> list[Word]:
    """The words of a file name: whole, and split where letters, digits and humps meet."""
    found = {word.folded: word for word in words(filename)}
    for part in _NAME_PART.findall(_CAMEL.sub(" ", filename)):
        for word in words(part):
            found.setdefault(word.folded, word)
    return list(found.values())


def asked_words(text: str, *, most: int) -> list[Word]:
    """The words that a question requires: each once, without those that say nothing."""
    distinct = list({word.folded: _asked(word) for word in words(text)}.values())
    telling = [word for word in distinct if not _says_nothing(word)]
    return (telling or distinct)[:most]


def tells_something(text: str) -> bool:
    """Whether there is more than words that say nothing, and signs."""
    return not all(map(_says_nothing, words(text)))


def telling_words(found: Iterable[Word]) -> list[str]:
    """The folded words that are worth proposing."""
    return [word.folded for word in found if len(word.folded) > 2 and word.folded not in _STOP]  # noqa: PLR2004


def _asked(word: Word) -> Word:
    """A pair of signs is asked for as such; a single one wherever it stands."""
    pair = len(word.folded) > 1 and _IS_CJK.match(word.folded)
    return Word(word.folded, frozenset()) if pair else word


def _says_nothing(word: Word) -> bool:
    if word.folded in _STOP:
        return True
    return len(word.folded) == 1 and word.folded.isascii() and word.folded.isalpha()


@lru_cache(maxsize=50_000)
def _word(raw: str) -> Word:
    folded = fold(raw)
    if not folded.isalpha():
        # Numbers of cameras and files, each of them new: no language has forms of them.
        return Word(folded, frozenset())
    singular = (raw.removesuffix(end) + ends for end, ends in _SINGULARS if raw.endswith(end))
    forms = {raw, folded, *singular}
    return Word(
        folded,
        frozenset(
            stem
            for stemmer, shortest in _stemmers(_script(folded))
            for form in forms
            if len(stem := fold(stemmer.stemWord(form))) >= shortest
        ),
    )


def _script(folded: str) -> str | None:
    """The language of another script than the Latin one."""
    start = folded[:1]
    return next(
        (language for first, last, language in _OTHER_SCRIPTS if first <= start <= last), None
    )


@lru_cache(maxsize=1 + len(_OTHER_SCRIPTS))
def _stemmers(language: str | None) -> tuple[tuple[Any, int], ...]:
    """With the letters that a stem must have; the language's own alone where one is told."""
    spoken = {language: _SHORTEST_STEM} if language else LANGUAGES
    return tuple((snowballstemmer.stemmer(name), least) for name, least in spoken.items())
