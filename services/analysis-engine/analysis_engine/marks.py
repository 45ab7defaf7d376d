"""Which of the ledger's events stand in a report, and as what."""

from typing import Literal, NamedTuple

from .facts import Event

Mark = Literal["deploy", "rollback", "failed", "restart", "trouble"]


class Marking(NamedTuple):
    mark: Mark
    # What a person reads instead of the ledger's word.
    says: str


MARKINGS: dict[str, Marking] = {
    "good": Marking("deploy", "Deployed"),
    "rolledBack": Marking("rollback", "Rolled back"),
    "failed": Marking("failed", "Deploy failed"),
    "refused": Marking("failed", "Deploy refused"),
    "restarted": Marking("restart", "Restarted"),
    "restored": Marking("restart", "Restored"),
    "breakerOpened": Marking("trouble", "Gave up for a while"),
    "stoppedByHand": Marking("trouble", "Stopped by hand"),
}

KINDS = list(MARKINGS)


def marking_of(event: Event) -> Marking:
    return MARKINGS[event.kind]
