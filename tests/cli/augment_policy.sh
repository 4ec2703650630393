# kw-augment: how copies vary: policies by name, from files, and by options.
. "$KW_TESTS/support/cli.sh"
augment=$KW_BIN/kw-augment

"$KW_BIN/make-photos" photos cat,dog 4
"$KW_BIN/kw-prep" -q -s 20x28 -o in.h5 photos

# same OPTIONS -- OPTIONS: both make the same bytes.
pair() {
	local a=()
	while [ "$1" != -- ]; do
		a+=("$1")
		shift
	done
	shift
	"$augment" -q -f -o a.h5 "${a[@]}" in.h5
	"$augment" -q -f -o b.h5 "$@" in.h5
}
same() {
	pair "$@"
	cmp a.h5 b.h5 || fail "not the same: $*"
}
# images FOLDER OPTIONS: the train images as files.
images() {
	"$augment" -q -f -o images.h5 "${@:2}" in.h5
	"$KW_BIN/kw-info" --extract train -q -f -o "$1" images.h5
}
# differ OPTIONS: not only the settings, but the images are others than those
# in the folder a.
differ() {
	rm -rf b
	images b "$@"
	! diff -rq a b > /dev/null || fail "the same images: $*"
}

echo "-- the defaults are the seed recipe"
same -- --copies 1 --seed 42 --rotation 45 --width-shift 0.3 \
	--height-shift 0.3 --shear 0.2 --zoom 0.2 --horizontal-flip \
	--no-vertical-flip --fill nearest
same -- --policy seed
same -- --policy none --rotation 45 --width-shift 0.3 --height-shift 0.3 \
	--shear 0.2 --zoom 0.8,1.2 --horizontal-flip

echo "-- every setting changes something"
images a
for option in --rotation=5 --width-shift=0 --width-shift=3 --height-shift=0 \
	--shear=9 --shear-x=0.5 --shear-y=0.5 --zoom=none --zoom=0.5,0.7 \
	--zoom-uniform --no-horizontal-flip --vertical-flip --crop=0.3,0.6 \
	--channel-shift=60 --brightness=0.5,0.7 --contrast=0.3,0.6 \
	--saturation=0.1,0.5 --hue=90 --posterize=1,3 --solarize=0,100 \
	--autocontrast=1 --equalize=1 --sharpness=3,6 --blur=3 --noise=40 \
	--jpeg=5,20 --erase=1 --choose=one --interpolate=bicubic \
	--interpolate=lbb --interpolate=nohalo --fill=reflect --fill=wrap \
	--fill=constant; do
	differ "$option"
done
for name in light heavy trivial none; do
	differ --policy $name
done
rm -r a
images a --fill constant
differ --fill constant --fill-value 255
rm -r a b
# all settings of --help that take a value are here
"$augment" --help | sed -n '/How copies vary/,/--force/p' |
	grep -oE -e '--[a-z-]+=' | sort -u > keys
grep -oE -e '--[a-z-]+=' "$KW_TESTS/cli/augment_policy.sh" > tested
printf '%s\n' --policy= --fill-value= >> tested
! grep -vxF -f tested keys || fail "not tested"

echo "-- a flag can be switched off, and the last word counts"
same --no-horizontal-flip -- --horizontal-flip --no-horizontal-flip
same --vertical-flip -- --no-vertical-flip --vertical-flip
same -- --zoom-uniform --no-zoom-uniform
same --rotation 5 -- --rotation 60 --rotation 5
run 1 "$augment" --horizontal-flip=false in.h5
said "horizontal-flip"

echo "-- none turns a range off"
same --policy none -- --policy none --zoom none --brightness none --crop none \
	--jpeg none --posterize none

echo "-- files"
cat > mine.policy << 'END'
# what the kangaroos need

[policy]
# degrees
rotation = 10
zoom=0.9,1.1

brightness = 0.8,1.2
horizontal-flip = yes
fill = reflect
END
same --policy mine.policy -- --policy none --rotation 10 --zoom 0.1 \
	--brightness 0.8,1.2 --horizontal-flip --fill reflect
same --policy ./mine.policy -- --policy "$PWD/mine.policy"
printf '[policy]\nbase = heavy\nhue = none\n' > based.policy
same --policy based.policy -- --policy heavy --hue none
"$augment" -q -f -o b.h5 --policy <(cat mine.policy) in.h5
"$augment" -q -f -o a.h5 --policy mine.policy in.h5
cmp a.h5 b.h5

echo "-- options win over the policy, wherever they stand"
same --policy heavy --rotation 3 --no-horizontal-flip -- \
	--rotation 3 --policy heavy --no-horizontal-flip
same --policy heavy --rotation 3 --no-horizontal-flip -- \
	--no-horizontal-flip --rotation 3 --policy heavy
same --policy light -- --policy heavy --policy light

echo "-- what is printed reads back"
for name in seed light heavy trivial none mine.policy; do
	"$augment" --policy $name --print-policy > printed
	same --policy $name -- --policy printed
	"$augment" --policy printed --print-policy | cmp - printed
done
"$augment" --print-policy --policy heavy --hue none --blur 0.25 > printed
same --policy printed -- --policy heavy --hue none --blur 0.25
grep -q '^\[policy\]$' printed || fail "no group: $(cat printed)"
grep -q '^blur *= *0.25$' printed || fail "no blur: $(cat printed)"
! grep -q '^hue' printed || fail "hue is off: $(cat printed)"
grep -q '^#' printed || fail "no comments: $(cat printed)"
# it neither reads nor writes anything else
rm -f never.h5
"$augment" --print-policy -o never.h5 missing.h5 > /dev/null < /dev/null
[ ! -e never.h5 ] || fail "--print-policy wrote a dataset"
status=0
"$augment" --print-policy > /dev/full 2> stderr || status=$?
[ "$status" -eq 1 ] || fail "status $status for a full disk"
grep -q "standard output" stderr || fail "a full disk: $(cat stderr)"

echo "-- the dataset tells its policy"
"$augment" -q -f -o a.h5 --policy light --noise 2.5 in.h5
"$KW_BIN/kw-info" a.h5 > told
for line in augment.noise=2.5 augment.rotation=10 augment.brightness=0.9,1.1 \
	augment.horizontal-flip=true augment.copies=1 augment.seed=42; do
	tr -s ' ' < told | grep -q "$line\$" || fail "no $line: $(cat told)"
done

echo "-- policies that cannot be"
refused 1 "light" "$augment" --policy lihgt in.h5
refused 1 "no-such.policy" "$augment" --policy ./no-such.policy in.h5
# bad TEXT LINE...: a file of these lines is refused with TEXT, and its name
bad() {
	local text=$1
	shift
	printf '%s\n' "$@" > bad.policy
	refused 1 "$text" "$augment" --policy bad.policy -o never.h5 in.h5
	refused 1 "bad.policy" "$augment" --policy bad.policy -o never.h5 in.h5
}
bad "rotation" "[policy]" "rotatoin = 3"
bad "horizontal-flip" "[policy]" "horizontal_flip = true"
bad "brightness" "[policy]" "brightnes = 1,2"
bad "colour" "[colour]" "hue = 3"
bad "extra" "[policy]" "hue = 3" "[extra]" "blur = 1"
bad "hue" "[policy]" "hue = 3" "hue = 4"
bad "hue" "[policy]" "hue = blue"
bad "zoom" "[policy]" "zoom = 1.2,0.8"
bad "brightness" "[policy]" "brightness = 0,1"
bad "heavvy" "[policy]" "base = heavvy"
bad "bad.policy" "rotation = 3"
bad "bad.policy" "[policy" "rotation = 3"
mkdir folder.policy
refused 1 "folder.policy" "$augment" --policy ./folder.policy in.h5
head -c 2000000 /dev/zero > large.policy
refused 1 "large.policy" "$augment" --policy ./large.policy in.h5

echo "-- ranges that make no sense"
while read -r option value; do
	refused 1 "--$option" "$augment" "--$option=$value" -o never.h5 in.h5
done << 'END'
rotation -1
rotation 361
rotation nan
rotation 1,2
rotation 5x
width-shift -0.1
height-shift inf
shear nan
shear 91
shear-x 5
zoom 0
zoom 1
zoom 1.5
zoom 0,1
zoom 1.2,0.8
zoom 0.5,11
zoom -1,1
crop 0
crop 0,1
crop 0.5,1.1
crop 0.9,0.2
channel-shift 256
brightness 0
brightness 0,1
brightness -1,1
brightness 1.4,0.6
brightness 1,2,3
brightness 1,
contrast 0
saturation 0
hue 181
posterize 0,8
posterize 2.5
solarize 0,257
autocontrast 1.1
equalize -0.1
sharpness -1
blur 101
noise -1
jpeg 0,50
jpeg 90,40
jpeg 1.5,3
erase 2
choose some
interpolate nearest
fill mirror
fill-value 256
fill-value -1
fill-value 1.5
END
[ ! -e never.h5 ] || fail "a refused policy made a dataset"
no_leftovers

echo "-- what is hardly meant is warned of"
"$augment" --dry-run --balance 500 in.h5 2> stderr
said "copies of each of its train images"
"$augment" --dry-run -n 30 in.h5 2> stderr
! grep -q warning stderr || fail "warned: $(cat stderr)"
"$augment" --dry-run --contrast 0.2 in.h5 2> stderr
said "every copy gets --contrast 0.2"
"$augment" --dry-run --contrast 0.8,1.2 in.h5 2> stderr
! grep -q warning stderr || fail "warned: $(cat stderr)"
