#include "train/plan.h"

#include <string.h>

#include "kw/error.h"

static const char *const types[] = { "f32", "bf16", NULL };
static const char *const algorithms[] = { "direct", "winograd", NULL };
static const char *const orders[] = { "nhwc", "blocked", NULL };

char *
plan_text(const DnnMode *mode)
{
	return g_strdup_printf("%s %s %s", types[mode->type],
			       algorithms[mode->algorithm],
			       orders[mode->order]);
}

/* Which of two a word is, or -1. */
static int
find_word(const char *const *words, const char *word)
{
	for (int i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return -1;
}

gboolean
plan_parse(const char *text, DnnMode *mode)
{
	g_auto(GStrv) words = g_strsplit(text, " ", 0);
	int type, algorithm, order;

	if (g_strv_length(words) != 3)
		return FALSE;
	type = find_word(types, words[0]);
	algorithm = find_word(algorithms, words[1]);
	order = find_word(orders, words[2]);
	if (type < 0 || algorithm < 0 || order < 0)
		return FALSE;
	*mode = (DnnMode){ (DnnType)type, (DnnOrder)order,
			   (DnnAlgorithm)algorithm };
	return TRUE;
}

/* ---- choosing */

static const DnnMode f32_direct = { DNN_F32, DNN_NHWC, DNN_DIRECT };
static const DnnMode bf16_direct = { DNN_BF16, DNN_NHWC, DNN_DIRECT };
static const DnnMode f32_winograd = { DNN_F32, DNN_BLOCKED, DNN_WINOGRAD };

enum { MAX_CANDIDATES = 3 };

/* Modes that are possible here, the simplest one first. */
typedef struct {
	int n;
	DnnMode modes[MAX_CANDIDATES];
	double seconds[MAX_CANDIDATES]; /* of a step */
	GString *missing;               /* why there are not more */
} Candidates;

static void
candidates_clear(Candidates *c)
{
	g_string_free(c->missing, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Candidates, candidates_clear)

static gboolean
is_possible(const NetworkSpec *spec, const DnnMode *mode, GError **error)
{
	NetworkSpec changed = *spec;
	NetworkMemory memory;

	changed.mode = *mode;
	return network_memory(&changed, &memory, error);
}

static void
add_missing(Candidates *c, const char *why)
{
	g_string_append_printf(c->missing, "%s%s",
			       c->missing->len > 0 ? ", " : "", why);
}

/* FALSE only for what has nothing to do with the mode. */
static gboolean
add_candidate(Candidates *c, const NetworkSpec *spec, const DnnMode *mode,
	      const char *unsupported, GError **error)
{
	g_autoptr(GError) failure = NULL;

	if (is_possible(spec, mode, &failure))
		c->modes[c->n++] = *mode;
	else if (g_error_matches(failure, KW_ERROR, KW_ERROR_UNSUPPORTED))
		add_missing(c, unsupported != NULL ? unsupported
						   : failure->message);
	else {
		g_propagate_error(error, g_steal_pointer(&failure));
		return FALSE;
	}
	return TRUE;
}

static gboolean
find_candidates(Candidates *c, const NetworkSpec *spec, Precision precision,
		Algorithm algorithm, GError **error)
{
	/* Where even this one is not possible, the mode is not to blame. */
	if (!is_possible(spec, &f32_direct, error))
		return FALSE;
	c->modes[c->n++] = f32_direct;
	if (precision == PRECISION_AUTO && !dnn_has_bf16())
		add_missing(c, "this CPU has no bf16");
	else if (precision == PRECISION_AUTO &&
		 !add_candidate(c, spec, &bf16_direct, NULL, error))
		return FALSE;
	return algorithm != ALGORITHM_AUTO ||
	       add_candidate(c, spec, &f32_winograd,
			     "oneDNN has no Winograd kernels here", error);
}

static gboolean
run_step(Network *network, GError **error)
{
	if (!network_forward(network, network->spec.training, 0, error))
		return FALSE;
	for (guint i = network->n_layers; i-- > network->first_trained;)
		if (!network->layers[i]->type->backward(network->layers[i],
							error))
			return FALSE;
	return TRUE;
}

/* Steps longer than this, in seconds, are not repeated. */
static const double long_step = 1;

/* Seconds of a step without its update, the fastest one of up to three: the
 * first meets cold caches. */
static gboolean
time_step(const NetworkSpec *spec, const DnnMode *mode, double *seconds,
	  GError **error)
{
	NetworkSpec changed = *spec;
	g_autoptr(Network) network = NULL;
	double took = 0;

	changed.mode = *mode;
	network = network_new(&changed, error);
	if (network == NULL)
		return FALSE;
	*seconds = G_MAXDOUBLE;
	for (int run = 0; run < 3 && took < long_step; run++) {
		const gint64 begin = g_get_monotonic_time();

		if (!run_step(network, error))
			return FALSE;
		took = (double)(g_get_monotonic_time() - begin) /
		       G_USEC_PER_SEC;
		*seconds = MIN(*seconds, took);
	}
	return TRUE;
}

int
plan_fastest(const double *seconds, int n)
{
	int best = 0;

	for (int i = 1; i < n; i++)
		if (seconds[i] < seconds[best])
			best = i;
	return seconds[best] <= 0.95 * seconds[0] ? best : 0;
}

static gboolean
time_candidates(Candidates *c, const NetworkSpec *spec, GError **error)
{
	for (int i = 0; i < c->n; i++)
		if (!time_step(spec, &c->modes[i], &c->seconds[i], error))
			return FALSE;
	return TRUE;
}

/* "bf16 direct" */
static char *
short_text(const DnnMode *mode)
{
	return g_strdup_printf("%s %s", types[mode->type],
			       algorithms[mode->algorithm]);
}

static char *
timed_text(const Candidates *c, int best)
{
	GString *text = g_string_new(NULL);
	g_autofree char *chosen = short_text(&c->modes[best]);

	g_string_printf(text, "%s: %.0f ms a step", chosen,
			1e3 * c->seconds[best]);
	for (int i = 0; i < c->n; i++) {
		g_autofree char *other = short_text(&c->modes[i]);

		if (i != best)
			g_string_append_printf(text, ", %s %.0f ms", other,
					       1e3 * c->seconds[i]);
	}
	return g_string_free(text, FALSE);
}

/* The one mode that `option` asked for; `instead` is the way out. */
static gboolean
choose_asked(NetworkSpec *spec, const DnnMode *mode, const char *option,
	     const char *instead, const char *note, char **why, GError **error)
{
	g_autofree char *text = short_text(mode);
	g_autoptr(GError) failure = NULL;

	if (!is_possible(spec, mode, &failure)) {
		g_set_error(error, failure->domain, failure->code,
			    "%s: %s; use %s", option, failure->message,
			    instead);
		return FALSE;
	}
	spec->mode = *mode;
	*why = g_strdup_printf("%s: %s", text, note);
	return TRUE;
}

static gboolean
choose_auto(NetworkSpec *spec, Precision precision, Algorithm algorithm,
	    char **why, GError **error)
{
	g_auto(Candidates) c = { .missing = g_string_new(NULL) };
	int best = 0;

	if (!find_candidates(&c, spec, precision, algorithm, error))
		return FALSE;
	if (c.n == 1) {
		*why = g_strdup_printf("f32 direct: %s",
				       c.missing->len > 0 ? c.missing->str
							  : "as asked for");
	} else if (algorithm == ALGORITHM_DIRECT) {
		best = 1;
		*why = g_strdup("bf16 direct: this CPU computes it natively");
	} else {
		if (!time_candidates(&c, spec, error))
			return FALSE;
		best = plan_fastest(c.seconds, c.n);
		*why = timed_text(&c, best);
	}
	spec->mode = c.modes[best];
	return TRUE;
}

gboolean
plan_choose(NetworkSpec *spec, Precision precision, Algorithm algorithm,
	    char **why, GError **error)
{
	if (precision == PRECISION_BF16 && algorithm == ALGORITHM_WINOGRAD) {
		g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
			    "--algorithm winograd computes in f32; leave out "
			    "--precision bf16");
		return FALSE;
	}
	if (precision == PRECISION_BF16)
		return choose_asked(spec, &bf16_direct, "--precision bf16",
				    "--precision f32",
				    dnn_has_bf16()
					    ? "as asked for"
					    : "emulated, slow on this CPU",
				    why, error);
	if (algorithm == ALGORITHM_WINOGRAD)
		return choose_asked(spec, &f32_winograd, "--algorithm winograd",
				    "--algorithm direct", "as asked for", why,
				    error);
	return choose_auto(spec, precision, algorithm, why, error);
}
