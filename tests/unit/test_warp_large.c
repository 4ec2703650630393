/*
 * kw_warp() on a source of more than 2 GiB, which the kernels of an instruction
 * set cannot reach all of: plain C takes it.  Rows lie far apart in memory of
 * which little is touched.
 */
#include "tests/support/kwtest.h"

#include <sys/mman.h>

#include "kw/random.h"
#include "kw/warp.h"
#include "lib/warp_kernel.h"

enum { N_FILLS = 4, H = 3, W = 64, CONSTANT = 99 };

/* From a row to the next: more than 31 bits, and no round number. */
static const gsize far_stride = ((gsize)1 << 31) + 4096 + 8;

static guint8 *
random_image(gsize n, guint64 seed)
{
	guint8 *pixels = g_malloc(n);

	for (gsize i = 0; i < n; i++) {
		KwRandomKey key = { .seed = seed, .subject = i };

		pixels[i] = (guint8)kw_random_u64(&key, 0);
	}
	return pixels;
}

/* Turned and shifted a little, so that all fills show. */
static KwAffine
small_map(guint64 seed)
{
	const KwRandomKey key = { .seed = seed, .subject = 77 };

	return (KwAffine){
		.xx = kw_random_between(&key, 0, 0.7, 1.4),
		.xy = kw_random_between(&key, 1, -1, 1),
		.x0 = kw_random_between(&key, 2, -0.2 * W, 0.2 * W),
		.yx = kw_random_between(&key, 3, -0.05, 0.05),
		.yy = kw_random_between(&key, 4, 0.7, 1.4),
		.y0 = kw_random_between(&key, 5, -1, 1),
	};
}

static guint8 *
warped(KwWarpSource *source, const guint8 *src, const KwAffine *map,
       KwFill fill)
{
	guint8 *dst = g_malloc((gsize)H * W * (gsize)source->c);

	kw_warp_source_set(source, src);
	kw_warp(dst, source, map, fill, CONSTANT);
	return dst;
}

/* The same, from a source whose rows are `stride` apart in `memory`. */
static guint8 *
warped_in(guint8 *memory, gsize stride, const guint8 *src, int c,
	  const KwAffine *map, KwFill fill)
{
	KwWarpSource source = {
		.h = H,
		.w = W,
		.c = c,
		.stride = stride,
		.bytes = stride * (H + 1),
		.pixels = memory,
		.is_flat = FALSE,
	};

	return warped(&source, src, map, fill);
}

static void
compare(guint8 *memory, gsize stride)
{
	for (guint64 seed = 0; seed < 24; seed++) {
		const int c = seed % 8 < 4 ? 1 : 3;
		const KwFill fill = seed % N_FILLS;
		const KwAffine map = small_map(seed);
		const gsize n = (gsize)H * W * (gsize)c;
		g_autoptr(KwWarpSource) source =
			kw_warp_source_new(H, W, c, NULL);
		g_autofree guint8 *src = random_image(n, seed);
		g_autofree guint8 *expected = NULL;
		g_autofree guint8 *dst = NULL;

		assert_non_null(source);
		assert_true(source->is_flat);
		expected = warped(source, src, &map, fill);
		dst = warped_in(memory, stride, src, c, &map, fill);
		assert_memory_equal(dst, expected, n);
	}
}

static void
one_that_is_not_flat_gives_the_same_bytes(void **state)
{
	const gsize stride = 4 * (W + 1);
	g_autofree guint8 *memory = g_malloc0(stride * (H + 1) + WARP_SLACK);

	(void)state;
	compare(memory, stride);
}

static void
rows_two_gib_apart_give_the_same_bytes(void **state)
{
	const gsize bytes = far_stride * (H + 1) + WARP_SLACK;
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	(void)state;
	if (memory == MAP_FAILED)
		skip(); /* ulimit -v */
	compare(memory, far_stride);
	assert_int_equal(munmap(memory, bytes), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_is_not_flat_gives_the_same_bytes),
		cmocka_unit_test(rows_two_gib_apart_give_the_same_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
