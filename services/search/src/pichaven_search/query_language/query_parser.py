"""What a typed query is understood to ask for, part by part.

A part that narrows the search leaves the text: neither the words that are looked up nor the
text that the picture is compared with have it. Each part says which characters it was read
from; without them the query asks the same but for that part (unless the words that then stand
side by side say a date together).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from itertools import groupby
from typing import Final

from pichaven_search.query_language import periods
from pichaven_search.query_language.date_expressions import InWords, Today, read_dates
from pichaven_search.query_language.date_vocabulary import SOUTH
from pichaven_search.query_language.filters import Filters, midnight
from pichaven_search.query_language.geo_places import NamedPlace
from pichaven_search.query_language.operators import FIELDS, Bounds, Meaning, meaning
from pichaven_search.query_language.periods import Period
from pichaven_search.query_language.query import MOST_WORDS, Piece, Question, read_question
from pichaven_search.query_language.tokenizer import Token, tokens, visible
from pichaven_search.query_language.words import asked_words, fold_name, tells_something, words

MOST_PARTS: Final = 24
"""Parts that narrow a search; what is typed beyond them is shown as not known."""


@dataclass(frozen=True, slots=True)
class Part:
    """`[start, end)` are code points of the query as it was given."""

    kind: str
    text: str
    """The very characters, minus sign, field and quotes among them."""
    value: str
    start: int
    end: int
    label: str
    negated: bool = False
    known: bool = True
    """False where it narrows nothing, as nothing of that name is known here."""


@dataclass(frozen=True, slots=True)
class Understood:
    """The question that is left, the filters that the parts are, and the parts in order."""

    question: Question | None
    filters: Filters
    parts: tuple[Part, ...] = ()


def understand(q: str, *, now: datetime, zone: tzinfo, literal: bool = False) -> Understood:
    """Read a query at a moment and a place. Raises `QueryTooLong`, and nothing else.

    With `literal` everything is words.
    """
    plain = read_question(q)
    if literal or plain is None:
        return Understood(plain, Filters())
    return _Reading(q, now, zone).understood()


def with_places(q: str, parts: Sequence[Part], places: Sequence[NamedPlace]) -> list[Part]:
    """The parts in order, and the names that were taken for places among them."""
    found = [
        Part("place", q[at.start : at.end], at.name, at.start, at.end, f"place: {at.name}")
        for at in places
    ]
    return sorted([*parts, *found], key=lambda part: part.start)


class _Reading:
    def __init__(self, q: str, now: datetime, zone: tzinfo) -> None:
        self._q = q
        self._line = visible(q)
        self._zone = zone
        name = str(zone)
        groups = {name, name.partition("/")[0], name.rpartition("/")[0]}
        self._today = Today(now.astimezone(zone).date(), not SOUTH.isdisjoint(groups))
        self._parts: list[Part] = []
        self._narrows: list[Filters] = []
        self._periods: list[Period] = []
        self._text: list[Piece] = []

    def understood(self) -> Understood:
        typed = tokens(self._line, FIELDS)
        for is_word, run in groupby(typed, key=lambda each: each.is_word):
            if is_word:
                self._free(list(run))
            else:
                for token in run:
                    self._marked(token)
        if self._periods:
            self._narrows.append(
                _either([self._within(each) for each in periods.narrowed(self._periods)])
            )
        text = " ".join(" ".join(piece.text for piece in self._text).split())
        # `photos of last summer` asks for a time and for nothing that a photo could show.
        asks = bool(text) and (not self._parts or tells_something(text))
        found = tuple(asked_words(text, most=MOST_WORDS))
        question = Question(text, found, tuple(self._text)) if asks else None
        return Understood(question, _both(self._narrows), tuple(self._parts))

    def _free(self, run: Sequence[Token]) -> None:
        """Words side by side: dates among them are parts, the rest is text."""
        at = 0
        for found in read_dates([token.text for token in run], self._today):
            self._text += map(_free_piece, run[at : found.start])
            self._dated(found, run[found.start].start, run[found.end - 1].end)
            at = found.end
        self._text += map(_free_piece, run[at:])

    def _dated(self, found: InWords, start: int, end: int, *, negated: bool = False) -> None:
        value, label = _shown(found)
        narrows = self._time(found)
        period = found.days if found.relation == "date" and not negated else None
        if period is not None and len(self._parts) < MOST_PARTS:
            self._periods.append(period)
            narrows = Filters()
        self._add(found.relation, value, start, end, label, narrows, negated=negated)

    def _time(self, found: InWords) -> Filters | None:
        if found.month is not None:
            return Filters(month=found.month)
        if found.days is None:
            return None
        if found.relation == "since":
            return self._bounded(found.days.first, None)
        if found.relation == "date":
            return self._within(found.days)
        return self._bounds(Bounds("before" if found.relation == "before" else "after", found.days))

    def _within(self, period: Period) -> Filters:
        return self._bounded(period.first, period.past)

    def _bounds(self, bounds: Bounds) -> Filters:
        if bounds.side == "before":
            return self._bounded(None, bounds.period.first)
        return self._bounded(bounds.period.past, None)

    def _bounded(self, first: date | None, past: date | None) -> Filters:
        return Filters(
            since=midnight(first, self._zone) if first else None,
            before=midnight(past, self._zone) if past else None,
        )

    def _marked(self, token: Token) -> None:
        """What is more than a plain word: a field, a phrase, something struck out."""
        if token.field is not None:
            found = meaning(token.field, token.text, quoted=token.quoted, today=self._today)
            self._field(token, found)
        elif token.quoted:
            self._phrase(token)
        else:
            dates = read_dates([token.text], self._today)
            if dates:
                self._dated(dates[0], token.start, token.end, negated=True)
            else:
                self._struck(token)

    def _field(self, token: Token, found: Meaning) -> None:
        narrows = (
            self._bounds(found.narrows) if isinstance(found.narrows, Bounds) else found.narrows
        )
        label = f"{found.kind}: {found.value}" if found.value else f"{found.kind}:"
        self._add(
            *(found.kind, found.value, token.start, token.end, label, narrows),
            negated=token.negated,
        )

    def _phrase(self, token: Token) -> None:
        said = tuple(word.folded for word in words(token.text))
        if not said:
            self._keep(token, self._line[token.start : token.end])
            return
        if not token.negated:
            self._keep(token, " ".join(token.text.split()))
        label = f'"{" ".join(token.text.split())}"'
        narrows = Filters(phrases=(said[:MOST_WORDS],))
        self._add(
            *("phrase", " ".join(said), token.start, token.end, label, narrows),
            negated=token.negated,
        )

    def _struck(self, token: Token) -> None:
        said = words(token.text)
        if not said:
            self._keep(token, self._line[token.start : token.end])
            return
        narrows = (
            Filters(words=tuple(asked_words(token.text, most=1)))
            if len(said) == 1
            else Filters(phrases=(tuple(word.folded for word in said[:MOST_WORDS]),))
        )
        value = fold_name(token.text)
        self._add("word", value, token.start, token.end, token.text, narrows, negated=True)

    def _keep(self, token: Token, text: str) -> None:
        self._text.append(Piece(text, token.start, token.end, is_free=False))

    def _add(
        self,
        kind: str,
        value: str,
        start: int,
        end: int,
        label: str,
        narrows: Filters | None,
        *,
        negated: bool,
    ) -> None:
        known = narrows is not None and len(self._parts) < MOST_PARTS
        if known and narrows is not None and narrows != Filters():
            self._narrows.append(Filters(none_of=(narrows,)) if negated else narrows)
        self._text.append(Piece("", start, end, is_free=False))
        shown = f"not {label}" if negated else label
        text = self._q[start:end]
        self._parts.append(Part(kind, text, value, start, end, shown, negated, known))


def _free_piece(token: Token) -> Piece:
    return Piece(token.text, token.start, token.end, is_free=True)


def _shown(found: InWords) -> tuple[str, str]:
    """A date's value and label. `2024-05-01/2024-05-31` has both days; `--05` is any May."""
    if found.days is None:
        number = found.month or 0
        return f"--{number:02}", periods.month_name(number)
    label = found.days.label
    if found.relation == "date":
        return f"{found.days.first}/{found.days.last}", label
    day = found.days.last if found.relation == "after" else found.days.first
    return day.isoformat(), f"{found.relation} {label}"


def _both(filters: Sequence[Filters]) -> Filters:
    return filters[0] if len(filters) == 1 else Filters(all_of=tuple(filters))


def _either(filters: Sequence[Filters]) -> Filters:
    return filters[0] if len(filters) == 1 else Filters(any_of=tuple(filters))
