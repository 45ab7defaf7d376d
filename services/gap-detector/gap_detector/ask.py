"""HealthCmd for Podman alone: exits with 0 when the address answers 200."""

import sys
import urllib.request

if __name__ == "__main__":
    try:
        with urllib.request.urlopen(sys.argv[1], timeout=2) as answer:  # noqa: S310
            sys.exit(0 if answer.status == 200 else 1)
    except OSError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
