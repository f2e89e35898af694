"""Who is next for one of few slots: fair-share scheduling by decayed usage (ADR 0049)."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

_NEGLIGIBLE_S: Final = 0.001


@dataclass(slots=True)
class _Usage:
    """Slots held, and the seconds for which slots were held, halved with every half-life."""

    at: float
    slots: int = 0
    seconds: float = 0.0

    def advance(self, now: float, decay: float) -> None:
        """Bring the usage up to date: the solution of `usage' = slots - decay * usage`."""
        steady = self.slots / decay
        self.seconds = steady + (self.seconds - steady) * math.exp(-decay * (now - self.at))
        self.at = now


class FairShare:
    """Chooses whose request gets a free slot, and counts what each owner uses.

    Owners come in the order of slots held, then of recent use, then of arrival. So a newcomer
    is before all requests of owners who were served lately, and waits for a slot that is in use,
    never for others' queues. An owner who has used much is next again as its usage decays.

    `reserved` slots are only for owners of little recent use.
    """

    def __init__(
        self,
        *,
        slots: int,
        per_owner: int,
        now: Callable[[], float],
        reserved: int = 0,
        half_life_s: float = 30.0,
        little_use_s: float = 3.0,
    ) -> None:
        if not 0 <= reserved < slots:
            raise ValueError("some slots are for everybody")
        self._free = slots
        self._per_owner = per_owner
        self._reserved = reserved
        self._now = now
        self._decay = math.log(2) / half_life_s
        self._little_use_s = little_use_s
        self._usages: dict[str, _Usage] = {}

    def slots_of(self, owner_id: str) -> int:
        usage = self._usages.get(owner_id)
        return 0 if usage is None else usage.slots

    def has_share(self, owner_id: str) -> bool:
        """Whether the owner holds as many slots as one owner may."""
        return self.slots_of(owner_id) >= self._per_owner

    def recent_use_s(self, owner_id: str) -> float:
        """Seconds for which the owner held slots; those of a half-life ago count half."""
        usage = self._usages.get(owner_id)
        if usage is None:
            return 0.0
        usage.advance(self._now(), self._decay)
        return usage.seconds

    def choose(self, waiting: Iterable[str]) -> str | None:
        """Return the owner who gets the next slot, None where none of them may have one.

        `waiting` has the owners of waiting requests in the order of arrival.
        """
        if not self._free:
            return None
        eligible = (owner_id for owner_id in dict.fromkeys(waiting) if self._may_take(owner_id))
        return min(
            eligible,
            key=lambda owner_id: (self.slots_of(owner_id), self.recent_use_s(owner_id)),
            default=None,
        )

    def take(self, owner_id: str) -> None:
        """Count a slot that the owner holds from now on."""
        self._forget_idle()
        usage = self._usages.setdefault(owner_id, _Usage(self._now()))
        usage.advance(self._now(), self._decay)
        usage.slots += 1
        self._free -= 1

    def give_back(self, owner_id: str) -> None:
        usage = self._usages[owner_id]
        usage.advance(self._now(), self._decay)
        usage.slots -= 1
        self._free += 1

    def _may_take(self, owner_id: str) -> bool:
        if self.has_share(owner_id):
            return False
        return self._free > self._reserved or self.recent_use_s(owner_id) <= self._little_use_s

    def _forget_idle(self) -> None:
        """Keep no owner whose usage no longer makes a difference."""
        self._usages = {
            owner_id: usage
            for owner_id, usage in self._usages.items()
            if usage.slots or self.recent_use_s(owner_id) > _NEGLIGIBLE_S
        }
