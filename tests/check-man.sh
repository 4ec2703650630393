# The manuals: they lint clean, and each tool's page describes exactly the
# options that its --help lists.
cd "$KW_TESTS/../man" || exit
status=0

# From inside man/, so that the pages find each other.
if ! mandoc -Tlint -Wstyle ./*.[157]; then
	echo "the above is what mandoc has to say about the manuals"
	status=1
fi

# Options as "-o" and "--output", sorted, one a line.
of_help() {
	"$KW_BIN/$1" --help | sed -n 's/^ \{1,8\}\(-[^ ].*\)/\1/p' |
		sed 's/  .*//' | tr ', ' '\n\n' |
		sed -n 's/^\(-[^-]\|--[a-z0-9-]*\).*/\1/p' | LC_ALL=C sort -u
}
of_man() {
	sed -n '/^\.It Fl/p' "$1.1" | grep -o 'Fl [^ ]*' | sed 's/Fl /-/; s/\\&//' |
		LC_ALL=C sort -u
}
for tool in "$KW_BIN"/kw-*; do
	name=$(basename "$tool")
	if [ ! -e "$name.1" ]; then
		echo "man/$name.1 is missing"
		status=1
	elif ! diff <(of_help "$name") <(of_man "$name"); then
		echo "above: options of $name --help (<) that differ from man/$name.1 (>)"
		status=1
	fi
done
exit $status
