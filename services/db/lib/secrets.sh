# Who has a password. The file is called as the contract says, the role the same with underscores.
services='gap-detector recurrent-processor analysis-engine rubik-agent'

secret_of() {
	printf '%s/db-%s\n' "$DB_SECRETS" "$1"
}

role_of() {
	printf '%s\n' "$1" | tr - _
}

# A missing password is found before anything is changed.
check_secrets() {
	for name in owner $services; do
		file=$(secret_of "$name")
		[ -r "$file" ] || fail "the secret file $file is missing or not readable by uid $(id -u)."
		[ -n "$(cat "$file")" ] || fail "the secret file $file is empty."
		[ "$(wc -l <"$file")" -le 1 ] || fail "the secret file $file has more than one line."
	done
}
