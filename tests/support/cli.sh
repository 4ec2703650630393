# What the scripts of tests/cli share; each sources it first:
#
#	. "$KW_TESTS/support/cli.sh"
#
# A script runs in an empty folder of its own; temporary files go to tmp/ there.
set -eu
export TMPDIR=$PWD/tmp
mkdir -p tmp

fail() {
	echo "FAILED: $*"
	exit 1
}

# run STATUS COMMAND...: this status; what it printed is in stdout and stderr.
run() {
	local expected=$1 status=0
	shift
	"$@" > stdout 2> stderr || status=$?
	[ "$status" -eq "$expected" ] ||
		fail "status $status, not $expected: $*: $(cat stdout stderr)"
}

# said TEXT: on standard error, runs of spaces counted as one.
said() {
	tr -s ' ' < stderr | grep -qF -e "$1" ||
		fail "no '$1' in: $(cat stderr)"
}

# refused STATUS TEXT COMMAND...: this status, nothing on standard output, and
# one line that holds TEXT on standard error.
refused() {
	local expected=$1 text=$2 status=0
	shift 2
	"$@" > stdout 2> stderr || status=$?
	[ "$status" -eq "$expected" ] || fail "status $status: $*: $(cat stderr)"
	[ ! -s stdout ] || fail "standard output: $*"
	grep -qF -e "$text" stderr || fail "no '$text': $(cat stderr)"
	[ "$(wc -l < stderr)" -eq 1 ] || fail "more than a line: $(cat stderr)"
	rm stdout stderr
}

# stopped SIGNAL N TEXT COMMAND...: send SIGNAL when standard error has the N-th
# line with TEXT, of which COMMAND is to die.
stopped() {
	local signal=$1 n=$2 text=$3 pid line status=0
	shift 3
	[ -p tmp/pipe ] || mkfifo tmp/pipe
	env --default-signal=INT,TERM "$@" > stdout 2> tmp/pipe &
	pid=$!
	exec 3< tmp/pipe
	: > stderr
	while [ "$n" -gt 0 ] && read -r line <&3; do
		echo "$line" >> stderr
		[[ $line != *"$text"* ]] || n=$((n - 1))
	done
	[ "$n" -eq 0 ] || fail "no '$text': $*: $(cat stderr)"
	kill -s "$signal" $pid
	cat <&3 >> stderr
	exec 3<&-
	rm tmp/pipe
	wait $pid 2> /dev/null || status=$?
	[ $status -eq $((128 + $(kill -l "$signal"))) ] ||
		fail "status $status after SIG$signal: $*: $(cat stderr)"
}

# Nothing of the tools' own may be left behind, here and in TMPDIR.
no_leftovers() {
	[ -z "$(find . -name '*kw-*')" ] ||
		fail "left behind: $(find . -name '*kw-*')"
}

# run_examples PAGE LEAST: the commands of a manual's EXAMPLES, at least LEAST of
# them, run one after the other in this folder.
run_examples() {
	local page=$KW_TESTS/../man/$1 command

	sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/s/^\.Dl //p' "$page" > examples
	[ "$(wc -l < examples)" -ge "$2" ] || fail "examples: $(cat examples)"
	while read -r command; do
		PATH=$KW_BIN:$PATH bash -euo pipefail -c "$command" \
			> stdout 2> stderr < /dev/null ||
			fail "$command: $(cat stderr)"
	done < examples
}
