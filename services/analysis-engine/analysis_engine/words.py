"""Numbers as people read them, always with their unit."""

from datetime import timedelta


def show_percent(share: float | None) -> str:
    """Rounded down, so that 100 % means all of it and a missed target never looks like a met one."""
    if share is None:
        return "–"
    percent = share * 100
    if percent >= 100:
        return "100 %"
    digits = 3 if percent >= 99.9 else 2
    factor = 10**digits
    # The tiny addition is for floats: 99.9 must not become 99.899.
    return f"{int(percent * factor + 1e-6) / factor:.{digits}f} %"


def show_share(share: float | None) -> str:
    """For shares where a whole percent is enough."""
    return "–" if share is None else f"{round(share * 100)} %"


def show_target(target: float) -> str:
    return f"{target * 100:.6f}".rstrip("0").rstrip(".") + " %"


def show_duration(span: timedelta | None) -> str:
    """The two largest units: '1 min 02 s', '3 h 20 min', '12 d 4 h'."""
    if span is None:
        return "–"
    total = span.total_seconds()
    if total == 0:
        return "0 s"
    if total < 1:
        return f"{total * 1000:.0f} ms"
    if total < 10 and total != int(total):
        return f"{total:.1f} s"
    seconds = round(total)
    minutes, s = divmod(seconds, 60)
    hours, m = divmod(minutes, 60)
    days, h = divmod(hours, 24)
    if days:
        return f"{days} d {h} h" if h else f"{days} d"
    if hours:
        return f"{hours} h {m:02d} min" if m else f"{hours} h"
    if minutes:
        return f"{minutes} min {s:02d} s" if s else f"{minutes} min"
    return f"{s} s"


def show_latency(ms: float | None) -> str:
    if ms is None:
        return "–"
    if ms >= 1000:
        return f"{ms / 1000:.2f} s"
    if ms >= 100:
        return f"{ms:.0f} ms"
    return f"{ms:.1f} ms"


def count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
