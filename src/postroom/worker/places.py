"""What one mail holds of a worker's room: a place for each destination that it may go to now."""

from collections import Counter
from collections.abc import Iterable

from postroom.mail.parting import by_domain
from postroom.store.claims import Job
from postroom.worker.window import Place, Windows


class Places:
    """The places of one mail; each is given back when nothing of the mail goes there any more.

    ``rest``: for how many seconds the mail has to be put back, because it may go nowhere; 0: it may go.
    """

    __slots__ = ("_held", "_left", "_windows", "rest")

    def __init__(self, windows: Windows, job: Job, now: float) -> None:
        self._windows = windows
        self._held: dict[str, Place] = {}
        self._left: Counter[str] = Counter()
        self.rest = 0.0
        # What is in doubt is not tried: it goes to nobody's server.
        if job.is_direct and not job.in_doubt:
            self._take_each(job, now)
        else:
            self._held[""] = windows.take(job.transport_id, now)

    def __contains__(self, domain: str) -> bool:
        return domain in self._held

    def divide(self, domains: Iterable[str]) -> None:
        """A part of the mail goes to each of these; each place is given back with the last part that goes there."""
        self._left = Counter(domains)

    def give_back(self, domain: str, now: float, *, answered: bool) -> None:
        """A part has ended there; ``answered`` tells whether the servers had anything to say about it."""
        self._left[domain] -= 1
        if self._left[domain] <= 0:
            self._leave(domain, now, answered=answered)

    def _leave(self, domain: str, now: float, *, answered: bool) -> None:
        place = self._held.pop(domain, None)
        if place is not None:
            self._windows.give_back(place, now, answered=answered)

    def close(self, now: float, *, answered: bool) -> None:
        """The mail has ended everywhere."""
        for domain in tuple(self._held):
            self._leave(domain, now, answered=answered)

    def _take_each(self, job: Job, now: float) -> None:
        rests = {domain: self._windows.rest(job.transport_id, domain, now) for domain in by_domain(job.pending)}
        self._held = {
            domain: self._windows.take(job.transport_id, now, domain) for domain, rest in rests.items() if not rest
        }
        if not self._held:
            self.rest = min(rests.values())
