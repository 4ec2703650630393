# kw-predict: what it computes in, where the CPU has bf16 and where it has not.
. "$KW_TESTS/support/cli.sh"
predict=$KW_BIN/kw-predict
# What oneDNN and we call a CPU without any bf16, and one that emulates it.
without=(env KW_CPU=avx2 ONEDNN_MAX_CPU_ISA=AVX2)
slow=(env KW_CPU=avx512 ONEDNN_MAX_CPU_ISA=AVX512_CORE)

"$KW_BIN/make-photos" photos cat,dog 6
"$KW_BIN/kw-prep" -q -s 32x48 -o data.h5 photos
"$KW_BIN/kw-train" -q --algorithm direct --weights none --epochs 1 --batch 16 \
	--head 8 --freeze 22 -o model.h5 data.h5 2> /dev/null

# near A B: the same paths, and probabilities of the first class within 0.01: to
# bf16 they are all alike.  Which class is the answer may change near 1/2.
near() {
	[ "$(wc -l < "$1")" -eq 12 ] || fail "lines: $(cat "$1")"
	paste "$1" "$2" | awk -F '\t' '
		$1 != $4 { exit 1 }
		{ a = $2 == "cat" ? $3 : 1 - $3; b = $5 == "cat" ? $6 : 1 - $6 }
		(a - b) ^ 2 > 1e-4 { exit 1 }' || fail "$1 and $2 differ"
}

# says TEXT COMMAND...: -v and the summary name an arithmetic that begins so.
says() {
	local text=$1
	shift
	run 0 "$@" -v -f --summary sum.json model.h5 photos
	said ", $text"
	grep -q "\"arithmetic\" : \"$text" sum.json ||
		fail "no $text: $(cat sum.json)"
}

echo "-- 32 bits, unless asked otherwise"
"$predict" model.h5 photos > plain
"$predict" --precision f32 model.h5 photos | cmp - plain
says "f32 " "$predict"
says "f32 direct" env KW_CPU=generic "$predict"
near stdout plain

echo "-- bf16, where there is any"
if "$predict" --precision bf16 model.h5 photos > rounded 2> stderr; then
	says "bf16 " "$predict" --precision bf16
	near rounded plain
	! cmp -s rounded plain || fail "bf16 and f32 give the same bytes"
	"$predict" --precision bf16 model.h5 photos 2> /dev/null |
		cmp - rounded
	"$predict" --precision bf16 model.h5 data.h5 > records 2> stderr
	said "test: accuracy"
else
	! grep -qE '^flags.* avx512_bf16' /proc/cpuinfo ||
		[ -n "${ONEDNN_MAX_CPU_ISA-}" ] ||
		fail "this CPU has bf16: $(cat stderr)"
fi

echo "-- where there is none, that is said, and auto is f32"
refused 1 "--precision bf16 does not work here, --precision f32 does: oneDNN" \
	"${without[@]}" "$predict" --precision bf16 model.h5 photos
says "f32 " "${without[@]}" "$predict" --precision auto
near stdout plain

echo "-- where it is emulated, too"
if "${slow[@]}" "$predict" --precision bf16 model.h5 photos > stdout \
	2> stderr; then
	said "this CPU emulates bf16, slowly; --precision f32 is faster"
	near stdout plain
	run 0 "${slow[@]}" "$predict" -q --precision bf16 model.h5 photos
	[ ! -s stderr ] || fail "-q: $(cat stderr)"
fi
says "f32 " "${slow[@]}" "$predict" --precision auto

echo "-- bad command lines"
refused 1 "--precision" "$predict" --precision half model.h5 photos
