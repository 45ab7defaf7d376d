#!/bin/sh
# Tells nginx which name server this network has, and becomes nginx.
# The address follows the subnet, which a drop-in may move; nginx 1.26 cannot read resolv.conf itself, and without
# a resolver it looks names up once, at start, and refuses to start while an upstream is not there yet.
set -eu

mkdir -p /tmp/nginx
servers=
while read -r key value _; do
	[ "$key" = nameserver ] || continue
	case $value in *:*) value="[$value]" ;; esac
	servers="$servers $value"
done </etc/resolv.conf
[ -n "$servers" ] || {
	echo "Cannot start the gateway: /etc/resolv.conf names no name server." >&2
	exit 1
}
echo "resolver$servers valid=2s ipv6=off;" >/tmp/nginx/resolver.conf

exec "$@"
