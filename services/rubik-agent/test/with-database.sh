#!/bin/sh
# Runs the tests that need PostgreSQL: the stack's own database image with its migrations, and this service's build stage beside it, on a
# network of their own. Nothing is left behind but layers for the next build. Needs Podman only; arguments go to `npm run`, e.g. `with-database.sh bench`.
set -eu
cd "$(dirname "$0")/../.."
name="rubik-test-$$"
services='owner gap-detector recurrent-processor analysis-engine rubik-agent'

clean() {
	podman rm --force --time 2 --volumes "$name-db" >/dev/null 2>&1 || true
	for one in token $services; do podman secret rm "$name-$one" >/dev/null 2>&1 || true; done
	podman network rm --force "$name" >/dev/null 2>&1 || true
	# Only the names: the layers make the next build short.
	podman untag "localhost/$name-db" >/dev/null 2>&1 || true
	podman untag "localhost/$name" >/dev/null 2>&1 || true
}
trap clean EXIT
trap 'exit 1' HUP INT TERM

podman build --quiet --tag "localhost/$name-db" db >/dev/null
podman build --quiet --target build --tag "localhost/$name" rubik-agent >/dev/null

podman network create --internal "$name" >/dev/null
mounts=
for one in $services; do
	head -c 32 /dev/urandom | base64 | tr -d '\n' | podman secret create "$name-$one" - >/dev/null
	mounts="$mounts --secret $name-$one,target=db-$one,uid=999,mode=0400"
done
head -c 32 /dev/urandom | base64 | tr -d '\n' | podman secret create "$name-token" - >/dev/null

# shellcheck disable=SC2086 # Several arguments, none with a space in it.
podman run --detach --name "$name-db" --network "$name:alias=db" $mounts "localhost/$name-db" >/dev/null
tries=0
until podman exec "$name-db" pg_isready --quiet 2>/dev/null; do
	tries=$((tries + 1))
	[ "$tries" -lt 120 ] || { podman logs "$name-db" >&2; echo "Cannot test: the database is not ready after a minute." >&2; exit 1; }
	sleep 0.5
done

podman run --rm --network "$name" \
	--secret "$name-rubik-agent,target=db-password,uid=1000,mode=0400" --secret "$name-token,target=token,uid=1000,mode=0400" \
	--env PORT=3000 --env DB_HOST=db --env DB_PORT=5432 --env DB_NAME=phoenix --env DB_USER=rubik_agent \
	--env DB_PASSWORD_FILE=/run/secrets/db-password --env TOKEN_FILE=/run/secrets/token \
	--user 1000:1000 "localhost/$name" npm run --silent "${1:-test:database}"
