"""Propose how to go on with what has been typed."""

from pichaven_search.application.ports import Indexes, PhotoFinder
from pichaven_search.application.search_photos import searched_index
from pichaven_search.domain.completions import Completion, Kind
from pichaven_search.domain.query import read_question
from pichaven_search.domain.words import fold_name

_KINDS = list(Kind)


class SuggestCompletions:
    """From the owner's searchable photos alone; the most frequent first."""

    def __init__(self, indexes: Indexes, finder: PhotoFinder) -> None:
        self._indexes = indexes
        self._finder = finder

    async def __call__(self, typed: str, *, owner_id: str, limit: int) -> list[Completion]:
        question = read_question(typed)
        if question is None or not fold_name(question.text):
            return []
        index = await searched_index(self._indexes)
        found = await self._finder.completions(index, owner_id, question.text)
        names = {each.text.casefold() for each in found if each.kind is not Kind.WORD}
        # A word of a caption that is a tag as well would stand there twice.
        distinct = [each for each in found if each.kind is not Kind.WORD or each.text not in names]
        distinct.sort(key=lambda each: (-each.count, _KINDS.index(each.kind), each.text))
        return distinct[:limit]
