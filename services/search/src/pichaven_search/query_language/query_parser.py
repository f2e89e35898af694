"""Parse a typed query into text, filters, and the parts that these were read from.

A part that filters is cut out of the text, for the lexical and the vector side alike. Without the
characters of a part the query parses to the same without that part, unless the words on its two
sides then form a date.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from itertools import groupby
from typing import Final

from pichaven_search.query_language import periods
from pichaven_search.query_language.date_expressions import DateExpression, Today, find_dates
from pichaven_search.query_language.date_vocabulary import SOUTHERN_ZONES
from pichaven_search.query_language.filters import NO_FILTERS, Filters, midnight
from pichaven_search.query_language.geo_places import GeoPlace
from pichaven_search.query_language.operators import FIELDS, DateBound, parse_operator
from pichaven_search.query_language.periods import Period
from pichaven_search.query_language.query import (
    MAX_QUERY_WORDS,
    TextQuery,
    TextSpan,
    parse_text_query,
)
from pichaven_search.query_language.tokenizer import Token, printable, tokenize
from pichaven_search.query_language.words import fold_name, has_content_words, query_words, words

MAX_PARTS: Final = 24
"""Parts that filter a search; those beyond are reported as not known."""


@dataclass(frozen=True, slots=True)
class QueryPart:
    """A part of a query that is more than plain words, `[start, end)` in its code points."""

    kind: str
    text: str
    """The characters as typed, with minus sign, field and quotes."""
    value: str
    start: int
    end: int
    label: str
    negated: bool = False
    known: bool = True
    """False where it filters nothing, because its value is unknown."""


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """The text that is left, the filters of all parts, and the parts in order."""

    query: TextQuery | None
    filters: Filters
    parts: tuple[QueryPart, ...] = ()


def parse_query(q: str, *, now: datetime, zone: tzinfo, literal: bool = False) -> ParsedQuery:
    """Parse a query at a moment in a zone. Raises `QueryTooLong` and nothing else.

    With `literal` all of it is text.
    """
    text_query = parse_text_query(q)
    if literal or text_query is None:
        return ParsedQuery(text_query, NO_FILTERS)
    return _QueryParser(q, now, zone).parse()


def add_geo_places(
    q: str, parts: Sequence[QueryPart], places: Sequence[GeoPlace]
) -> list[QueryPart]:
    """Return the parts, and a part of kind `place` for each geo place, in order."""
    place_parts = [
        QueryPart("place", q[at.start : at.end], at.name, at.start, at.end, f"place: {at.name}")
        for at in places
    ]
    return sorted([*parts, *place_parts], key=lambda part: part.start)


class _QueryParser:
    def __init__(self, q: str, now: datetime, zone: tzinfo) -> None:
        self._q = q
        self._line = printable(q)
        name = str(zone)
        groups = {name, name.partition("/")[0], name.rpartition("/")[0]}
        self._today = Today(now.astimezone(zone).date(), not SOUTHERN_ZONES.isdisjoint(groups))
        self._parts: list[QueryPart] = []
        self._filters: list[Filters] = []
        self._periods: list[Period] = []
        self._spans: list[TextSpan] = []

    def parse(self) -> ParsedQuery:
        for is_word, run in groupby(tokenize(self._line, FIELDS), key=lambda each: each.is_word):
            if is_word:
                self._add_words(list(run))
            else:
                for token in run:
                    self._add_token(token)
        if self._periods:
            within = [self._within(each) for each in periods.intersect(self._periods)]
            self._filters.append(_any_of(within))
        text = " ".join(" ".join(span.text for span in self._spans).split())
        # `photos of last summer` asks for a time and for nothing that a photo could show.
        is_text = bool(text) and (not self._parts or has_content_words(text))
        query = (
            TextQuery(text, tuple(query_words(text, limit=MAX_QUERY_WORDS)), tuple(self._spans))
            if is_text
            else None
        )
        return ParsedQuery(query, _all_of(self._filters), tuple(self._parts))

    def _add_words(self, run: Sequence[Token]) -> None:
        """Add adjacent plain words: dates among them become parts, the rest is text."""
        at = 0
        for expression in find_dates([token.text for token in run], self._today):
            self._spans += map(_free_span, run[at : expression.start])
            first, last = run[expression.start], run[expression.end - 1]
            self._add_date(expression, Token(first.start, last.end, ""))
            at = expression.end
        self._spans += map(_free_span, run[at:])

    def _add_date(self, expression: DateExpression, token: Token) -> None:
        value, label = _value_and_label(expression)
        condition = self._date_filters(expression)
        period = expression.days if expression.relation == "date" and not token.negated else None
        if period is not None and len(self._parts) < MAX_PARTS:
            # The filter of all periods is made of their intersections at the end.
            self._periods.append(period)
            condition = NO_FILTERS
        self._add_part(token, expression.relation, value, label, condition)

    def _date_filters(self, expression: DateExpression) -> Filters | None:
        if expression.month is not None:
            return Filters(month=expression.month)
        if expression.days is None:
            return None
        if expression.relation == "since":
            return self._between(expression.days.first, None)
        if expression.relation == "date":
            return self._within(expression.days)
        return self._beyond(expression.relation, expression.days)

    def _within(self, period: Period) -> Filters:
        return self._between(period.first, period.past)

    def _beyond(self, side: str, period: Period) -> Filters:
        if side == "before":
            return self._between(None, period.first)
        return self._between(period.past, None)

    def _between(self, first: date | None, past: date | None) -> Filters:
        return Filters(
            since=midnight(first) if first else None,
            before=midnight(past) if past else None,
        )

    def _add_token(self, token: Token) -> None:
        """Add an operator, a phrase, or a negated word."""
        if token.field is not None:
            self._add_operator(token.field, token)
        elif token.quoted:
            self._add_phrase(token)
        elif dates := find_dates([token.text], self._today):
            self._add_date(dates[0], token)
        else:
            self._add_negated_word(token)

    def _add_operator(self, field: str, token: Token) -> None:
        operator = parse_operator(field, token.text, quoted=token.quoted, today=self._today)
        condition = operator.condition
        if isinstance(condition, DateBound):
            condition = self._beyond(condition.side, condition.period)
        label = f"{operator.kind}: {operator.value}" if operator.value else f"{operator.kind}:"
        self._add_part(token, operator.kind, operator.value, label, condition)

    def _add_phrase(self, token: Token) -> None:
        terms = tuple(word.term for word in words(token.text))
        if not terms:
            self._add_text(token, self._line[token.start : token.end])
            return
        text = " ".join(token.text.split())
        if not token.negated:
            self._add_text(token, text)
        condition = Filters(phrases=(terms[:MAX_QUERY_WORDS],))
        self._add_part(token, "phrase", " ".join(terms), f'"{text}"', condition)

    def _add_negated_word(self, token: Token) -> None:
        parts = words(token.text)
        if not parts:
            self._add_text(token, self._line[token.start : token.end])
            return
        condition = (
            Filters(words=tuple(query_words(token.text, limit=1)))
            if len(parts) == 1
            else Filters(phrases=(tuple(word.term for word in parts[:MAX_QUERY_WORDS]),))
        )
        self._add_part(token, "word", fold_name(token.text), token.text, condition)

    def _add_text(self, token: Token, text: str) -> None:
        self._spans.append(TextSpan(text, token.start, token.end, is_free=False))

    def _add_part(
        self, token: Token, kind: str, value: str, label: str, condition: Filters | None
    ) -> None:
        """Add what was read from a token, which may stand for several words."""
        is_known = condition is not None and len(self._parts) < MAX_PARTS
        if is_known and condition is not None and condition != NO_FILTERS:
            self._filters.append(Filters(none_of=(condition,)) if token.negated else condition)
        self._add_text(token, "")
        start, end, negated = token.start, token.end, token.negated
        label = f"not {label}" if negated else label
        text = self._q[start:end]
        self._parts.append(QueryPart(kind, text, value, start, end, label, negated, is_known))


def _free_span(token: Token) -> TextSpan:
    return TextSpan(token.text, token.start, token.end, is_free=True)


def _value_and_label(expression: DateExpression) -> tuple[str, str]:
    """Return `2024-05-01/2024-05-31` (both days included) or `--05` (May), and a label."""
    if expression.days is None:
        number = expression.month or 0
        return f"--{number:02}", periods.month_name(number)
    label = expression.days.label
    if expression.relation == "date":
        return f"{expression.days.first}/{expression.days.last}", label
    day = expression.days.last if expression.relation == "after" else expression.days.first
    return day.isoformat(), f"{expression.relation} {label}"


def _all_of(filters: Sequence[Filters]) -> Filters:
    return filters[0] if len(filters) == 1 else Filters(all_of=tuple(filters))


def _any_of(filters: Sequence[Filters]) -> Filters:
    return filters[0] if len(filters) == 1 else Filters(any_of=tuple(filters))
