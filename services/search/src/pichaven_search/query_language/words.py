"""Text analysis: folding and stemming, the same at index time and at query time.

Elasticsearch gets words that are analysed here and splits them at blanks only, so an index
depends on no plugin of a distribution, and no query is parsed as syntax. A change here changes
the content of an index: raise `SCHEMA` in `index/document.py` with it.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from threading import get_ident
from typing import Any, Final

import snowballstemmer

LANGUAGES: Final = {
    **dict.fromkeys(
        ("english", "german", "french", "spanish", "italian", "portuguese", "dutch"), 3
    ),
    **dict.fromkeys(("swedish", "danish", "norwegian", "finnish"), 4),
}
"""Languages, each with the least length of a stem. The language of a caption is unknown, so a
word has a stem in each of these; shorter stems would conflate unrelated words."""
_MIN_STEM_LENGTH: Final = 3
_OTHER_SCRIPTS: Final = (
    ("\u0370", "\u03ff", "greek"),
    ("\u0400", "\u04ff", "russian"),
)
_MAX_STEMMERS: Final = 50
"""Sets of stemmers, one for each script in each thread."""

_SINGULARS: Final = (("ões", "ão"), ("ães", "ão"), ("coes", "cao"))
"""Portuguese plurals that the stemmer does not reduce."""

_MAX_WORD_LENGTH: Final = 64
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
"""Stop words of those languages; a query of stop words alone keeps them."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word without case and accents, and its stems."""

    term: str
    stems: frozenset[str]

    @property
    def is_plain(self) -> bool:
        """Whether it has letters only, so that fuzzy matching makes sense, unlike for a number."""
        return self.term.isalpha() and not _IS_CJK.search(self.term)


def fold(text: str) -> str:
    """Lower the case and remove accents; other scripts keep their combining marks."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = _COMBINING.sub("", decomposed).translate(_LETTERS)
    return unicodedata.normalize("NFC", plain)


def fold_name(text: str) -> str:
    """Fold a name (tag, camera, place) for exact comparison: words joined by single blanks."""
    return " ".join(_WORD.findall(fold(text)))[:256].rstrip()


def words(text: str) -> list[Word]:
    """Return the words of a text in order.

    Runs of Chinese, Japanese and Korean become bigrams, whose stems are their two characters.
    """
    analysed: list[Word] = []
    for raw in _WORD.findall(unicodedata.normalize("NFKC", text).lower()):
        if _IS_CJK.match(raw):
            pairs = [raw[at : at + 2] for at in range(len(raw) - 1)] or [raw]
            analysed += [Word(fold(pair), frozenset(map(fold, pair))) for pair in pairs]
        else:
            analysed.append(_analyse(raw[:_MAX_WORD_LENGTH]))
    return [word for word in analysed if word.term]


def name_words(filename: str) -> list[Word]:
    """Return the words of a file name: whole, and split between letters, digits and camel case."""
    by_term = {word.term: word for word in words(filename)}
    for part in _NAME_PART.findall(_CAMEL.sub(" ", filename)):
        for word in words(part):
            by_term.setdefault(word.term, word)
    return list(by_term.values())


def query_words(text: str, *, limit: int) -> list[Word]:
    """Return the words that a query requires: each once, without stop words."""
    distinct = list({word.term: _query_word(word) for word in words(text)}.values())
    content = [word for word in distinct if not _is_stop_word(word)]
    return (content or distinct)[:limit]


def has_content_words(text: str) -> bool:
    """Whether there is more than stop words and punctuation."""
    return not all(map(_is_stop_word, words(text)))


def content_words(analysed: Iterable[Word]) -> list[str]:
    """Return the folded words that are worth suggesting."""
    return [word.term for word in analysed if len(word.term) > 2 and word.term not in _STOP]  # noqa: PLR2004


def _query_word(word: Word) -> Word:
    """Drop the stems of a CJK bigram, so that it matches as such; a single character has some."""
    pair = len(word.term) > 1 and _IS_CJK.match(word.term)
    return Word(word.term, frozenset()) if pair else word


def _is_stop_word(word: Word) -> bool:
    if word.term in _STOP:
        return True
    return len(word.term) == 1 and word.term.isascii() and word.term.isalpha()


@lru_cache(maxsize=50_000)
def _analyse(raw: str) -> Word:
    term = fold(raw)
    if not term.isalpha():
        # Numbers of cameras and files: they have no stems.
        return Word(term, frozenset())
    singular = (raw.removesuffix(end) + ends for end, ends in _SINGULARS if raw.endswith(end))
    forms = {raw, term, *singular}
    return Word(
        term,
        frozenset(
            stem
            for stemmer, shortest in _stemmers(_script(term), get_ident())
            for form in forms
            if len(stem := fold(stemmer.stemWord(form))) >= shortest
        ),
    )


def _script(term: str) -> str | None:
    """Return the language of a script other than Latin."""
    start = term[:1]
    return next(
        (language for first, last, language in _OTHER_SCRIPTS if first <= start <= last), None
    )


@lru_cache(maxsize=_MAX_STEMMERS)
def _stemmers(language: str | None, _thread_id: int) -> tuple[tuple[Any, int], ...]:
    """Return stemmers with the least length of a stem: of one language, or of all Latin ones.

    Each thread has its own: the word that a stemmer works on is its state.
    """
    languages = {language: _MIN_STEM_LENGTH} if language else LANGUAGES
    return tuple((snowballstemmer.stemmer(name), least) for name, least in languages.items())
