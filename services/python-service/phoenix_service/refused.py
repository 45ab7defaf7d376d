"""A request that is not served, and why: what every error answer is made of."""


class Refused(Exception):
    """Answered with 4xx or 503 and the reason; `field` is the one to blame, `more` stands beside them in the body."""

    def __init__(self, status: int, error: str, field: str | None = None, **more: object) -> None:
        super().__init__(error)
        self.status = status
        self.body: dict[str, object] = {"error": error, **({} if field is None else {"field": field}), **more}


def database_away() -> Refused:
    return Refused(503, "The database does not answer.")
