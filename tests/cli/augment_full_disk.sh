# kw-augment: a disk without room for what is asked for, told before the work.
# The disk is a small tmpfs in a mount namespace of its own.
. "$KW_TESTS/support/cli.sh"
augment=$KW_BIN/kw-augment

if [ -z "${KW_IN_NAMESPACE:-}" ]; then
	unshare --mount --map-root-user true 2> stderr &&
		mkdir disk &&
		unshare --mount --map-root-user \
			mount -t tmpfs tmpfs disk 2> stderr || {
		echo "skip: no mount namespace to make a full disk in"
		exit 77
	}
	"$KW_BIN/make-photos" photos cat,dog 8
	"$KW_BIN/kw-prep" -q -s 32 -o in.h5 photos
	"$KW_BIN/kw-prep" -q -s 64 -o larger.h5 photos
	KW_IN_NAMESPACE=1 exec unshare --mount --map-root-user bash "$0"
fi

mount -t tmpfs -o size=1m tmpfs disk
# told TEXT OPTIONS: no room for TEXT, with both sizes, and nothing is written
told() {
	local text=$1
	shift
	refused 1 "not enough room" "$augment" "$@" in.h5
	refused 1 "$text" "$augment" "$@" in.h5
	refused 1 " needed, 1.0 MB free" "$augment" "$@" in.h5
	[ -z "$(ls -A disk)" ] || fail "left behind: $(ls -AR disk)"
}
told "disk/out.h5" -n 200 -o disk/out.h5
told "--copies" -n 200 -o disk/out.h5
told "disk/set.h5" -n 200 --shards 4 -o disk/set.h5
told "in 'disk'" -n 200 --save-to disk/images -o out.h5
export TMPDIR=$PWD/disk
told "TMPDIR" -n 200
export TMPDIR=$PWD/tmp
# more than the disk of anybody has
refused 1 "not enough room" "$augment" -n 1000000 -o disk/out.h5 in.h5

# what fits is written
"$augment" -q -n 2 -o disk/out.h5 in.h5
"$KW_BIN/kw-info" -q --verify disk/out.h5
# of JPEG files a quarter of the pixels is expected, 12288 bytes an image
rm disk/out.h5
refused 1 "in 'disk'" "$augment" -n 14 --save-to disk/images -o out.h5 larger.h5
"$augment" -q -n 14 --save-to disk/images --save-format jpeg -o out.h5 larger.h5
rm -r disk/images
"$augment" -q -n 2 -o disk/out.h5 in.h5
# a dry run needs no room
"$augment" -q -n 200 --dry-run -o disk/dry.h5 in.h5
[ "$(ls -A disk)" = out.h5 ] || fail "$(ls -A disk)"
