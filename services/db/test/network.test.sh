begin_and_wait
# The superuser has no way in by the network, even with a password that is right.
echo "ALTER ROLE postgres PASSWORD 'known'" | root
message=$(PGPASSWORD=known psql -h 127.0.0.1 -U postgres -d phoenix -c 'SELECT 1' 2>&1) && die "the superuser came in"
case $message in *"pg_hba.conf rejects"*) ;; *) die "the superuser was refused for another reason: $message" ;; esac
for other in postgres template1; do
	PGPASSWORD=gap-detector-password psql -h 127.0.0.1 -U gap_detector -d $other -c 'SELECT 1' >/dev/null 2>&1 && die "gap_detector came into $other"
done
PGPASSWORD=wrong psql -h 127.0.0.1 -U gap_detector -d phoenix -c 'SELECT 1' >/dev/null 2>&1 && die "a wrong password is taken"

# The password follows the secret at the next start; its text is in no log and in no file of the volume.
end
printf "it's-\\\\new-\$1" >"$work/secrets/db-gap-detector"
begin_and_wait
equal "$(echo 'SELECT current_user' | as gap_detector)" gap_detector "who came in with the new password"
PGPASSWORD=gap-detector-password psql -h 127.0.0.1 -U gap_detector -d phoenix -c 'SELECT 1' >/dev/null 2>&1 && die "the old password is still taken"
end
grep -rqF -e rubik-agent-password -e '-new-$1' "$work/volume" "$work/log" && die "a password lies in the volume or the log"

rm "$work/secrets/db-rubik-agent"
refuses_to_start "db-rubik-agent is missing"
: >"$work/secrets/db-rubik-agent"
refuses_to_start "db-rubik-agent is empty"
