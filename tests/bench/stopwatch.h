/* The median of a few runs. */
#ifndef KW_BENCH_STOPWATCH_H
#define KW_BENCH_STOPWATCH_H

#include <glib.h>
#include <stdlib.h>
#include <time.h>

static inline double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* At least so many runs, and seconds, of which the median counts. */
enum { MIN_RUNS = 3, MAX_RUNS = 100 };
static const double min_seconds = 0.02;

typedef struct {
	int n;
	double sum, runs[MAX_RUNS];
} Times;

static inline gboolean
wants_more(const Times *t)
{
	return t->n < MIN_RUNS || (t->n < MAX_RUNS && t->sum < min_seconds);
}

static inline void
add_time(Times *t, double seconds)
{
	t->runs[t->n++] = seconds;
	t->sum += seconds;
}

static inline int
compare_seconds(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static inline double
median(Times *t)
{
	qsort(t->runs, (gsize)t->n, sizeof *t->runs, compare_seconds);
	return t->runs[t->n / 2];
}

#endif
