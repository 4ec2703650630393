/*
 * warp-rate [-c COPIES] [-s SIZE]
 *
 * Make copies as kw-augment does by default, COPIES (1) of each original, from
 * memory into memory on one thread, and print how many a second of CPU time:
 * the limit of kw-augment on one core.  KW_CPU chooses the instruction set.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "kw/alloc.h"
#include "kw/policy.h"
#include "kw/transform.h"

/* Too many for the first two caches, as are the images of a dataset. */
enum { N_ORIGINALS = 64, SEED = 42 };

/* CPU seconds to measure at least. */
#define SECONDS 1.0

typedef struct {
	int copies, size;
} Options;

static const struct argp_option options[] = {
	{ "copies", 'c', "COPIES", 0, "Copies of each original (1)", 0 },
	{ "size", 's', "SIZE", 0, "Width and height (224)", 0 },
	{ 0 },
};

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	Options *o = state->input;
	int *number;

	switch (key) {
	case 'c':
		number = &o->copies;
		break;
	case 's':
		number = &o->size;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	*number = atoi(arg);
	if (*number < 1)
		argp_error(state, "'%s' is no number above 0", arg);
	return 0;
}

/* Noise: how fast the kernel is does not depend on what is in an image. */
static guint8 *
draw_originals(gsize bytes, GError **error)
{
	guint8 *originals =
		kw_alloc(N_ORIGINALS, bytes, "the originals", error);
	g_autoptr(GRand) rand = g_rand_new_with_seed(SEED);

	for (gsize i = 0; originals != NULL && i < N_ORIGINALS * bytes; i++)
		originals[i] = (guint8)g_rand_int(rand);
	return originals;
}

/* COPIES of each original, each written over the one before. */
static gboolean
make_copies(const Options *o, KwTransformer *transformer,
	    const guint8 *originals, guint64 pass, guint8 *dst, GError **error)
{
	const gsize bytes = (gsize)o->size * (gsize)o->size * 3;

	for (guint64 i = 0; i < N_ORIGINALS; i++) {
		kw_transformer_set(transformer, originals + i * bytes);
		for (int copy = 1; copy <= o->copies; copy++) {
			const KwTransform transform = kw_transform_draw(
				&kw_policy_seed, SEED, pass * N_ORIGINALS + i,
				copy, o->size, o->size);

			if (!kw_transformer_apply(transformer, &transform, dst,
						  error))
				return FALSE;
		}
	}
	return TRUE;
}

static double
cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Copies a second; 0 when it fails. */
static double
measure(const Options *o, GError **error)
{
	const gsize bytes = (gsize)o->size * (gsize)o->size * 3;
	g_autofree guint8 *originals = draw_originals(bytes, error);
	g_autofree guint8 *dst = NULL;
	g_autoptr(KwTransformer) transformer = NULL;
	double begin = 0, seconds = 0;
	guint64 passes = 0;

	if (originals == NULL)
		return 0;
	dst = kw_alloc(bytes, 1, "the copy", error);
	transformer = dst == NULL
			      ? NULL
			      : kw_transformer_new(o->size, o->size, 3, error);
	if (transformer == NULL)
		return 0;
	/* The first pass warms up. */
	for (; seconds < SECONDS; passes++) {
		if (!make_copies(o, transformer, originals, passes, dst, error))
			return 0;
		if (passes == 0)
			begin = cpu_seconds();
		seconds = cpu_seconds() - begin;
	}
	return (double)(passes - 1) * N_ORIGINALS * o->copies / seconds;
}

int
main(int argc, char **argv)
{
	static const struct argp argp = {
		options, parse, NULL, "Time the kernel of kw-augment alone.",
		NULL,    NULL,  NULL
	};
	Options o = { .copies = 1, .size = 224 };
	g_autoptr(GError) error = NULL;
	double rate;

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	rate = measure(&o, &error);
	if (error != NULL) {
		g_printerr("warp-rate: %s\n", error->message);
		return 1;
	}
	printf("%.1f\n", rate);
	return 0;
}
