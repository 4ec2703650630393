/*
 * The transforms of winograd_kernel.h, for the files of the kernels, which
 * define before
 *
 *	Vec                 LANES floats
 *	INLINE              how functions on them are declared
 *	load(p) store(p, v) aligned to LANES floats or not
 *	set1(x)
 *	madd(a, b, c)       a b + c
 *	max(a, b)           a where one of them is no number
 *	above_zero(m, v)    v where m > 0, else 0
 *
 * Vectors are added, subtracted and multiplied with + - *.
 */

enum { PATCH = WINOGRAD_PATCH, TILE = WINOGRAD_TILE };

/* ---- in one dimension: n values, of which each is a vector, become others */

/* y = B' x */
INLINE void
input_1d(Vec y[6], Vec x0, Vec x1, Vec x2, Vec x3, Vec x4, Vec x5)
{
	const Vec s = set1(-97 / 36.f);
	Vec even, odd;

	y[0] = madd(s, x2, x0 + x4);
	even = madd(set1(-9 / 4.f), x2, x4);
	odd = madd(set1(-3 / 2.f), x1, set1(2 / 3.f) * x3);
	y[1] = even + odd;
	y[2] = even - odd;
	even = madd(set1(-4 / 9.f), x2, x4);
	odd = madd(set1(-2 / 3.f), x1, set1(3 / 2.f) * x3);
	y[3] = even + odd;
	y[4] = even - odd;
	y[5] = madd(s, x3, x1 + x5);
}

/* y = A' x */
INLINE void
output_1d(Vec y[4], Vec x0, Vec x1, Vec x2, Vec x3, Vec x4, Vec x5)
{
	const Vec even_a = x1 + x2, odd_a = x1 - x2;
	const Vec even_b = x3 + x4, odd_b = x3 - x4;

	y[0] = x0 + even_a + even_b;
	y[1] = madd(set1(3 / 2.f), odd_b, set1(2 / 3.f) * odd_a);
	y[2] = madd(set1(9 / 4.f), even_b, set1(4 / 9.f) * even_a);
	y[3] = madd(set1(27 / 8.f), odd_b, madd(set1(8 / 27.f), odd_a, x5));
}

/* y = A x */
INLINE void
gradient_1d(Vec y[6], Vec x0, Vec x1, Vec x2, Vec x3)
{
	Vec even, odd;

	y[0] = x0;
	even = madd(set1(4 / 9.f), x2, x0);
	odd = madd(set1(8 / 27.f), x3, set1(2 / 3.f) * x1);
	y[1] = even + odd;
	y[2] = even - odd;
	even = madd(set1(9 / 4.f), x2, x0);
	odd = madd(set1(27 / 8.f), x3, set1(3 / 2.f) * x1);
	y[3] = even + odd;
	y[4] = even - odd;
	y[5] = x3;
}

/* y = G x */
INLINE void
weights_1d(Vec y[6], Vec x0, Vec x1, Vec x2)
{
	Vec even, odd;

	y[0] = x0;
	even = madd(set1(-18 / 65.f), x2, set1(-81 / 130.f) * x0);
	odd = set1(-27 / 65.f) * x1;
	y[1] = even + odd;
	y[2] = even - odd;
	even = madd(set1(18 / 65.f), x2, set1(8 / 65.f) * x0);
	odd = set1(12 / 65.f) * x1;
	y[3] = even + odd;
	y[4] = even - odd;
	y[5] = x2;
}

/* y = G' x */
INLINE void
weights_gradient_1d(Vec y[3], Vec x0, Vec x1, Vec x2, Vec x3, Vec x4, Vec x5)
{
	const Vec even_a = x1 + x2, odd_a = x1 - x2;
	const Vec even_b = x3 + x4, odd_b = x3 - x4;

	y[0] = madd(set1(8 / 65.f), even_b,
		    madd(set1(-81 / 130.f), even_a, x0));
	y[1] = madd(set1(12 / 65.f), odd_b, set1(-27 / 65.f) * odd_a);
	y[2] = madd(set1(18 / 65.f), even_b,
		    madd(set1(-18 / 65.f), even_a, x5));
}

/* ---- in two: columns, then rows, of LANES channels from c on */

INLINE void
input_2d(WinogradCell dst, const WinogradPatch src, gsize c)
{
	Vec column[PATCH], half[PATCH][PATCH];

	for (int x = 0; x < PATCH; x++) {
		input_1d(column, load(src[x] + c), load(src[6 + x] + c),
			 load(src[12 + x] + c), load(src[18 + x] + c),
			 load(src[24 + x] + c), load(src[30 + x] + c));
		for (int y = 0; y < PATCH; y++)
			half[y][x] = column[y];
	}
	for (int y = 0; y < PATCH; y++) {
		Vec row[PATCH];

		input_1d(row, half[y][0], half[y][1], half[y][2], half[y][3],
			 half[y][4], half[y][5]);
		for (int x = 0; x < PATCH; x++, dst.at += dst.m)
			store(dst.at, row[x]);
	}
}

static void TARGET
input(WinogradCell dst, const WinogradPatch src, int groups)
{
	const gsize channels = (gsize)groups * WINOGRAD_GROUP;

	for (gsize c = 0; c < channels; c += WINOGRAD_GROUP, dst.at += dst.g)
		for (gsize lane = 0; lane < WINOGRAD_GROUP; lane += LANES)
			input_2d((WinogradCell){ dst.at + lane, dst.m, dst.g },
				 src, c + lane);
}

/* The matrices of a cell in a column, from its first. */
INLINE Vec
matrix(const float *first, gsize m, int row)
{
	return load(first + (gsize)row * PATCH * m);
}

INLINE void
output_2d(const WinogradOutput *to, WinogradCell src, gsize c)
{
	const Vec bias = to->bias != NULL ? load(to->bias + c) : set1(0);
	Vec column[TILE], half[TILE][PATCH];

	for (int x = 0; x < PATCH; x++, src.at += src.m) {
		output_1d(column, matrix(src.at, src.m, 0),
			  matrix(src.at, src.m, 1), matrix(src.at, src.m, 2),
			  matrix(src.at, src.m, 3), matrix(src.at, src.m, 4),
			  matrix(src.at, src.m, 5));
		for (int y = 0; y < TILE; y++)
			half[y][x] = column[y];
	}
	for (int y = 0; y < TILE; y++) {
		Vec row[TILE];

		output_1d(row, half[y][0], half[y][1], half[y][2], half[y][3],
			  half[y][4], half[y][5]);
		for (int x = 0; x < TILE; x++) {
			Vec value = row[x] + bias;

			if (to->relu)
				value = max(value, set1(0));
			if (to->mask[0] != NULL)
				value = above_zero(
					load(to->mask[TILE * y + x] + c),
					value);
			store((float *)to->dst[TILE * y + x] + c, value);
		}
	}
}

static void TARGET
output(const WinogradOutput *to, WinogradCell src, int groups)
{
	const gsize channels = (gsize)groups * WINOGRAD_GROUP;

	for (gsize c = 0; c < channels; c += WINOGRAD_GROUP, src.at += src.g)
		for (gsize lane = 0; lane < WINOGRAD_GROUP; lane += LANES)
			output_2d(to,
				  (WinogradCell){ src.at + lane, src.m, src.g },
				  c + lane);
}

INLINE Vec
gradient_2d(WinogradCell dst, const WinogradTile src, gsize c)
{
	Vec column[PATCH], half[PATCH][TILE], sum = set1(0);

	for (int x = 0; x < TILE; x++) {
		const Vec d0 = load(src[x] + c), d1 = load(src[4 + x] + c);
		const Vec d2 = load(src[8 + x] + c), d3 = load(src[12 + x] + c);

		sum = sum + ((d0 + d1) + (d2 + d3));
		gradient_1d(column, d0, d1, d2, d3);
		for (int y = 0; y < PATCH; y++)
			half[y][x] = column[y];
	}
	for (int y = 0; y < PATCH; y++) {
		Vec row[PATCH];

		gradient_1d(row, half[y][0], half[y][1], half[y][2],
			    half[y][3]);
		for (int x = 0; x < PATCH; x++, dst.at += dst.m)
			store(dst.at, row[x]);
	}
	return sum;
}

static void TARGET
gradient(WinogradCell dst, float *sums, const WinogradTile src, int groups)
{
	const gsize channels = (gsize)groups * WINOGRAD_GROUP;

	for (gsize c = 0; c < channels; c += WINOGRAD_GROUP, dst.at += dst.g)
		for (gsize lane = 0; lane < WINOGRAD_GROUP; lane += LANES)
			store(sums + c + lane,
			      gradient_2d((WinogradCell){ dst.at + lane, dst.m,
							  dst.g },
					  src, c + lane));
}

INLINE void
weights_2d(float *dst, gsize m, const float *src)
{
	Vec column[PATCH], half[PATCH][3];

	for (int x = 0; x < 3; x++) {
		weights_1d(column, load(src + x * WINOGRAD_GROUP),
			   load(src + (3 + x) * WINOGRAD_GROUP),
			   load(src + (6 + x) * WINOGRAD_GROUP));
		for (int y = 0; y < PATCH; y++)
			half[y][x] = column[y];
	}
	for (int y = 0; y < PATCH; y++) {
		Vec row[PATCH];

		weights_1d(row, half[y][0], half[y][1], half[y][2]);
		for (int x = 0; x < PATCH; x++, dst += m)
			store(dst, row[x]);
	}
}

static void TARGET
weights(WinogradCell dst, const float *src)
{
	for (int lane = 0; lane < WINOGRAD_GROUP; lane += LANES)
		weights_2d(dst.at + lane, dst.m, src + lane);
}

INLINE void
weights_gradient_2d(float *dst, const float *src, gsize m)
{
	Vec column[3], half[3][PATCH];

	for (int x = 0; x < PATCH; x++, src += m) {
		weights_gradient_1d(column, matrix(src, m, 0),
				    matrix(src, m, 1), matrix(src, m, 2),
				    matrix(src, m, 3), matrix(src, m, 4),
				    matrix(src, m, 5));
		for (int y = 0; y < 3; y++)
			half[y][x] = column[y];
	}
	for (int y = 0; y < 3; y++) {
		Vec row[3];

		weights_gradient_1d(row, half[y][0], half[y][1], half[y][2],
				    half[y][3], half[y][4], half[y][5]);
		for (int x = 0; x < 3; x++)
			store(dst + (3 * y + x) * WINOGRAD_GROUP, row[x]);
	}
}

static void TARGET
weights_gradient(float *dst, WinogradCell src)
{
	for (int lane = 0; lane < WINOGRAD_GROUP; lane += LANES)
		weights_gradient_2d(dst + lane, src.at + lane, src.m);
}

/* ---- products: 1 to MOST_ROWS rows of 1 or 2 panels are held in registers */

enum { PARTS = WINOGRAD_GROUP / LANES };

INLINE void
add_or_store(float *to, Vec sum, gboolean add)
{
	store(to, add ? (Vec)(load(to) + sum) : sum);
}

/* The product at a, b and c, of these rows and panels, which are constants. */
INLINE void
multiply_rows(const WinogradProduct *product, int rows, int panels,
	      const float *a, const float *b, float *c)
{
	const WinogradProduct p = *product; /* c is not in the way of it */
	const int parts = panels * PARTS;
	Vec sum[MOST_ROWS][2 * PARTS];

#pragma GCC unroll 16
	for (int r = 0; r < rows; r++)
#pragma GCC unroll 16
		for (int i = 0; i < parts; i++)
			sum[r][i] = set1(0);
	for (int s = 0; s < p.steps; s++, a += p.a_step, b += WINOGRAD_GROUP) {
		Vec right[2 * PARTS];

#pragma GCC unroll 16
		for (int i = 0; i < parts; i++)
			right[i] = load(b + (gsize)(i / PARTS) * p.b_panel +
					i % PARTS * LANES);
#pragma GCC unroll 16
		for (int r = 0; r < rows; r++) {
			const Vec left = set1(a[(gsize)r * p.a_row]);

#pragma GCC unroll 16
			for (int i = 0; i < parts; i++)
				sum[r][i] = madd(left, right[i], sum[r][i]);
		}
	}
#pragma GCC unroll 16
	for (int r = 0; r < rows; r++, c += p.c_row)
#pragma GCC unroll 16
		for (int i = 0; i < parts; i++)
			add_or_store(c + i * LANES, sum[r][i], p.add);
}
