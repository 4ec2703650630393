# kw-train: a disk that is full when the model is written.  The disk is a small
# tmpfs in a mount namespace of its own.
. "$KW_TESTS/support/cli.sh"

if [ -z "${KW_IN_NAMESPACE:-}" ]; then
	unshare --mount --map-root-user true 2> /dev/null &&
		mkdir disk &&
		unshare --mount --map-root-user \
			mount -t tmpfs tmpfs disk 2> /dev/null || {
		echo "skip: no mount namespace to make a full disk in"
		exit 77
	}
	"$KW_BIN/make-photos" photos cat,dog 8
	"$KW_BIN/kw-prep" -q -s 32 -o data.h5 photos
	KW_IN_NAMESPACE=1 exec unshare --mount --map-root-user bash "$0"
fi

mount -t tmpfs -o size=8m tmpfs disk
status=0
"$KW_BIN/kw-train" -q --weights none --freeze 22 --head 16 --epochs 3 \
	-o disk/model.h5 data.h5 > stdout 2> stderr || status=$?
[ "$status" -eq 1 ] || fail "status $status: $(cat stderr)"
grep -v warning stderr > line
grep -q "disk/model.h5" line || fail "which file? $(cat line)"
[ "$(wc -l < line)" -eq 1 ] || fail "more than a line: $(cat line)"
[ -z "$(ls -A disk)" ] || fail "left behind: $(ls -AR disk)"
