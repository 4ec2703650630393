# kw-train: a disk that is full when model or resume file are written.  The disk
# is a small tmpfs in a mount namespace of its own.
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

# A rate of 0: the first epoch is the best one.
run_train() {
	"$KW_BIN/kw-train" --algorithm direct --weights none --freeze 22 --head 16 --epochs 2 \
		--batch 16 --lr 0 "$@" data.h5 > stdout 2> stderr
}

# no_leftovers_on FOLDER: no files under way.
no_leftovers_on() {
	[ -z "$(find "$1" -name '*kw-partial*')" ] || fail "$(ls -AR "$1")"
}

# a model and a resume file of 80 MB each
run_train -o whole.h5 || fail "$(cat stderr)"

echo "-- no room at all: each failure is told, and at last what is lost"
mount -t tmpfs -o size=8m tmpfs disk
status=0
run_train -o disk/model.h5 || status=$?
[ $status -eq 1 ] || fail "status $status: $(cat stderr)"
said "warning: 'disk/model.h5': cannot write 'kernel:0': No space left on device"
said "the best epoch so far, 1, is not saved as a model"
said "'disk/model.resume.h5': cannot write 'kernel:0': No space left on device; training goes on without a resume file"
tail -n 1 stderr | grep -q "the best epoch, 1, could not be saved and are lost" ||
	fail "$(cat stderr)"
[ ! -e disk/model.h5 ] && [ ! -e disk/model.resume.h5 ] || fail "$(ls disk)"
grep -q '^epoch 2/2' stdout || fail "it did not go on: $(cat stdout)"
no_leftovers_on disk
umount disk

echo "-- room for the model alone: it is kept without its report"
mount -t tmpfs -o size=100m tmpfs disk
run_train -o disk/model.h5 || fail "$(cat stderr)"
said "'disk/model.resume.h5': cannot write 'kernel:0': No space left on device"
said "'disk/model.h5': cannot write 'kernel:0': No space left on device; it holds the weights without the report"
grep -q '^test report' stdout || fail "$(cat stdout)"
"$KW_BIN/kw-info" disk/model.h5 > info || fail "$(cat info)"
no_leftovers_on disk
umount disk

echo "-- room for one resume file: it stays, and is good to go on from"
mount -t tmpfs -o size=180m tmpfs disk
run_train -o disk/model.h5 || fail "$(cat stderr)"
said "'disk/model.resume.h5': cannot write 'kernel:0': No space left on device; the one before it stays, and training goes on"
no_leftovers_on disk
mount -o remount,size=400m disk
run_train -o disk/model.h5 --resume || fail "$(cat stderr)"
said "goes on from 'disk/model.resume.h5', in epoch 2 after 0 steps"
cmp disk/model.h5 whole.h5
umount disk

echo "-- interrupted with room for one: it goes on from an earlier moment"
mount -t tmpfs -o size=180m tmpfs disk
env --default-signal=INT "$KW_BIN/kw-train" --algorithm direct --weights none --freeze 22 \
	--head 16 --epochs 2000 --patience 0 --lr 0 -v -o disk/model.h5 data.h5 \
	> stdout 2> stderr &
pid=$!
tries=600
until [ "$(grep -c 'step 1/' stderr)" -ge 3 ]; do
	tries=$((tries - 1))
	[ $tries -gt 0 ] && kill -0 $pid || fail "no third epoch: $(cat stderr)"
	sleep 0.05
done
kill -INT $pid
status=0
wait $pid || status=$?
[ $status -eq 130 ] || fail "status $status: $(cat stderr)"
said "goes on from an earlier moment, which 'disk/model.resume.h5' holds"
grep -q "No space left on device; the one before it stays$" stderr ||
	fail "$(cat stderr)"
no_leftovers_on disk
umount disk

echo "-- room for the resume file alone: it keeps the best weights"
mount -t tmpfs -o size=8m tmpfs disk
echo older > disk/model.h5
ln -s disk/model.h5 model.h5
status=0
run_train -f -o model.h5 || status=$?
[ $status -eq 1 ] || fail "status $status: $(cat stderr)"
said "'model.resume.h5' keeps the weights of epoch 1; it is not written again"
tail -n 1 stderr | grep -qF "'model.resume.h5' keeps the best epoch, 1, for a run with --resume: 'model.h5': cannot write 'kernel:0': No space" ||
	fail "$(cat stderr)"
[ "$(cat disk/model.h5)" = older ] || fail "the older model is gone"
no_leftovers_on .
mount -o remount,size=400m disk
run_train --resume -o model.h5 || fail "$(cat stderr)"
cmp model.h5 whole.h5
no_leftovers_on .

echo "-- no room for the log: told once, and no harm"
umount disk
mount -t tmpfs -o size=8k tmpfs disk
head -c 4096 /dev/zero > disk/fill
run_train -o logged.h5 --epochs 3 --log-dir disk/log || fail "$(cat stderr)"
[ "$(grep -c 'warning: .*disk/log.*training goes on' stderr)" -ge 1 ] ||
	fail "$(cat stderr)"
[ -z "$(grep warning stderr | sort | uniq -d)" ] || fail "told twice: $(cat stderr)"
said "'logged.h5' holds epoch 1"
