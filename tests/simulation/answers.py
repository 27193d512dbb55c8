"""What became of each order sent, as far as the process at work can know."""

from simulation import sights
from simulation.books import Books, Fate, Sent
from simulation.loop import Process

from closeout.domain.orders import OrderReport, Ticket
from closeout.domain.outcomes import Accepted, NotSent, PlaceOutcome, Refused


class Answers:
    def __init__(self, books: Books) -> None:
        self._books = books

    def left(self, ticket: Ticket) -> None:
        """The request is out of the process's hands."""
        self._sent(ticket).may_arrive += 1

    def answered(self, process: Process, ticket: Ticket, outcome: PlaceOutcome) -> None:
        self._books.mark("answered")
        if not self._books.is_at_work(process):
            return  # what it hears now, nobody who works the account will know
        sent = self._sent(ticket)
        if sent.replaces is not None:
            self._books.met.update(sights.replaced(outcome))
        match outcome:
            case Accepted():
                sent.fate = Fate.FOUND
            case NotSent():
                sent.fate = Fate.NOT_SENT
            case Refused() if outcome.is_duplicate_id:
                sent.fate = Fate.DUPLICATE
            case Refused(message=message):
                sent.fate, sent.refusal = Fate.REFUSED, message
            case _:
                sent.fate = Fate.UNKNOWN
        sent.since = self._books.loop.time()

    def arrived(self, ticket: Ticket, outcome: PlaceOutcome) -> None:
        """The venue got the request and took it or not."""
        self._books.mark("arrived")
        self._sent(ticket).may_arrive -= 1
        tracked = self._books.close_with(ticket.client_order_id)
        if isinstance(outcome, Accepted) and tracked is not None:
            tracked.order_ids.append(outcome.report.order_id)
            self._books.close_of_order[outcome.report.order_id] = tracked

    def looked_up(self, process: Process, client_order_id: str, found: OrderReport | None) -> None:
        if not self._books.is_at_work(process):
            return
        tracked = self._books.close_with(client_order_id)
        sent = tracked.sent.get(client_order_id) if tracked else None
        if sent is None:
            return
        if found is not None:
            sent.fate = Fate.FOUND
        elif sent.fate in (Fate.UNKNOWN, Fate.IN_FLIGHT, Fate.DUPLICATE):
            sent.absences.append(self._books.loop.time())

    def _sent(self, ticket: Ticket) -> Sent:
        tracked = self._books.close_with(ticket.client_order_id)
        if tracked is None or ticket.client_order_id not in tracked.sent:
            return Sent(ticket, self._books.loop.time())
        return tracked.sent[ticket.client_order_id]
