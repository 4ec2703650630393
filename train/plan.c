#include "train/plan.h"

#include <string.h>

#include "kw/cpu.h"
#include "kw/error.h"
#include "train/tune.h"

enum { MAX_CANDIDATES = 5 };

/* Plans that are possible here, the simplest one first. */
typedef struct {
	const NetworkSpec *spec;
	const PlanWish *wish;
	int n;
	NetworkPlan plans[MAX_CANDIDATES];
	double seconds[MAX_CANDIDATES]; /* of all convolutions in a step */
	GString *missing;               /* why there are not more */
} Choice;

static void
choice_clear(Choice *choice)
{
	g_string_free(choice->missing, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Choice, choice_clear)

static void
add_missing(Choice *choice, const char *why)
{
	g_string_append_printf(choice->missing, "; %s", why);
}

/* ---- candidates */

/* FALSE only for what has nothing to do with the plan, or where there is no
 * simpler one to fall back on. */
static gboolean
may_fail(Choice *choice, GError *failure, GError **error)
{
	if (choice->n > 0 &&
	    g_error_matches(failure, KW_ERROR, KW_ERROR_UNSUPPORTED)) {
		add_missing(choice, failure->message);
		g_error_free(failure);
		return TRUE;
	}
	g_propagate_error(error, failure);
	return FALSE;
}

static gboolean
add_plan(Choice *choice, const NetworkPlan *plan, double seconds,
	 GError **error)
{
	NetworkSpec spec = *choice->spec;
	NetworkMemory memory;
	GError *failure = NULL;

	spec.plan = *plan;
	if (!network_memory(&spec, &memory, &failure))
		return may_fail(choice, failure, error);
	if (choice->n > 0 && memory.total > choice->wish->memory) {
		g_autofree char *name = plan_name(plan);
		g_autofree char *why = g_strdup_printf(
			"for %s there is not enough memory", name);

		add_missing(choice, why);
		return TRUE;
	}
	choice->plans[choice->n] = *plan;
	choice->seconds[choice->n++] = seconds;
	return TRUE;
}

static gboolean
same_mode(DnnMode a, DnnMode b)
{
	return a.type == b.type && a.order == b.order;
}

static gboolean
is_direct(const NetworkPlan *plan)
{
	const NetworkPlan direct = { .mode = plan->mode };

	return memcmp(plan, &direct, sizeof direct) == 0;
}

/* A mode in which convolutions take that many times as long as in another is
 * given up. */
static const double given_up = 2;

static double
best_seconds(const Choice *choice)
{
	double best = G_MAXDOUBLE;

	for (int i = 0; i < choice->n; i++)
		best = MIN(best, choice->seconds[i]);
	return best;
}

static void
add_slow(Choice *choice, DnnMode mode, double seconds)
{
	g_autofree char *why = g_strdup_printf(
		"%s%s takes more than %.0f ms",
		mode.type == DNN_BF16 ? "bf16" : "f32",
		mode.order == DNN_BLOCKED ? " blocked" : "", 1e3 * seconds);

	add_missing(choice, why);
}

/* The best plan of a mode; if it is the first, direct convolutions as well. */
static gboolean
add_tuned(Choice *choice, DnnMode mode, GError **error)
{
	const gboolean winograd = choice->wish->algorithm == ALGORITHM_WINOGRAD;
	const NetworkPlan direct = { .mode = mode };
	NetworkSpec spec = *choice->spec;
	const double limit = given_up * best_seconds(choice);
	TuneSeconds seconds;
	GError *failure = NULL;

	spec.plan.mode = mode;
	if (!tune_plan(&spec, winograd ? TUNE_WINOGRAD : TUNE_ANY, limit,
		       &seconds, &failure))
		return may_fail(choice, failure, error);
	if (seconds.chosen > limit) {
		add_slow(choice, mode, limit);
		return TRUE;
	}
	if (choice->n == 0 && !winograd &&
	    !add_plan(choice, &direct, seconds.direct, error))
		return FALSE;
	/* That one is there already, or was not asked for. */
	if (is_direct(&spec.plan) &&
	    (winograd || same_mode(mode, choice->plans[0].mode)))
		return TRUE;
	return add_plan(choice, &spec.plan, seconds.chosen, error);
}

static gboolean
add_mode(Choice *choice, DnnType type, GError **error)
{
	const NetworkPlan direct = { .mode = { type, DNN_NHWC } };

	if (choice->wish->algorithm == ALGORITHM_DIRECT)
		return add_plan(choice, &direct, 0, error);
	return add_tuned(choice, direct.mode, error) &&
	       add_tuned(choice, (DnnMode){ type, DNN_BLOCKED }, error);
}

static gboolean
find_candidates(Choice *choice, GError **error)
{
	const PlanWish *wish = choice->wish;

	if (wish->precision == PRECISION_BF16) {
		if (!dnn_has_bf16())
			add_missing(choice, "this CPU emulates bf16, slowly");
		return add_mode(choice, DNN_BF16, error);
	}
	if (!add_mode(choice, DNN_F32, error))
		return FALSE;
	if (wish->precision == PRECISION_F32)
		return TRUE;
	if (dnn_has_bf16())
		return add_mode(choice, DNN_BF16, error);
	add_missing(choice, "this CPU has no bf16");
	return TRUE;
}

/* ---- which, and why */

static char *
timed_text(const Choice *choice, int best)
{
	g_autofree char *name = plan_name(&choice->plans[best]);
	GString *text = g_string_new(NULL);

	g_string_printf(text, "%s: convolutions take %.0f ms a step", name,
			1e3 * choice->seconds[best]);
	for (int i = 0; i < choice->n; i++) {
		g_autofree char *other = plan_name(&choice->plans[i]);

		if (i != best)
			g_string_append_printf(text, ", %s %.0f ms", other,
					       1e3 * choice->seconds[i]);
	}
	g_string_append(text, choice->missing->str);
	return g_string_free(text, FALSE);
}

static char *
untimed_text(const Choice *choice, int best)
{
	const PlanWish *wish = choice->wish;
	g_autofree char *name = plan_name(&choice->plans[best]);

	if (choice->plans[best].mode.type == DNN_BF16 &&
	    wish->precision == PRECISION_AUTO)
		return g_strdup_printf("%s: this CPU computes it natively",
				       name);
	return g_strdup_printf("%s: as asked for%s", name,
			       choice->missing->str);
}

/* Where nothing is measured, the last one is the fastest type there is. */
static int
find_best(const Choice *choice)
{
	return choice->wish->algorithm == ALGORITHM_DIRECT
		       ? choice->n - 1
		       : tune_fastest(choice->seconds, choice->n);
}

void
plan_blame_precision(Precision precision, GError **error)
{
	if (precision == PRECISION_BF16 && error != NULL &&
	    g_error_matches(*error, KW_ERROR, KW_ERROR_UNSUPPORTED))
		g_prefix_error(error, "--precision bf16 does not work here, "
				      "--precision f32 does: ");
}

gboolean
plan_choose(NetworkSpec *spec, const PlanWish *wish, char **why, GError **error)
{
	g_auto(Choice) choice = { .spec = spec,
				  .wish = wish,
				  .missing = g_string_new(NULL) };
	int best;

	if (wish->precision == PRECISION_BF16 &&
	    wish->algorithm == ALGORITHM_WINOGRAD &&
	    kw_cpu() < KW_CPU_AVX512_BF16) {
		g_set_error(error, KW_ERROR, KW_ERROR_UNSUPPORTED,
			    "--algorithm winograd takes AVX512_BF16 for bf16, "
			    "which this CPU lacks or KW_CPU forbids; leave out "
			    "--precision bf16");
		return FALSE;
	}
	if (!find_candidates(&choice, error)) {
		plan_blame_precision(wish->precision, error);
		return FALSE;
	}
	best = find_best(&choice);
	*why = wish->algorithm == ALGORITHM_DIRECT ? untimed_text(&choice, best)
						   : timed_text(&choice, best);
	spec->plan = choice.plans[best];
	return TRUE;
}

/* ---- for use */

/* Where our own kernels are there, and the faster ones. */
static gboolean
wants_winograd(DnnType type)
{
	if (type == DNN_F32)
		return kw_cpu() != KW_CPU_GENERIC;
	return dnn_has_bf16() && !dnn_has_amx() &&
	       kw_cpu() >= KW_CPU_AVX512_BF16;
}

void
plan_for_use(NetworkSpec *spec, Precision precision)
{
	const gboolean bf16 = precision == PRECISION_BF16 ||
			      (precision == PRECISION_AUTO && dnn_has_amx());
	const DnnType type = bf16 ? DNN_BF16 : DNN_F32;

	spec->plan = (NetworkPlan){ .mode = { type, DNN_NHWC } };
	if (!wants_winograd(type))
		return;
	for (int i = 1; i < VGG19_CONVOLUTIONS; i++)
		spec->plan.conv[i][DNN_FORWARD] = DNN_FUSED_WINOGRAD;
}
