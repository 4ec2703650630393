# kw-augment: files and pipes, threads, bad input, and what it leaves behind.
. "$KW_TESTS/support/cli.sh"
augment=$KW_BIN/kw-augment

"$KW_BIN/make-photos" photos cat,dog 12
"$KW_BIN/kw-prep" -q -s 20x28 -o in.h5 photos

echo "-- one thread, many threads, again, pipes and files: the same bytes"
"$augment" -n 3 -j 1 -o one.h5 in.h5 2> report
grep -q 'train [0-9]* -> [0-9]*, val' report || fail "report: $(cat report)"
"$augment" -q -n 3 -j 2 -o two.h5 in.h5 2> report
[ ! -s report ] || fail "not quiet: $(cat report)"
cmp one.h5 two.h5
"$augment" -q -n 3 in.h5 > redirected.h5
cmp one.h5 redirected.h5
"$augment" -q -n 3 < in.h5 > filtered.h5
cmp one.h5 filtered.h5
cat in.h5 | "$augment" -q -n 3 - | cat > piped.h5
cmp one.h5 piped.h5
"$KW_BIN/kw-prep" -q -s 20x28 photos | "$augment" -q -n 3 > pipeline.h5
cmp one.h5 pipeline.h5

echo "-- the defaults are the seed recipe"
"$augment" -q -o default.h5 in.h5
"$augment" -q -o recipe.h5 --copies 1 --seed 42 --rotation 45 \
	--width-shift 0.3 --height-shift 0.3 --shear 0.2 --zoom 0.2 \
	--horizontal-flip --no-vertical-flip --fill nearest in.h5
cmp default.h5 recipe.h5
for option in --seed=1 --rotation=5 --width-shift=0 --height-shift=0 \
	--shear=9 --zoom=0 --no-horizontal-flip --vertical-flip \
	--fill=reflect --fill=wrap --fill=constant; do
	"$augment" -q -f -o other.h5 "$option" in.h5
	! cmp -s default.h5 other.h5 || fail "$option changes nothing"
done
"$augment" -q -f -o black.h5 --fill constant in.h5
"$augment" -q -f -o white.h5 --fill constant --fill-value 255 in.h5
! cmp -s black.h5 white.h5 || fail "--fill-value changes nothing"

echo "-- bad command lines"
refused 1 "--copies" "$augment" -n 0 in.h5
refused 1 "--copies" "$augment" -n 3x in.h5
refused 1 "--rotation" "$augment" --rotation=-1 in.h5
refused 1 "--zoom" "$augment" --zoom 1.5 in.h5
refused 1 "--shear" "$augment" --shear nan in.h5
refused 1 "--fill" "$augment" --fill mirror in.h5
refused 1 "--fill-value" "$augment" --fill-value 256 in.h5
refused 1 "second" "$augment" in.h5 in.h5

echo "-- bad input"
refused 1 "missing.h5" "$augment" missing.h5
refused 1 "photos" "$augment" photos
echo "no dataset" > text.h5
refused 1 "text.h5" "$augment" text.h5
head -c 20000 in.h5 > truncated.h5
refused 1 "truncated.h5" "$augment" truncated.h5
refused 1 "standard input" "$augment" < /dev/null
refused 1 "augmented already" "$augment" one.h5
"$KW_BIN/kw-prep" -q -s 20x28 --split 0/50/50 -o untrained.h5 photos
refused 1 "no train records" "$augment" untrained.h5

echo "-- outputs that cannot be, and that are left alone"
refused 1 "default.h5" "$augment" -o default.h5 in.h5
cmp default.h5 recipe.h5
"$augment" -q -f -n 3 -o default.h5 in.h5
cmp default.h5 one.h5
refused 1 "missing/out.h5" "$augment" -o missing/out.h5 in.h5
status=0
"$augment" -q in.h5 > /dev/full 2> stderr || status=$?
[ "$status" -eq 1 ] || fail "status $status for a full disk"
grep -q "standard output" stderr || fail "a full disk: $(cat stderr)"
if command -v script > /dev/null; then
	# `script` gives the command a terminal
	script -qec "$augment missing.h5" /dev/null < /dev/null > stdout || :
	grep -q -e "-o" stdout || fail "a terminal: $(cat stdout)"
	! grep -q "missing.h5" stdout || fail "refused after opening the input"
fi

echo "-- interrupted: dies of the signal and leaves nothing"
mkdir work
for signal in INT TERM; do
	# the parent of all this may have it ignored
	[[ $(trap -p $signal) != *"''"* ]] || continue
	status=0
	TMPDIR=$PWD/work timeout --preserve-status -s $signal 0.5 "$augment" \
		-q -n 100000 -o work/out.h5 in.h5 2> stderr || status=$?
	[ "$status" -eq $((128 + $(kill -l $signal))) ] ||
		fail "status $status after SIG$signal: $(cat stderr)"
	[ -z "$(ls -A work)" ] || fail "left behind: $(ls -A work)"
done

echo "-- every instruction set gives the same bytes"
for cpu in generic avx2 avx512; do
	KW_CPU=$cpu "$augment" -q -f -n 3 -o cpu.h5 in.h5
	cmp one.h5 cpu.h5
done
KW_CPU=fast refused 1 "KW_CPU=fast" "$augment" -o never.h5 in.h5
