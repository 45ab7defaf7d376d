#!/bin/sh
# Runs every *.test.sh, each with a volume and secrets of its own; the first that fails or hangs ends it.
set -eu
here=$(dirname "$(readlink -f "$0")")
for file in "$here"/*.test.sh; do
	echo "# $(basename "$file" .test.sh)"
	timeout 120 sh -eu -c '. "$1/server.sh"; . "$2"' "$file" "$here" "$file"
done
