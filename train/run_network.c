#include <string.h>

#include "kw/memory.h"
#include "kw/size.h"
#include "train/batch_size.h"
#include "train/plan.h"
#include "train/report.h"
#include "train/run.h"
#include "train/settings.h"

/* The network of the epoch that the state stands in. */
static NetworkSpec
spec_to_train(const Run *run)
{
	const Recipe *recipe = &run->options->recipe;
	const KwDatasetInfo *info = kw_dataset_info(run->dataset);
	NetworkSpec spec = { .batch = recipe->batch,
			     .height = info->height,
			     .width = info->width,
			     .channels = info->channels,
			     .classes = (int)g_strv_length(info->class_names),
			     .n_head = recipe->n_head,
			     .dropout = recipe->dropout,
			     .l2 = recipe->l2,
			     .freeze = fit_freeze(recipe, run->state->epoch),
			     .training = TRUE,
			     .accumulates = recipe->accumulate > 1,
			     .seed = recipe->seed,
			     .threads = run->options->common.threads };

	memcpy(spec.head, recipe->head, sizeof spec.head);
	return spec;
}

/* The penalty that is a part of the model's loss. */
static double
l2_of_model(const ModelInfo *model)
{
	g_autofree char *text = settings_value(model->settings, "train.l2");
	const double l2 = text != NULL ? g_ascii_strtod(text, NULL) : 0;

	return l2 > 0 && l2 <= 1e6 ? l2 : 0;
}

/* The network of a model, for use; its batch is for choose_batch(). */
static NetworkSpec
spec_of_model(const Run *run, const ModelInfo *model)
{
	NetworkSpec spec = { .height = model->height,
			     .width = model->width,
			     .channels = model->channels,
			     .classes = (int)g_strv_length(model->class_names),
			     .n_head = model->n_head,
			     .l2 = l2_of_model(model),
			     .freeze = VGG19_KERAS_LAYERS,
			     .threads = run->options->common.threads };

	memcpy(spec.head, model->head, sizeof spec.head);
	return spec;
}

/* ---- memory */

/* Libraries, code that oneDNN makes, images on their way: 135 MB were seen with
 * 32 x 32 pixels, 205 MB with 224 x 224. */
enum { PROGRAM_BYTES = 200000000 };

/*
 * The largest kernel passes through a buffer on its way from a file or to one;
 * for those that are trained, it is their gradient's.
 */
static gsize
file_buffer(const NetworkSpec *spec)
{
	gsize in = (gsize)(spec->height / 32) * (gsize)(spec->width / 32) * 512;
	gsize largest = (gsize)3 * 3 * 512 * 512;

	for (int i = 0; !spec->training && i <= spec->n_head; i++) {
		gsize out = (gsize)(i < spec->n_head ? spec->head[i]
						     : spec->classes);

		largest = MAX(largest, in * out);
		in = out;
	}
	return largest * sizeof(float);
}

/* What a run takes, in bytes, and what there is. */
typedef struct {
	NetworkMemory network;
	gsize copies; /* on their way from one place to another */
	gsize features;
	gsize total; /* without features */
	guint64 available;
} RunMemory;

static void
say_memory(Run *run, const RunMemory *m)
{
	const gsize parts[] = {
		m->network.weights, m->network.training, m->network.activations,
		m->network.scratch, m->copies,           PROGRAM_BYTES
	};
	char *texts[G_N_ELEMENTS(parts)];
	g_autofree char *sum = kw_size_text(m->total + m->features);
	g_autofree char *of = kw_size_text(m->available);
	g_autofree char *size = kw_size_text(m->features);
	g_autofree char *kept =
		m->features == 0 ? g_strdup("")
				 : g_strdup_printf("%s features, ", size);

	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
		texts[i] = kw_size_text(parts[i]);
	run_say(run,
		"memory: %s weights, %s training, %s activations, %s scratch, "
		"%s to copy weights, %s%s for the program: %s%s%s",
		texts[0], texts[1], texts[2], texts[3], texts[4], kept,
		texts[5], sum, m->available == G_MAXUINT64 ? "" : " of ",
		m->available == G_MAXUINT64 ? "" : of);
	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
		g_free(texts[i]);
}

/*
 * What the network takes that trains: of two stages the second, which trains
 * more layers.  *copies is what passes from one place to another besides: a
 * kernel to a file, and at the end of the first stage all weights of it;
 * *first is the network that begins.
 */
static gboolean
plan_memory(const Run *run, const NetworkSpec *spec, NetworkMemory *memory,
	    NetworkMemory *first, gsize *copies, GError **error)
{
	NetworkSpec largest = *spec;

	*copies = file_buffer(spec);
	if (spec->training)
		largest.freeze = run->options->recipe.freeze;
	if (!network_memory(&largest, memory, error))
		return FALSE;
	*first = *memory;
	if (largest.freeze == spec->freeze)
		return TRUE;
	if (!network_memory(spec, first, error))
		return FALSE;
	*copies = MAX(*copies, first->weights);
	return TRUE;
}

/* What there is, or what may be taken of it. */
static guint64
available_memory(const Run *run)
{
	return run->options->memory > 0 ? run->options->memory
					: kw_memory_available();
}

/* What is left for the network. */
static gboolean
find_room(const Run *run, const NetworkSpec *spec, gsize *room, GError **error)
{
	const guint64 available = available_memory(run);
	NetworkMemory m, first;
	gsize copies;

	if (!plan_memory(run, spec, &m, &first, &copies, error))
		return FALSE;
	*room = available - MIN(available, copies + PROGRAM_BYTES);
	return TRUE;
}

/* Of a network for use: it need not be that of the training, which takes more
 * memory besides. */
static gboolean
choose_batch(const Run *run, NetworkSpec *spec, GError **error)
{
	const Samples *samples = run_report_samples(run);
	const int asked = run->options->evaluate_batch;
	const gsize others = file_buffer(spec) + PROGRAM_BYTES;
	const guint64 available = available_memory(run);

	if (asked > 0) {
		spec->batch = asked;
		return TRUE;
	}
	return batch_size_choose(spec, samples->n, BATCH_SIZE_DEFAULT,
				 available - MIN(available, others), error);
}

/* What to do about it: "use ...".  Free it. */
static char *
remedy(const NetworkSpec *spec, gboolean limited)
{
	g_autofree char *batch = NULL;

	if (spec->batch > 1)
		batch = g_strdup_printf(
			"a smaller --batch than %d%s, ", spec->batch,
			spec->training ? " (--accumulate makes up for it)"
				       : "");
	return g_strdup_printf("%sa smaller kw-prep --size than %dx%d, or %s",
			       batch != NULL ? batch : "", spec->height,
			       spec->width,
			       limited ? "a larger --memory"
				       : "--memory where you know better");
}

/* *memory may be of use where it does not fail. */
static gboolean
check_memory(Run *run, const NetworkSpec *spec, RunMemory *memory,
	     GError **error)
{
	const gsize asked = run->options->memory;
	RunMemory m = { .available = available_memory(run) };
	g_autofree char *needed = NULL;
	g_autofree char *there = NULL;
	g_autofree char *advice = NULL;
	NetworkMemory first;

	if (!plan_memory(run, spec, &m.network, &first, &m.copies, error))
		return FALSE;
	m.total = m.network.total + m.copies + PROGRAM_BYTES;
	if (m.total <= m.available) {
		m.features = run_plan_features(run, &first, &m.network,
					       m.available, m.total);
		*memory = m;
		return TRUE;
	}
	needed = kw_size_text(m.total);
	there = kw_size_text(m.available);
	advice = remedy(spec, asked > 0);
	g_set_error(error, KW_ERROR, KW_ERROR_MEMORY,
		    "this takes %s of memory, and %s %s: use %s", needed, there,
		    asked > 0 ? "is what --memory allows"
			      : "are available on this machine",
		    advice);
	return FALSE;
}

/* ---- how to compute */

/* A model is evaluated in the same way every time, unless asked otherwise. */
static gboolean
is_for_use(const Run *run, const NetworkSpec *spec)
{
	return !spec->training && run->options->precision == PRECISION_AUTO &&
	       run->options->algorithm == ALGORITHM_AUTO;
}

/*
 * Measuring makes networks: refuse before it what cannot be.  Where float32
 * finds no room and bf16 does, *why_not tells it, and that is the choice.
 */
static gboolean
check_simplest(Run *run, const NetworkSpec *spec, PlanWish *wish,
	       const char **why_not, GError **error)
{
	const gboolean asked = wish->precision == PRECISION_BF16;
	NetworkSpec simplest = *spec;
	g_autoptr(GError) failure = NULL;
	RunMemory memory;

	simplest.plan.mode.type = asked ? DNN_BF16 : DNN_F32;
	if (check_memory(run, &simplest, &memory, &failure))
		return TRUE;
	/* What else is wrong with it, plan_choose() explains. */
	if (!g_error_matches(failure, KW_ERROR, KW_ERROR_MEMORY))
		return TRUE;
	simplest.plan.mode.type = DNN_BF16;
	if (wish->precision == PRECISION_AUTO &&
	    wish->algorithm == ALGORITHM_AUTO && dnn_has_bf16() &&
	    check_memory(run, &simplest, &memory, NULL)) {
		wish->precision = PRECISION_BF16;
		*why_not = "; for f32 there is not enough memory";
		return TRUE;
	}
	g_propagate_error(error, g_steal_pointer(&failure));
	return FALSE;
}

static gboolean
choose_new_plan(Run *run, NetworkSpec *spec, char **why, GError **error)
{
	const TrainOptions *o = run->options;
	PlanWish wish = { o->precision, o->algorithm, 0 };
	NetworkSpec timed = *spec;
	const char *why_not = "";
	g_autofree char *chosen = NULL;

	/* Of two stages, the one that takes the time. */
	if (spec->training)
		timed.freeze = o->recipe.freeze;
	if (o->algorithm != ALGORITHM_DIRECT &&
	    !check_simplest(run, spec, &wish, &why_not, error))
		return FALSE;
	if (!find_room(run, spec, &wish.memory, error) ||
	    !plan_choose(&timed, &wish, &chosen, error))
		return FALSE;
	*why = g_strconcat(chosen, why_not, NULL);
	spec->plan = timed.plan;
	return TRUE;
}

/*
 * A resumed run computes as the one before did: another choice would give other
 * last bits.  *why stays NULL where there was no choice.
 */
static gboolean
choose_plan(Run *run, NetworkSpec *spec, char **why, GError **error)
{
	g_autofree char *stored = NULL;

	if (is_for_use(run, spec))
		return TRUE;
	if (run->from == NULL)
		return choose_new_plan(run, spec, why, error);
	stored = settings_value(run->from->run, "plan");
	if (stored != NULL && plan_parse(stored, &spec->plan))
		return TRUE;
	g_set_error(error, KW_ERROR, KW_ERROR_FORMAT,
		    "the resume file '%s' computes in a way that this program "
		    "does not know, '%s'; go on with the kw-train that wrote "
		    "it",
		    run->from->path, stored != NULL ? stored : "");
	return FALSE;
}

static void
say_network(Run *run)
{
	const NetworkSpec *spec = &run->network->spec;
	g_autofree char *plan = plan_name(&spec->plan);
	g_autofree char *parameters = NULL;
	g_autofree char *of_those = NULL;
	gsize all, trained;

	network_count(run->network, &all, &trained);
	parameters = report_count(all);
	of_those = report_count(trained);
	run_say(run,
		"VGG19 for %d x %d x %d and %d classes: %s parameters%s%s%s; "
		"%s, %s, %d threads",
		spec->height, spec->width, spec->channels, spec->classes,
		parameters, spec->training ? ", " : "",
		spec->training ? of_those : "",
		spec->training ? " trained" : "", dnn_version(), plan,
		spec->threads);
}

gboolean
run_make_network(Run *run, const ModelInfo *model, GError **error)
{
	NetworkSpec spec =
		model != NULL ? spec_of_model(run, model) : spec_to_train(run);
	g_autofree char *why = NULL;
	RunMemory memory;

	if (is_for_use(run, &spec))
		plan_for_use(&spec, PRECISION_F32);
	if (model != NULL && !choose_batch(run, &spec, error))
		return FALSE;
	if (!choose_plan(run, &spec, &why, error) ||
	    !check_memory(run, &spec, &memory, error))
		return FALSE;
	if (why != NULL)
		run_say(run, "%s", why);
	say_memory(run, &memory);
	run->plan = spec.plan;
	run->network = network_new(&spec, error);
	if (run->network == NULL)
		return FALSE;
	say_network(run);
	return TRUE;
}
