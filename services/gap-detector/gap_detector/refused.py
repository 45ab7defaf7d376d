"""A request that is not served, and why: what every error answer is made of."""


class Refused(Exception):
    def __init__(self, status: int, message: str, field: str | None = None, **more: object) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, object] = {"error": message, **({} if field is None else {"field": field}), **more}
