# Every header compiles alone, and twice, with the flags of this build.
cd "$KW_TESTS/.." || exit
compile=$(cat "$KW_BIN/.compile") || exit
status=0
shopt -s nullglob
for header in include/kw/*.h {lib,prep,augment,train,info}/*.h \
	tests/{support,bench}/*.h; do
	printf '#include "%s"\n#include "%s"\n' "$header" "$header" |
		sh -c "$compile -Werror -fsyntax-only -x c -" && continue
	echo "$header does not compile alone"
	status=1
done
exit $status
