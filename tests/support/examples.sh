# For scripts of tests/cli, which have a fail() of their own.
#
# run_examples PAGE LEAST: the commands of a manual's EXAMPLES, at least LEAST of
# them, run one after the other in this folder.
run_examples() {
	local page=$KW_TESTS/../man/$1 command status

	sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/s/^\.Dl //p' "$page" > examples
	[ "$(wc -l < examples)" -ge "$2" ] || fail "examples: $(cat examples)"
	while read -r command; do
		status=0
		PATH=$KW_BIN:$PATH bash -euo pipefail -c "$command" \
			> stdout 2> stderr < /dev/null || status=$?
		[ $status -eq 0 ] || fail "$command: $status: $(cat stderr)"
	done < examples
}
