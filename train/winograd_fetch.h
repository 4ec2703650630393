/*
 * How products walk through their rows, and what they fetch on the way; for the
 * files of the kernels, with MOST_ROWS defined.
 */
#include <xmmintrin.h>

/* How many rows to take next: the last ones are halved rather than cut to one
 * or two, which would wait for their own sums. */
static inline int
next_rows(int left)
{
	if (left >= 2 * MOST_ROWS || left <= MOST_ROWS)
		return MIN(left, MOST_ROWS);
	return (left + 1) / 2;
}

static inline int
count_calls(int rows)
{
	return (rows + MOST_ROWS - 1) / MOST_ROWS;
}

/* A stretch on its way into the second cache, some of it before each call. */
typedef struct {
	const char *at, *end;
	gsize step;
} Fetch;

enum { LINE = 64 };

static inline Fetch
fetch_from(const WinogradStretch *stretch, int calls)
{
	const char *at = (const char *)stretch->at;
	const gsize bytes = stretch->floats * sizeof(float);

	return (Fetch){ at, at + bytes, bytes / (gsize)calls + LINE };
}

static inline void
fetch_some(Fetch *fetch)
{
	const char *end = MIN(fetch->at + fetch->step, fetch->end);

	for (; fetch->at < end; fetch->at += LINE)
		_mm_prefetch(fetch->at, _MM_HINT_T1);
}

/* What sums are added to when they are complete. */
static inline void
fetch_sums(const float *c, gsize c_row, int rows)
{
	for (int r = 0; r < rows; r++, c += c_row)
		_mm_prefetch((const char *)c, _MM_HINT_T0);
}
