/**
 * The image that system tests deploy: busybox and two scripts, 2 MB, started in a tenth of a second.
 *
 * Command: `serve [MODE] [PORT]`, or the environment MODE and PORT (8080). Modes:
 *   serve 200 on every path · never-ready 503 · fail 500 · redirect 302 to another host · close hangs up without an answer
 *   hang accepts and never answers · slow answers after $SLOW (3) seconds · exit-at-once · no-listener runs without a port
 * More environment: EXIT_CODE (1), EXIT_AFTER seconds, START_DELAY seconds before it listens, IGNORE_TERM=1, VERSION.
 * Switch a running one: `podman exec NAME sh -c 'echo hang >/tmp/mode'`, or GET /mode/hang. A restart brings back the first mode.
 * GET /version gives $VERSION and GET /env/NAME gives $NAME in every mode; GET /exit ends the container with $EXIT_CODE.
 */
export const testImage = "localhost/phoenix-test/server:latest";

const serve = `#!/bin/sh
mode=\${1:-\${MODE:-serve}}
port=\${2:-\${PORT:-8080}}
[ "$mode" = exit-at-once ] && { echo "exits at once, as told" >&2; exit "\${EXIT_CODE:-1}"; }
echo $$ >/tmp/pid
echo "$mode" >/tmp/mode
trap 'exit 0' TERM INT
trap 'exit "\${EXIT_CODE:-1}"' USR1
[ -z "$IGNORE_TERM" ] || trap '' TERM
[ -z "$EXIT_AFTER" ] || { sleep "$EXIT_AFTER"; kill -USR1 $$; } &
[ -z "$START_DELAY" ] || { sleep "$START_DELAY" & wait $!; }
if [ "$mode" = no-listener ]; then sleep 1000000 & else nc -ll -p "$port" -e /bin/answer & fi
server=$!
echo "mode $mode, port $port, version $VERSION"
while kill -0 "$server" 2>/dev/null; do wait "$server"; done
exit "\${EXIT_CODE:-1}"
`;

const answer = `#!/bin/sh
reply() {
  printf 'HTTP/1.1 %s\\r\\nContent-Type: text/plain\\r\\nContent-Length: %s\\r\\nConnection: close\\r\\n' "$1" "\${#2}"
  [ -z "$3" ] || printf 'Location: %s\\r\\n' "$3"
  printf '\\r\\n%s' "$2"
}
IFS=' ' read -r method path rest
while IFS= read -r header && [ "\${#header}" -gt 1 ]; do :; done
case $path in
  /mode/*) echo "\${path#/mode/}" >/tmp/mode; reply '200 OK' "\${path#/mode/}"; exit ;;
  /version) reply '200 OK' "$VERSION"; exit ;;
  /env/*) reply '200 OK' "$(printenv "\${path#/env/}")"; exit ;;
  /exit) reply '200 OK' exiting; kill -USR1 "$(cat /tmp/pid)"; exit ;;
esac
read -r mode </tmp/mode
case $mode in
  serve) reply '200 OK' ok ;;
  slow) sleep "\${SLOW:-3}"; reply '200 OK' ok ;;
  never-ready) reply '503 Service Unavailable' 'not ready' ;;
  redirect) reply '302 Found' '' http://192.0.2.1/ ;;
  hang) exec sleep 1000000 ;;
  close) exit ;;
  *) reply '500 Internal Server Error' failed ;;
esac
`;

/** Builds the image inside the sandbox and saves it as one archive; every test user loads that, so all have the same image ID. */
export const buildTestImage = (archivePath: string): string => `set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir -p root/bin root/etc root/tmp
cp /bin/busybox root/bin/busybox
for applet in $(/bin/busybox --list); do [ "$applet" = busybox ] || ln -sf busybox "root/bin/$applet"; done
cat >root/bin/serve <<'SCRIPT'
${serve}SCRIPT
cat >root/bin/answer <<'SCRIPT'
${answer}SCRIPT
chmod 755 root/bin/serve root/bin/answer
chmod 1777 root/tmp
printf 'root:x:0:0::/:/bin/sh\\napp:x:1000:1000::/:/bin/sh\\n' >root/etc/passwd
printf 'FROM scratch\\nCOPY root/ /\\nENV VERSION=1\\nENTRYPOINT ["/bin/serve"]\\n' >Containerfile
podman build --quiet --timestamp 0 --tag ${testImage} .
podman save --quiet --output image.tar ${testImage}
podman rmi --force ${testImage} >/dev/null
mv image.tar ${archivePath}
`;
