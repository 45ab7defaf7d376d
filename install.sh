#!/bin/sh
# Installs Phoenix for one user, starts it, and deploys the reference stack. `./install.sh --help` says the rest.
# Safe to run again: what is right already stays as it is.
set -eu

min_node=20.19
min_podman=5.3
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
inside=/opt/phoenix-src

help() {
	cat <<'HELP'
Usage: ./install.sh [OPTION...]

Installs Phoenix for you (as root: for the user `phoenix`), starts phoenix.target and deploys quadlet/ as the stack
`phoenix`. Needs a systemd user manager, Podman 5.3 and Node.js 20.19 or newer. Where there is no such thing, all of it
happens in a sandbox, a Debian machine of its own (as root).

  --no-packages       print the commands that would install packages, and run none of them
  --no-stack          install Phoenix only
  --user NAME         as root: for this user, made if missing (default: phoenix)
  --sandbox           use the sandbox although this machine could do it itself
  --uninstall         remove Phoenix; asks for every stack
    --keep-stacks       keep the stacks, as plain Quadlet units that start without Phoenix (default without a terminal)
    --teardown          remove the stacks; volumes and secrets stay
    --volumes           with --teardown: remove their volumes and secrets, too
    --yes               do not ask
  --help              this text

Exit codes: 0 done, 1 failed, 2 wrong usage or something is missing (nothing was changed), others: those of `phoenix deploy`.
HELP
}

say() { printf '%s\n' "$*"; }
warn() { printf 'install.sh: %s\n' "$*" >&2; }
fail() {
	code=$1
	shift
	warn "$*"
	exit "$code"
}
has() { command -v "$1" >/dev/null 2>&1; }

# Whether version $1 is at least $2.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# Says a command and runs it.
announce() {
	say "Running: $*"
	"$@"
}

# --- what this machine can do -----------------------------------------------------------------------------------------

podman_version() { podman --version 2>/dev/null | sed -n 's/^podman version \([0-9.]*\).*/\1/p'; }

# The Podman that the distribution would install.
podman_candidate() {
	if has apt-cache; then
		apt-cache policy podman 2>/dev/null | sed -n 's/^  Candidate: \([0-9.]*\).*/\1/p'
	elif has dnf; then
		dnf --quiet --cacheonly repoquery --qf '%{version}\n' podman 2>/dev/null | tail -n 1
	fi
}

# One sentence why Phoenix cannot live on this machine itself; nothing when it can.
why_not_here() {
	[ -d /run/systemd/system ] || {
		say "systemd does not run here (it is not process 1)."
		return
	}
	version=$(podman_version)
	[ -n "$version" ] || version=$(podman_candidate)
	if [ -n "$version" ] && ! at_least "$version" "$min_podman"; then
		say "Podman here is $version; Phoenix needs $min_podman or newer."
	fi
}

# The distribution's package for each program that is missing.
missing_packages() {
	has podman || printf 'podman '
	if has apt-get; then
		has newuidmap || printf 'uidmap '
		has pasta || printf 'passt '
		has node || printf 'nodejs '
		[ -e /usr/lib/systemd/user/dbus.socket ] || printf 'dbus-user-session '
		if needs_bundle && ! has npm; then printf 'npm '; fi
	else
		has newuidmap || printf 'shadow-utils '
		has pasta || printf 'passt '
		has node || printf 'nodejs '
		if needs_bundle && ! has npm; then printf 'npm '; fi
	fi
}

ensure_packages() {
	packages=$(missing_packages)
	[ -n "$packages" ] || return 0
	if has apt-get; then
		set -- apt-get install --yes --no-install-recommends
	elif has dnf; then
		set -- dnf install --assumeyes
	else
		fail 2 "Missing here: ${packages% }. Install them with this system's package manager and run this again."
	fi
	# shellcheck disable=SC2086 # a list of package names, made above
	set -- "$@" $packages
	if [ "$no_packages" = yes ]; then
		fail 2 "Missing here: ${packages% }. Install them with: sudo $*"
	elif [ "$(id -u)" = 0 ]; then
		refresh_lists
		announce env DEBIAN_FRONTEND=noninteractive "$@"
	elif has sudo && [ -t 0 ] && [ -t 1 ]; then
		refresh_lists sudo
		announce sudo "$@"
	else
		fail 2 "Missing here: ${packages% }. Install them with: sudo $*"
	fi
}

# apt installs only what its lists name. A broken third-party source must not stop us: the installation tells.
refresh_lists() {
	! has apt-get || announce "$@" apt-get update -q || true
}

ensure_node() {
	has node || fail 2 "Node.js is missing here; Phoenix needs $min_node or newer (Debian 13: nodejs)."
	version=$(node --version | tr -d v)
	at_least "$version" "$min_node" || fail 2 "Node.js here is $version; Phoenix needs $min_node or newer."
}

# --- the program ------------------------------------------------------------------------------------------------------

bundle=$here/dist/phoenix.mjs

# Whether the bundle has to be made: it is missing, or the source beside it is newer. Without npm the one that is there must do.
needs_bundle() {
	[ -f "$bundle" ] || return 0
	[ -w "$here" ] && [ -f "$here/tools/bundle.mjs" ] && has npm || return 1
	[ -n "$(find "$here/src" "$here/tools/bundle.mjs" "$here/package-lock.json" -type f -newer "$bundle" | head -n 1)" ]
}

make_bundle() {
	needs_bundle || return 0
	has npm || fail 2 "npm is missing here, and dist/phoenix.mjs has to be made from the source."
	say "Making dist/phoenix.mjs"
	(
		cd "$here"
		[ -d node_modules/esbuild ] || npm ci --no-audit --no-fund
		npm run --silent build
	) || fail 1 "dist/phoenix.mjs could not be made."
}

# --- the sandbox ------------------------------------------------------------------------------------------------------

sandbox() { node "$bundle" sandbox "$@"; }

sandbox_state() { sandbox status | sed -n 's/^ *"state": "\([a-z]*\)".*/\1/p'; }

# Does what was asked for, inside a machine of its own. $1 = why; the rest are the options to pass on.
in_sandbox() {
	say "$1"
	shift
	say "So Phoenix lives in a sandbox: a Debian 13 of its own in /var/lib/phoenix, its ports on this machine's 127.0.0.1."
	[ "$(id -u)" = 0 ] || fail 2 "The sandbox boots a system, so it must be started by root. Run: sudo $here/install.sh"
	has node || [ "$no_packages" = yes ] || ! has apt-get || announce env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends nodejs
	ensure_node
	make_bundle
	if [ "$uninstall" = yes ] && [ "$(sandbox_state)" = absent ]; then
		say "There is no sandbox, so there is nothing to remove."
		return
	fi
	sandbox up --bind "$here:$inside"
	sandbox run -- test -r "$inside/install.sh" -a -r "$inside/dist/phoenix.mjs" ||
		fail 1 "The sandbox runs without this folder, or its user may not read it. Run: node $bundle sandbox down; chmod -R go+rX $here"
	if [ "$uninstall" = no ] && [ "$stack" = yes ]; then load_base_images; fi
	code=0
	sandbox run -- env PHOENIX_IN_SANDBOX=yes "$inside/install.sh" --no-packages "$@" || code=$?
	[ "$code" = 0 ] || exit "$code"
	if [ "$uninstall" = yes ]; then
		after_uninstall_in_sandbox
		return
	fi
	# The sandbox takes another port of this machine where its own number is taken.
	port=$(sandbox status | sed -n '/"inside": 8080,/{n;s/[^0-9]//gp;}')
	[ "$stack" = no ] || say "The stack answers at http://127.0.0.1:$port/ (its health: http://127.0.0.1:$port/health)."
	say "Commands inside:  node $bundle sandbox run -- .local/bin/phoenix status"
	say "What happens:     node $bundle sandbox run -- journalctl --user --unit phoenix --follow"
	say "Switch it off:    node $bundle sandbox down     (on again: ./install.sh)"
}

# Real images where a registry answers, else stand-ins made from Debian packages.
load_base_images() {
	# What the stack builds itself (localhost/) is no base from outside, nor is a stage of the same file.
	references=$(sed -n 's/^FROM \([^ ]*[./][^ ]*\).*/\1/p' "$here"/services/*/Containerfile | grep -v '^localhost/' | sort -u)
	for reference in $references; do
		sandbox run -- podman image exists "$reference" && continue
		sandbox run -- timeout 300 podman pull --quiet --retry=0 "$reference" >/dev/null 2>&1 || sandbox images "$reference"
	done
}

# The machine goes only when nothing in it is meant to stay.
after_uninstall_in_sandbox() {
	if [ "$stacks" = teardown ] && [ "$volumes" = yes ]; then
		sandbox down --delete
	elif [ "$stacks" = teardown ]; then
		sandbox down
		say "Volumes and secrets stay in it. To remove the machine: node $bundle sandbox down --delete"
	else
		say "The sandbox stays, because stacks may run in it. To remove it: node $bundle sandbox down --delete"
	fi
}

# --- as root: everything for one user ---------------------------------------------------------------------------------

lingering() { [ -e "/var/lib/systemd/linger/$1" ]; }

for_user() {
	name=${user:-phoenix}
	[ "$name" != root ] || fail 2 "Phoenix is rootless: choose another user than root."
	if ! id "$name" >/dev/null 2>&1; then
		[ "$uninstall" = no ] || fail 2 "There is no user '$name'."
		announce useradd --create-home --shell /bin/bash "$name"
	fi
	home=$(getent passwd "$name" | cut -d : -f 6)
	uid=$(id -u "$name")
	if [ "$uninstall" = no ]; then
		ensure_packages
		ensure_node
		make_bundle
		ensure_subids "$name"
	fi
	if ! lingering "$name"; then
		[ "$uninstall" = no ] || fail 2 "'$name' has no user manager (no linger): log in as '$name' and run this there."
		announce loginctl enable-linger "$name"
		PHOENIX_LINGER_IS_OURS=yes
	fi
	wait_for_bus "$uid"
	source=$(readable_source "$name" "$home")
	set -- "$source/install.sh" --no-packages "$@"
	ours=no
	[ ! -e "$home/.local/share/phoenix/linger-is-ours" ] || ours=yes
	code=0
	as_user env PHOENIX_BY_ROOT=yes PHOENIX_LINGER_IS_OURS="${PHOENIX_LINGER_IS_OURS:-no}" "$@" || code=$?
	[ "$code" = 0 ] || exit "$code"
	if [ "$uninstall" = yes ] && [ -d "$home/.local/share/phoenix-source" ]; then
		rm -r "$home/.local/share/phoenix-source"
		rmdir -p --ignore-fail-on-non-empty "$home/.local/share" 2>/dev/null || true
	fi
	if [ "$uninstall" = yes ] && [ "$ours" = yes ] && ! ls "$home"/.config/containers/systemd/phoenix/*/*.container >/dev/null 2>&1; then
		announce loginctl disable-linger "$name"
	fi
}

# Runs a command as that user, with what a login would have given.
as_user() {
	setpriv --reuid="$uid" --regid="$(id -g "$name")" --init-groups --inh-caps=-all \
		env -i HOME="$home" USER="$name" LOGNAME="$name" SHELL=/bin/sh TERM="${TERM:-dumb}" LANG=C.UTF-8 \
		PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin \
		XDG_RUNTIME_DIR="/run/user/$uid" DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/$uid/bus" \
		sh -c 'cd && exec "$@"' as-user "$@"
}

wait_for_bus() {
	tries=0
	until [ -S "/run/user/$1/bus" ]; do
		tries=$((tries + 1))
		[ "$tries" -lt 100 ] || fail 1 "The user manager's bus /run/user/$1/bus does not appear. Is dbus-user-session installed?"
		sleep 0.1
	done
}

# A range of subordinate ids that nobody has yet.
ensure_subids() {
	for kind in uid gid; do
		! grep -q "^$1:" "/etc/sub$kind" 2>/dev/null || continue
		first=$(awk -F : 'BEGIN { n = 100000 } { if ($2 + $3 > n) n = $2 + $3 } END { print n }' "/etc/sub$kind" 2>/dev/null || echo 100000)
		announce usermod "--add-sub${kind}s" "$first-$((first + 65535))" "$1"
	done
}

# The folder to install from: this one, or a copy when the user may not read it (a checkout below /root).
readable_source() {
	if setpriv --reuid="$uid" --regid="$(id -g "$1")" --init-groups test -r "$here/install.sh" -a -r "$here/quadlet/nginx.container"; then
		printf '%s\n' "$here"
		return
	fi
	copy=$2/.local/share/phoenix-source
	rm -rf "$copy"
	mkdir -p "$copy/dist"
	cp -R "$here/install.sh" "$here/package.json" "$here/quadlet" "$here/services" "$here/systemd" "$copy/"
	cp "$bundle" "$copy/dist/"
	rm -rf "$copy"/services/*/node_modules
	chmod -R u+rwX,go+rX "$copy"
	chown "$name:" "$2/.local" "$2/.local/share"
	chown -R "$name:" "$copy"
	printf '%s\n' "$copy"
}

# --- for the user who runs this ---------------------------------------------------------------------------------------

# Where this user's Phoenix lives. Configuration is where the user manager looks, which need not be where the shell does.
locate() {
	systemctl --user show-environment >/dev/null 2>&1 ||
		fail 2 "'$(id -un)' has no systemd user manager. Log in as '$(id -un)' itself, or run: sudo loginctl enable-linger $(id -un)"
	config=$(systemctl --user show-environment | sed -n 's/^XDG_CONFIG_HOME=//p')
	config=${config:-$HOME/.config}
	share=$HOME/.local/share/phoenix
	state=${XDG_STATE_HOME:-$HOME/.local/state}/phoenix
	units=$config/systemd/user
	buses=$HOME/.local/share/dbus-1/services
	live=$config/containers/systemd/phoenix
	command=$HOME/.local/bin/phoenix
}

check_rootless() {
	generator=/usr/lib/systemd/user-generators/podman-user-generator
	version=$("$generator" -version 2>/dev/null || podman_version)
	at_least "$version" "$min_podman" || fail 2 "Podman's Quadlet generator is $version; Phoenix needs $min_podman or newer."
	grep -q "^$(id -un):\|^$(id -u):" /etc/subuid 2>/dev/null || getsubids "$(id -un)" >/dev/null 2>&1 ||
		fail 2 "'$(id -un)' has no subordinate ids. Run: sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $(id -un)"
	[ -S "$XDG_RUNTIME_DIR/bus" ] || systemctl --user start dbus.socket 2>/dev/null || true
	[ -S "$XDG_RUNTIME_DIR/bus" ] || fail 2 "The user bus $XDG_RUNTIME_DIR/bus is missing. Install dbus-user-session and log in again."
	podman unshare true || fail 1 "Rootless Podman does not work for '$(id -un)'; its own message is above."
}

install_for_me() {
	ensure_packages
	ensure_node
	make_bundle
	locate
	check_rootless
	node=$(command -v node)
	changed=no
	note_folders
	place_version
	place_file 0755 "$command" "$(wrapper)"
	for file in "$here"/systemd/*.target "$here"/systemd/*.service; do
		place_file 0644 "$units/${file##*/}" "$(sed "s|@UID@|$(id -u)|g; s|/usr/bin/node|$node|g" "$file")"
	done
	place_file 0644 "$buses/io.phoenix.Agent.service" "$(cat "$here/systemd/dbus/io.phoenix.Agent.service")"
	ensure_linger
	if [ "$changed" = yes ]; then
		systemctl --user daemon-reload
		busctl --user --quiet call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus ReloadConfig
	fi
	systemctl --user --quiet enable phoenix.target phoenix.service
	if [ "$changed" = yes ]; then
		# Containers are units of their own: they run on while the agent is replaced.
		systemctl --user restart phoenix.service || agent_failed
		systemctl --user try-restart phoenix-prober.service
	fi
	systemctl --user start phoenix.target || agent_failed
	say "Phoenix $version is installed for '$(id -un)'."
	if [ "$stack" = yes ]; then
		replace_kept_stack
		code=0
		# Whoever runs this again wants it tried again, also what failed before.
		"$command" deploy "$here/quadlet" --stack phoenix --force || code=$?
		[ "$code" = 0 ] || exit "$code"
		tell_the_stack
	fi
	"$command" status || true
	[ "${PHOENIX_IN_SANDBOX:-no}" = no ] || return 0
	[ "$stack" = no ] || say "The stack answers at http://127.0.0.1:8080/ (its health: http://127.0.0.1:8080/health)."
	say "What happens, one line each: journalctl --user --unit phoenix --follow"
	case :$PATH: in *":$HOME/.local/bin:"*) ;; *) say "The command is $command; $HOME/.local/bin is not in your PATH." ;; esac
}

# The stack watches what Phoenix manages: the agent posts what it sees to gap-detector. A person's own config.yaml has the last word.
tell_the_stack() {
	(
		umask 077
		mkdir -p "$config/phoenix/config.d"
	)
	token=$config/phoenix/telemetry-token
	secret=$(timeout 60 podman secret inspect --showsecret --format '{{.SecretData}}' phoenix-token) ||
		fail 1 "The secret phoenix-token cannot be read; see: podman secret ls"
	keep=$changed
	place_file 0600 "$token" "$secret"
	place_file 0600 "$config/phoenix/config.d/reference-stack.yaml" "# Written by install.sh. Another address, or \"telemetry: off\", belongs into ../config.yaml.
telemetry:
  url: http://127.0.0.1:8000
  tokenFile: $token"
	changed=$keep
	systemctl --user reload phoenix.service
}

# Writes down which folders of the user's home are not there yet: what Phoenix makes, its removal takes away, and no other.
note_folders() {
	[ ! -f "$share/made-folders" ] || return 0
	made=$(
		for folder in "$live" "$config/containers/phoenix-inputs" "$units/default.target.wants" "$buses" "$HOME/.local/bin" "$share" "$state"; do
			while [ ! -d "$folder" ]; do
				printf '%s\n' "$folder"
				folder=${folder%/*}
			done
		done
		# Those that an uninstallation left because a kept stack was in them.
		cat "$live"/*/.kept 2>/dev/null || true
	)
	mkdir -p "$share"
	printf '%s\n' "$made" | sort -ru >"$share/made-folders"
}

agent_failed() { fail 1 "The agent does not start; see: journalctl --user --unit phoenix --lines 30"; }

# A command is over before what V8's optimising compiler makes has paid for itself: without it one takes an eighth less of the processor.
wrapper() {
	printf '#!/bin/sh\nexec %s --max-semi-space-size=1 --no-opt "%s/current/phoenix.mjs" "$@"\n' "$node" "$share"
}

# Writes a file unless it is there with this text, never half of it.
place_file() {
	mkdir -p "$(dirname "$2")"
	if [ -f "$2" ] && [ "$(cat "$2")" = "$3" ]; then return; fi
	temporary=$(mktemp "$(dirname "$2")/.phoenix-XXXXXX")
	printf '%s\n' "$3" >"$temporary"
	chmod "$1" "$temporary"
	sync "$temporary"
	mv "$temporary" "$2"
	changed=yes
}

# Puts this version beside the others and switches the link to it in one step.
place_version() {
	version=$(node "$bundle" --version)-$(sha256sum <"$bundle" | cut -c 1-8)
	if [ ! -f "$share/$version/phoenix.mjs" ]; then
		mkdir -p "$share"
		temporary=$(mktemp -d "$share/.new-XXXXXX")
		cp "$bundle" "$temporary/phoenix.mjs"
		[ ! -f "$here/dist/THIRD_PARTY_LICENSES" ] || cp "$here/dist/THIRD_PARTY_LICENSES" "$temporary/"
		chmod 0755 "$temporary"
		chmod 0644 "$temporary"/*
		sync "$temporary"/* "$temporary"
		mv -T "$temporary" "$share/$version"
	fi
	before=$(readlink "$share/current" || true)
	[ "$before" != "$version" ] || return 0
	ln -sfn "$version" "$share/.current"
	mv -T "$share/.current" "$share/current"
	sync "$share"
	changed=yes
	# The one before stays, for a person who wants to go back.
	for old in "$share"/*/phoenix.mjs; do
		old=$(basename "$(dirname "$old")")
		case $old in "$version" | "$before" | current) ;; *) rm -r "${share:?}/$old" ;; esac
	done
}

ensure_linger() {
	if ! lingering "$(id -un)"; then
		loginctl enable-linger || fail 1 "Containers would end when you log out. Run: sudo loginctl enable-linger $(id -un)"
		PHOENIX_LINGER_IS_OURS=yes
	fi
	[ "${PHOENIX_LINGER_IS_OURS:-no}" = no ] || : >"$share/linger-is-ours"
}

# An earlier --uninstall --keep-stacks left a folder of plain units where the live link belongs.
replace_kept_stack() {
	[ -f "$live/phoenix/.kept" ] || return 0
	say "The stack 'phoenix' was kept by an earlier uninstallation: it is stopped and deployed anew; its volumes stay."
	for file in "$live"/phoenix/*.container; do
		systemctl --user stop "$(basename "$file" .container).service"
	done
	rm -r "$live/phoenix" "$config/containers/phoenix-inputs/phoenix"
	systemctl --user daemon-reload
}

# --- removing it ------------------------------------------------------------------------------------------------------

uninstall_for_me() {
	locate
	kept=
	removed=
	for link in "$live"/*; do
		[ -L "$link" ] || continue
		name=${link##*/}
		case $(fate_of "$name") in keep) kept="$kept $name" ;; *) removed="$removed $name" ;; esac
	done
	for name in $removed; do
		set -- teardown "$name" --purge --yes
		[ "$volumes" = no ] || set -- "$@" --volumes
		"$command" "$@" || fail 1 "The stack '$name' could not be removed, so Phoenix stays installed."
		remove_images "$name"
	done
	for name in $kept; do keep_stack "$name"; done
	ours=no
	[ ! -e "$share/linger-is-ours" ] || ours=yes
	remove_phoenix
	if [ "$ours" = yes ] && [ -n "$kept" ]; then
		say "Linger stays on: without it the kept stacks would not start at boot."
	elif [ "$ours" = yes ] && [ "${PHOENIX_BY_ROOT:-no}" = no ]; then
		loginctl disable-linger || warn "Linger is still on. Run: sudo loginctl disable-linger $(id -un)"
	fi
	[ -z "$kept" ] || say "Kept, and no longer watched:$kept. Their units are in $live."
	[ -z "$removed" ] || [ "$volumes" = yes ] || say "Volumes and secrets stay; \`podman volume ls\` and \`podman secret ls\` show them."
	say "Phoenix is removed."
}

# What becomes of a stack: by option, else by the person, else it is kept.
fate_of() {
	if [ -n "$stacks" ]; then
		say "$stacks"
	elif [ "$yes" = yes ] || ! [ -t 0 ]; then
		say keep
	else
		printf "Stack '%s': keep it as plain Quadlet units, or tear it down? [K/t] " "$1" >&2
		read -r answer || answer=
		case $answer in [tT]*) say teardown ;; *) say keep ;; esac
	fi
}

# Turns the live link into a folder that needs nothing of Phoenix: units wanted by default.target, inputs beside them, and Podman's
# own health checks at work again.
keep_stack() {
	target=$(readlink -f "$live/$1")
	inputs=$config/containers/phoenix-inputs/$1
	# Outside the folders that the generator reads: it would take a half-made folder for a second stack.
	temporary=$config/containers/.phoenix-keep-$1
	rm -rf "$temporary" "$inputs"
	cp -RL "$target" "$temporary"
	chmod -R u+w "$temporary"
	if [ -d "$state/stacks/$1/files" ]; then
		mkdir -p "$config/containers/phoenix-inputs"
		cp -R "$state/stacks/$1/files" "$inputs"
		chmod -R u+w "$inputs"
	fi
	find "$temporary" -type f -exec sed -i \
		-e "s|$state/stacks/$1/files|$inputs|g" \
		-e 's/^WantedBy=phoenix\.target$/WantedBy=default.target/' -e '/^PartOf=phoenix\.target$/d' \
		-e '/^HealthInterval=disable$/d' -e '/^\(Wants\|After\)=phoenix-prober\.service$/d' {} +
	cp "$share/made-folders" "$temporary/.kept"
	rm "$live/$1"
	mv -T "$temporary" "$live/$1"
	sync "$live"
}

# Images that only the stack's own units named. Podman refuses those that something else uses, and they stay.
remove_images() {
	podman images --format '{{.Repository}}:{{.Tag}}' --filter "reference=localhost/phoenix/$1/*" |
		xargs -r podman rmi >/dev/null 2>&1 || true
	[ "$1" = phoenix ] || return 0
	tries=0
	while [ "$tries" -lt 5 ]; do
		# Layers that other layers are built on go in a later round.
		podman images --all --quiet --no-trunc --filter label=io.phoenix.service | sort -u | xargs -r podman rmi --force >/dev/null 2>&1 && break
		tries=$((tries + 1))
	done
}

remove_phoenix() {
	made=$(cat "$share/made-folders" 2>/dev/null || true)
	systemctl --user stop phoenix.service phoenix-prober.service 2>/dev/null || true
	# The kept units have left the target by now: stopping it stops nobody.
	systemctl --user daemon-reload
	systemctl --user stop phoenix.target 2>/dev/null || true
	systemctl --user --quiet disable phoenix.target phoenix.service 2>/dev/null || true
	rm -f "$units"/phoenix.target "$units"/phoenix.service "$units"/phoenix-prober.service "$buses/io.phoenix.Agent.service" "$command"
	systemctl --user daemon-reload
	systemctl --user reset-failed 'phoenix*' 2>/dev/null || true
	# Generations are read-only, and a folder that is not writable cannot be emptied.
	[ ! -d "$state" ] || chmod -R u+w "$state"
	rm -rf "$share" "$state" "$config/phoenix"
	# Deepest first. A folder that holds something of somebody else stays.
	printf '%s\n' "$made" | while read -r folder; do
		[ ! -d "$folder" ] || rmdir --ignore-fail-on-non-empty "$folder"
	done
}

# --- what was asked for -----------------------------------------------------------------------------------------------

no_packages=no stack=yes user='' force_sandbox=no uninstall=no stacks='' volumes=no yes=no
passed=
while [ "$#" -gt 0 ]; do
	case $1 in
	--help | -h) help && exit 0 ;;
	--no-packages) no_packages=yes ;;
	--no-stack) stack=no passed="$passed $1" ;;
	--user)
		[ "$#" -gt 1 ] || fail 2 "--user needs a name."
		user=$2
		shift
		;;
	--user=*) user=${1#--user=} ;;
	--sandbox) force_sandbox=yes ;;
	--uninstall) uninstall=yes passed="$passed $1" ;;
	--keep-stacks) stacks=keep passed="$passed $1" ;;
	--teardown) stacks=teardown passed="$passed $1" ;;
	--volumes) volumes=yes passed="$passed $1" ;;
	--yes | -y) yes=yes passed="$passed $1" ;;
	*) fail 2 "Unknown option '$1'. ./install.sh --help shows them all." ;;
	esac
	shift
done
if [ "$uninstall" = no ] && [ "$stacks$volumes" != no ]; then fail 2 "--keep-stacks, --teardown and --volumes belong to --uninstall."; fi
if [ "$volumes" = yes ] && [ "$stacks" != teardown ]; then fail 2 "--volumes needs --teardown: a kept stack keeps its volumes."; fi
if [ -n "$user" ] && [ "$(id -u)" != 0 ]; then fail 2 "--user is for root; without root Phoenix is installed for yourself."; fi

# `su` and `sudo -u` do not set it, and systemctl finds the user manager by it.
if [ "$(id -u)" != 0 ]; then
	XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-/run/user/$(id -u)}
	export XDG_RUNTIME_DIR
fi
reason=$(why_not_here)
[ "$force_sandbox" = no ] || reason="The sandbox was asked for."
# shellcheck disable=SC2086 # a list of our own options, without blanks
if [ -n "$reason" ]; then
	in_sandbox "$reason" $passed
elif [ "$(id -u)" = 0 ]; then
	for_user $passed
elif [ "$uninstall" = yes ]; then
	uninstall_for_me
else
	install_for_me
fi
