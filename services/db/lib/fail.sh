fail() {
	echo "Cannot start the database: $1" >&2
	exit 1
}
