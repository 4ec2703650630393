#include "tests/support/kwtest.h"

#include <math.h>
#include <string.h>

#include "kw/cpu.h"
#include "kw/random.h"
#include "kw/warp.h"
#include "lib/warp_kernel.h"
#include "tests/support/warp_emulated.h"

enum { N_FILLS = 4, GUARD = 0xA5, GUARD_SIZE = 64 };

static const KwAffine identity = { .xx = 1, .yy = 1 };

/* h, w: odd ones, thin ones, not square */
static const int sizes[][2] = { { 1, 1 }, { 1, 7 },   { 6, 1 },   { 2, 2 },
				{ 5, 9 }, { 33, 20 }, { 48, 64 }, { 2, 90 } };

static guint8 *
random_image(int h, int w, int c, guint64 seed)
{
	gsize n = (gsize)h * w * c;
	guint8 *pixels = g_malloc(n);

	for (gsize i = 0; i < n; i++) {
		KwRandomKey key = { .seed = seed, .subject = i };

		pixels[i] = (guint8)kw_random_u64(&key, 0);
	}
	return pixels;
}

/*
 * A kernel's result in a new image, or that of kw_warp() if it is NULL; checks
 * that nothing behind it was written.
 */
static guint8 *
warped_by(const KwWarpKernel *kernel, const guint8 *src, int h, int w, int c,
	  const KwAffine *map, KwFill fill, guint8 constant)
{
	g_autoptr(KwWarpSource) source = kw_warp_source_new(h, w, c, NULL);
	gsize n = (gsize)h * w * c;
	guint8 *dst = g_malloc(n + GUARD_SIZE);

	assert_non_null(source);
	kw_warp_source_set(source, src);
	memset(dst, GUARD, n + GUARD_SIZE);
	if (kernel != NULL)
		kw_warp_with(kernel, dst, source, map, fill, constant);
	else
		kw_warp(dst, source, map, fill, constant);
	for (gsize i = n; i < n + GUARD_SIZE; i++)
		assert_int_equal(dst[i], GUARD);
	return dst;
}

static guint8 *
warped(const guint8 *src, int h, int w, int c, const KwAffine *map, KwFill fill,
       guint8 constant)
{
	return warped_by(NULL, src, h, w, c, map, fill, constant);
}

/* ---- the definition, in double precision */

static int
naive_index(int i, int n, KwFill fill)
{
	if (fill == KW_FILL_REFLECT || fill == KW_FILL_WRAP)
		i %= 2 * n; /* both repeat then: far ones take no longer */
	while (i < 0 || i >= n) {
		if (fill == KW_FILL_WRAP)
			i += i < 0 ? n : -n;
		else if (fill == KW_FILL_REFLECT)
			i = i < 0 ? -1 - i : 2 * n - 1 - i;
		else
			i = i < 0 ? 0 : n - 1;
	}
	return i;
}

static double
naive_pixel(const guint8 *src, int h, int w, int c, int channel, double x,
	    double y, KwFill fill, guint8 constant)
{
	double fx = x - floor(x), fy = y - floor(y), sum = 0;

	if (fill == KW_FILL_CONSTANT &&
	    (x < 0 || x > w - 1 || y < 0 || y > h - 1))
		return constant;
	for (int j = 0; j < 2; j++)
		for (int i = 0; i < 2; i++) {
			gsize row = naive_index((int)floor(y) + j, h, fill);
			gsize col = naive_index((int)floor(x) + i, w, fill);

			sum += (i ? fx : 1 - fx) * (j ? fy : 1 - fy) *
			       src[(row * w + col) * c + channel];
		}
	return sum;
}

/*
 * Every pixel is the exact value to within 0.03 levels, rounded; returns how
 * many are not the nearest level.
 */
static gsize
compare_with_naive(const guint8 *dst, const guint8 *src, int h, int w, int c,
		   const KwAffine *map, KwFill fill, guint8 constant)
{
	gsize n_other = 0;

	for (int i = 0; i < h * w * c; i++) {
		int xo = i / c % w, yo = i / c / w;
		double x = map->xx * xo + map->xy * yo + map->x0;
		double y = map->yx * xo + map->yy * yo + map->y0;
		double exact =
			naive_pixel(src, h, w, c, i % c, x, y, fill, constant);

		if (fabs(dst[i] - exact) > 0.53)
			fail_msg("%dx%dx%d fill %s: pixel (%d,%d) is %d, "
				 "expected %.6f",
				 h, w, c, kw_fill_names[fill], xo, yo, dst[i],
				 exact);
		n_other += dst[i] != (int)floor(exact + 0.5);
	}
	return n_other;
}

static double
between(guint64 seed, guint16 draw, double low, double high)
{
	KwRandomKey key = { .seed = seed, .subject = 77 };

	return kw_random_between(&key, draw, low, high);
}

static KwAffine
random_map(guint64 seed, int h, int w, double scale)
{
	return (KwAffine){
		.xx = between(seed, 0, -scale, scale),
		.xy = between(seed, 1, -scale, scale),
		.x0 = between(seed, 2, -w, 2 * w),
		.yx = between(seed, 3, -scale, scale),
		.yy = between(seed, 4, -scale, scale),
		.y0 = between(seed, 5, -h, 2 * h),
	};
}

/* ---- tests */

static void
matches_the_definition_for_any_map_fill_and_size(void **state)
{
	gsize n_pixels = 0, n_other = 0;

	(void)state;
	for (guint64 trial = 0; trial < 60; trial++)
		for (gsize s = 0; s < G_N_ELEMENTS(sizes); s++) {
			int h = sizes[s][0], w = sizes[s][1];
			int c = trial % 2 ? 1 : 3;
			KwFill fill = trial % N_FILLS;
			guint64 seed = trial * 100 + s;
			double scale = trial % 3 ? 1.5 : 8;
			const KwAffine map = random_map(seed, h, w, scale);
			g_autofree guint8 *src = random_image(h, w, c, seed);
			g_autofree guint8 *dst =
				warped(src, h, w, c, &map, fill, 99);

			n_other += compare_with_naive(dst, src, h, w, c, &map,
						      fill, 99);
			n_pixels += (gsize)h * w * c;
		}
	/* Weights of 15 bits: only near-ties may round the other way. */
	if (n_other > n_pixels / 100)
		fail_msg("%zu of %zu values are not the nearest level", n_other,
			 n_pixels);
}

static void
identity_is_exact(void **state)
{
	(void)state;
	for (gsize s = 0; s < G_N_ELEMENTS(sizes); s++)
		for (int fill = 0; fill < N_FILLS; fill++) {
			int h = sizes[s][0], w = sizes[s][1];
			g_autofree guint8 *src = random_image(h, w, 3, s);
			g_autofree guint8 *dst =
				warped(src, h, w, 3, &identity, fill, 7);

			assert_memory_equal(dst, src, (gsize)h * w * 3);
		}
}

static void
flips_are_exact(void **state)
{
	const int h = 5, w = 9;
	const KwAffine both = { .xx = -1, .x0 = w - 1, .yy = -1, .y0 = h - 1 };
	g_autofree guint8 *src = random_image(h, w, 1, 1);

	(void)state;
	for (int fill = 0; fill < N_FILLS; fill++) {
		g_autofree guint8 *dst = warped(src, h, w, 1, &both, fill, 7);

		for (int i = 0; i < h * w; i++)
			assert_int_equal(dst[i], src[h * w - 1 - i]);
	}
}

/* What the row "abcd" looks like to the left of itself, and to the right. */
static void
fills_as_drawn(void **state)
{
	static const char *const drawn[N_FILLS][2] = {
		[KW_FILL_NEAREST] = { "aaaa", "dddd" },
		[KW_FILL_REFLECT] = { "dcba", "dcba" },
		[KW_FILL_WRAP] = { "abcd", "abcd" },
		[KW_FILL_CONSTANT] = { "kkkk", "kkkk" },
	};
	const guint8 *abcd = (const guint8 *)"abcd";

	(void)state;
	for (int fill = 0; fill < N_FILLS; fill++)
		for (int right = 0; right < 2; right++) {
			KwAffine row = identity, column = identity;

			row.x0 = column.y0 = right ? 4 : -4;
			g_autofree guint8 *across =
				warped(abcd, 1, 4, 1, &row, fill, 'k');
			g_autofree guint8 *down =
				warped(abcd, 4, 1, 1, &column, fill, 'k');

			assert_memory_equal(across, drawn[fill][right], 4);
			assert_memory_equal(down, drawn[fill][right], 4);
		}
}

static void
reflect_and_wrap_go_on_for_ever(void **state)
{
	const guint8 *abcd = (const guint8 *)"abcd";
	KwAffine far = identity;

	(void)state;
	far.x0 = -4.0 * 1000001;
	g_autofree guint8 *reflected =
		warped(abcd, 1, 4, 1, &far, KW_FILL_REFLECT, 0);
	g_autofree guint8 *wrapped =
		warped(abcd, 1, 4, 1, &far, KW_FILL_WRAP, 0);
	assert_memory_equal(reflected, "dcba", 4);
	assert_memory_equal(wrapped, "abcd", 4);
}

/* Positions further away than an image: all the way, and on one axis only. */
static void
far_positions_match_the_definition(void **state)
{
	enum { H = 33, W = 20 };
	static const double away[] = { -1e6, -7.4, -2.5, 0, 3.3, 8, 1e6 };
	const gsize n = G_N_ELEMENTS(away);

	(void)state;
	for (gsize i = 0; i < n * n * N_FILLS; i++) {
		const KwFill fill = i % N_FILLS;
		const double x = away[i / N_FILLS % n];
		const double y = away[i / N_FILLS / n];
		const int c = i % 3 ? 3 : 1;
		KwAffine map = random_map(i, H, W, 1.5);
		g_autofree guint8 *src = random_image(H, W, c, i);
		g_autofree guint8 *dst = NULL;

		/* of images, but for the millions of pixels */
		map.x0 += fabs(x) < 1e6 ? x * W : x;
		map.y0 += fabs(y) < 1e6 ? y * H : y;
		dst = warped(src, H, W, c, &map, fill, 99);
		compare_with_naive(dst, src, H, W, c, &map, fill, 99);
	}
}

static void
halves_round_up(void **state)
{
	const guint8 src[] = { 10, 13, 20, 255 };
	const KwAffine half = { .xx = 1, .x0 = 0.5, .yy = 1 };
	g_autofree guint8 *dst =
		warped(src, 1, 4, 1, &half, KW_FILL_NEAREST, 0);

	(void)state;
	assert_int_equal(dst[0], 12);
	assert_int_equal(dst[1], 17);
	assert_int_equal(dst[2], 138);
	assert_int_equal(dst[3], 255);
}

static void
constant_begins_strictly_outside(void **state)
{
	const guint8 src[] = { 10, 20, 30 };
	KwAffine map = identity;

	(void)state;
	for (int right = 0; right < 2; right++) {
		map.x0 = right ? 0x1p-20 : -0x1p-20;
		g_autofree guint8 *dst =
			warped(src, 1, 3, 1, &map, KW_FILL_CONSTANT, 200);

		assert_int_equal(dst[0], right ? 10 : 200);
		assert_int_equal(dst[1], 20);
		assert_int_equal(dst[2], right ? 200 : 30);
	}
}

/* For the address sanitizer: the largest maps allowed, each fill. */
static void
largest_maps_stay_inside(void **state)
{
	const int h = 3, w = 301;
	g_autofree guint8 *src = random_image(h, w, 3, 5);

	(void)state;
	memset(src, 50, (gsize)h * w * 3);
	for (int i = 0; i < 64 * N_FILLS; i++) {
		const double a = KW_WARP_MAX_SCALE, b = KW_WARP_MAX_OFFSET;
		const KwAffine map = {
			.xx = i & 4 ? a : -a,
			.xy = i & 8 ? a : -a,
			.x0 = i & 16 ? b : -b,
			.yx = i & 32 ? a : -a,
			.yy = i & 64 ? a : -a,
			.y0 = i & 128 ? b : -b,
		};
		g_autofree guint8 *dst =
			warped(src, h, w, 3, &map, i % N_FILLS, 50);

		assert_memory_equal(dst, src, (gsize)h * w * 3);
	}
}

static void
valid_maps_are_within_the_limits(void **state)
{
	(void)state;
	for (int i = 0; i < 12; i++) {
		KwAffine map = identity;
		double *const members[] = { &map.xx, &map.xy, &map.yx,
					    &map.yy, &map.x0, &map.y0 };
		double *const member = members[i / 2];
		const double sign = i % 2 ? -1 : 1;
		const double most =
			i / 2 < 4 ? KW_WARP_MAX_SCALE : KW_WARP_MAX_OFFSET;

		*member = sign * most;
		assert_true(kw_affine_is_valid(&map));
		*member = sign * (most + 0x1p-20);
		assert_false(kw_affine_is_valid(&map));
		*member = sign * NAN;
		assert_false(kw_affine_is_valid(&map));
	}
}

/* ---- the kernels */

typedef struct {
	const char *name;
	const KwWarpKernel *kernel;
} Named;

/* Those that can be run here, besides the one in plain C. */
static guint
list_kernels(Named kernels[])
{
	guint n = 0;

#ifdef __x86_64__
	kernels[n++] = (Named){ "avx512, emulated", &kw_warp_emulated_avx512 };
	if (kw_cpu_best() >= KW_CPU_AVX2)
		kernels[n++] = (Named){ "avx2", &kw_warp_avx2 };
	if (kw_cpu_best() >= KW_CPU_AVX512)
		kernels[n++] = (Named){ "avx512", &kw_warp_avx512 };
#endif
	return n;
}

/* The same bytes as plain C: for maps near the identity, wide ones, far ones,
 * and rows longer than what a kernel does at a time.
 */
static void
compare_kernels(int h, int w, int c, guint64 seed, double scale)
{
	const KwFill fill = seed % N_FILLS;
	KwAffine map = random_map(seed, h, w, scale);
	g_autofree guint8 *src = random_image(h, w, c, seed);
	g_autofree guint8 *plain = NULL;
	Named kernels[3];

	if (seed % 5 == 0)
		map.x0 += 1000003;
	if (seed % 7 == 0)
		map.yx = map.xy = 0; /* constant rows: whole spans in and out */
	plain = warped_by(&kw_warp_generic, src, h, w, c, &map, fill, 99);
	for (guint k = 0; k < list_kernels(kernels); k++) {
		g_autofree guint8 *other = warped_by(kernels[k].kernel, src, h,
						     w, c, &map, fill, 99);

		if (memcmp(plain, other, (gsize)h * w * c) != 0)
			fail_msg("%s: %dx%dx%d fill %s, seed %u",
				 kernels[k].name, h, w, c, kw_fill_names[fill],
				 (unsigned)seed);
	}
}

static void
kernels_give_the_same_bytes(void **state)
{
	static const int more[][2] = { { 31, 301 }, { 7, 600 }, { 224, 224 } };

	(void)state;
	for (guint64 seed = 0; seed < 60; seed++)
		for (gsize s = 0; s < G_N_ELEMENTS(sizes); s++)
			compare_kernels(sizes[s][0], sizes[s][1],
					seed % 3 ? 3 : 1, seed * 100 + s,
					seed % 4 ? 1.2 : 20);
	for (guint64 seed = 0; seed < 24; seed++)
		for (gsize s = 0; s < G_N_ELEMENTS(more); s++)
			compare_kernels(more[s][0], more[s][1],
					seed % 3 ? 3 : 1, seed * 10 + s, 1.2);
}

/* Rows of so many columns: every length of a last block, and each pack(). */
static void
kernels_agree_on_every_width(void **state)
{
	(void)state;
	for (int w = 1; w <= 70; w++)
		for (int c = 1; c <= 3; c += 2)
			compare_kernels(3, w, c, (guint64)w, 1.1);
}

#ifdef __x86_64__
static void
pack_is_the_same_for_every_length(void **state)
{
	g_autofree guint8 *src = random_image(1, 70, 3, 4);
	Named kernels[3];

	(void)state;
	for (guint k = 0; k < list_kernels(kernels); k++)
		for (int n = 0; n <= 70; n++) {
			/* for the address sanitizer: no byte more than there is
			 */
			g_autofree guint8 *exact = g_memdup2(src, 3 * n);
			guint8 plain[4 * 70 + 8], other[4 * 70 + 8];

			memset(plain, GUARD, sizeof plain);
			memset(other, GUARD, sizeof other);
			kw_warp_generic.pack(plain, src, n);
			kernels[k].kernel->pack(other, exact, n);
			assert_memory_equal(plain, other, sizeof plain);
		}
}
#endif

/* Positions in the largest image, whose ends just fit into 32 bits. */
static void
kernels_agree_at_the_largest_width(void **state)
{
	(void)state;
	for (guint64 seed = 0; seed < 12; seed++) {
		compare_kernels(2, 65535, seed % 3 ? 3 : 1, seed, 1.0);
		compare_kernels(65535, 2, seed % 3 ? 3 : 1, seed + 100, 1.0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			matches_the_definition_for_any_map_fill_and_size),
		cmocka_unit_test(identity_is_exact),
		cmocka_unit_test(flips_are_exact),
		cmocka_unit_test(fills_as_drawn),
		cmocka_unit_test(reflect_and_wrap_go_on_for_ever),
		cmocka_unit_test(far_positions_match_the_definition),
		cmocka_unit_test(halves_round_up),
		cmocka_unit_test(constant_begins_strictly_outside),
		cmocka_unit_test(largest_maps_stay_inside),
		cmocka_unit_test(valid_maps_are_within_the_limits),
		cmocka_unit_test(kernels_give_the_same_bytes),
		cmocka_unit_test(kernels_agree_on_every_width),
		cmocka_unit_test(kernels_agree_at_the_largest_width),
#ifdef __x86_64__
		cmocka_unit_test(pack_is_the_same_for_every_length),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
