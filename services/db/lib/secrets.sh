# A missing password is found before anything is changed.
check_secrets() {
	for name in owner gap-detector recurrent-processor analysis-engine rubik-agent; do
		file=$DB_SECRETS/db-$name
		[ -r "$file" ] || fail "the secret file $file is missing or not readable by uid $(id -u)."
		[ -n "$(cat "$file")" ] || fail "the secret file $file is empty."
		[ "$(wc -l <"$file")" -le 1 ] || fail "the secret file $file has more than one line."
	done
}
