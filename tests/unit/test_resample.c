#include "tests/support/kwtest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kw/random.h"
#include "lib/resample.h"

static guint8 *
draw(int h, int w, int c)
{
	guint8 *pixels = g_malloc((gsize)(h * w * c));

	for (int i = 0; i < h * w * c; i++) {
		KwRandomKey key = { .seed = 3,
				    .subject = (guint64)i,
				    .purpose = KW_PURPOSE_SPLIT };

		/* Edges of full contrast among them: the filter overshoots. */
		pixels[i] = (guint8)(i / c % w / 7 % 2 * 200 +
				     (int)kw_random_between(&key, 0, 0, 56));
	}
	return pixels;
}

static double
lanczos(double x)
{
	return x == 0        ? 1
	       : fabs(x) < 3 ? 3 * sin(G_PI * x) * sin(G_PI * x / 3) /
				       (G_PI * G_PI * x * x)
			     : 0;
}

/* One axis of Pillow's resize, by its definition: n values, `step` apart. */
static void
naive_axis(double *out, int n_out, const double *in, int n_in, gsize step,
	   double start, double length)
{
	double scale = MAX(length / n_out, 1);

	for (int i = 0; i < n_out; i++) {
		double centre = start + (i + 0.5) * length / n_out;
		double sum = 0, weights = 0;
		int first = MAX((int)(centre - 3 * scale + 0.5), 0);
		int end = MIN((int)(centre + 3 * scale + 0.5), n_in);

		for (int k = first; k < end; k++) {
			double weight = lanczos((k - centre + 0.5) / scale);

			sum += weight * in[(gsize)k * step];
			weights += weight;
		}
		sum = floor(sum / weights + 0.5);
		out[(gsize)i * step] = CLAMP(sum, 0, 255);
	}
}

static double *
naive(const guint8 *src, int h, int w, int c, int dst_h, int dst_w,
      const KwBox *box)
{
	double *in = g_new(double, h *w *c);
	double *wide = g_new(double, h *MAX(w, dst_w) * c);
	double *out = g_new(double, MAX(h, dst_h) * dst_w * c);

	for (int i = 0; i < h * w * c; i++)
		in[i] = src[i];
	for (int y = 0; y < h; y++)
		for (int k = 0; k < c; k++)
			naive_axis(wide + y * dst_w * c + k, dst_w,
				   in + y * w * c + k, w, (gsize)c, box->left,
				   box->width);
	for (int i = 0; i < dst_w * c; i++)
		naive_axis(out + i, dst_h, wide + i, h, (gsize)(dst_w * c),
			   box->top, box->height);
	g_free(in);
	g_free(wide);
	return out;
}

/* Push all rows that are needed, `piece` at a time. */
static guint8 *
resample(const guint8 *src, int h, int w, int c, int dst_h, int dst_w,
	 const KwBox *box, int piece)
{
	guint8 *dst = g_malloc0((gsize)(dst_h * dst_w * c));
	GError *error = NULL;
	g_autoptr(KwResampler) r =
		kw_resampler_new(dst, dst_h, dst_w, h, w, c, box, &error);
	int top, bottom, left, right;

	test_assert_no_error(error);
	kw_resampler_needs(r, &top, &bottom, &left, &right);
	assert_true(top >= 0 && bottom <= h && left >= 0 && right <= w);
	for (int y = top, n; y < bottom; y += n) {
		n = MIN(piece, bottom - y);
		kw_resampler_push(r, src + (y * w + left) * c, (gsize)(w * c),
				  n);
	}
	return dst;
}

typedef struct {
	int h, w, c, dst_h, dst_w;
	KwBox box;
} Case;

static const Case cases[] = {
	{ 60, 80, 3, 24, 24, { 0, 0, 80, 60 } },
	{ 60, 80, 1, 24, 24, { 0, 0, 80, 60 } },
	{ 375, 500, 3, 224, 224, { 0, 0, 500, 375 } },
	{ 30, 30, 3, 30, 30, { 0, 0, 30, 30 } },
	{ 20, 30, 3, 45, 70, { 0, 0, 30, 20 } }, /* both grow */
	{ 100, 9, 3, 30, 33, { 0, 0, 9, 100 } }, /* one of each */
	{ 1, 1, 3, 17, 19, { 0, 0, 1, 1 } },
	{ 1, 400, 1, 16, 16, { 0, 0, 400, 1 } },
	{ 300, 2, 3, 16, 130, { 0, 0, 2, 300 } },
	{ 60, 80, 3, 24, 24, { 10, 0, 60, 60 } }, /* a crop */
	{ 61, 83, 3, 24, 31, { 7.3, 4.9, 60.1, 50.7 } },
	{ 61, 83, 3, 24, 24, { 0, 0, 82.625, 60.5 } }, /* a shrunk JPEG */
	{ 16, 16, 3, 8, 8, { 7, 7, 1, 1 } },
};

static void
computes_what_its_definition_says(void **state)
{
	(void)state;
	for (gsize k = 0; k < G_N_ELEMENTS(cases); k++) {
		const Case *t = &cases[k];
		int n = t->dst_h * t->dst_w * t->c, n_off = 0;
		g_autofree guint8 *src = draw(t->h, t->w, t->c);
		g_autofree guint8 *dst =
			resample(src, t->h, t->w, t->c, t->dst_h, t->dst_w,
				 &t->box, KW_RESAMPLE_ROWS);
		g_autofree double *expected = naive(
			src, t->h, t->w, t->c, t->dst_h, t->dst_w, &t->box);

		/* Single precision rounds the other way now and then. */
		for (int i = 0; i < n; i++) {
			double off = fabs(dst[i] - expected[i]);

			if (off > 1)
				fail_msg("case %zu: [%d] is %d, not %g", k, i,
					 dst[i], expected[i]);
			n_off += off > 0;
		}
		if (n_off > n / 500 + 1)
			fail_msg("case %zu: %d of %d are off by one", k, n_off,
				 n);
	}
}

static void
gives_the_same_for_any_number_of_rows_at_a_time(void **state)
{
	(void)state;
	for (gsize k = 0; k < G_N_ELEMENTS(cases); k++) {
		const Case *t = &cases[k];
		gsize n = (gsize)(t->dst_h * t->dst_w * t->c);
		g_autofree guint8 *src = draw(t->h, t->w, t->c);
		g_autofree guint8 *whole =
			resample(src, t->h, t->w, t->c, t->dst_h, t->dst_w,
				 &t->box, KW_RESAMPLE_ROWS);

		for (int piece = 1; piece < KW_RESAMPLE_ROWS; piece += 6) {
			g_autofree guint8 *dst =
				resample(src, t->h, t->w, t->c, t->dst_h,
					 t->dst_w, &t->box, piece);

			assert_memory_equal(dst, whole, n);
		}
	}
}

static void
keeps_an_image_of_the_same_size(void **state)
{
	static const KwBox all = { 0, 0, 37, 29 };
	g_autofree guint8 *src = draw(29, 37, 3);
	g_autofree guint8 *dst = resample(src, 29, 37, 3, 29, 37, &all, 5);

	(void)state;
	assert_memory_equal(dst, src, 29 * 37 * 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(computes_what_its_definition_says),
		cmocka_unit_test(
			gives_the_same_for_any_number_of_rows_at_a_time),
		cmocka_unit_test(keeps_an_image_of_the_same_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
