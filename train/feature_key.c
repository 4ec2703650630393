#include "train/feature_key.h"

#include "kw/alloc.h"
#include "kw/app.h"
#include "kw/cpu.h"
#include "train/plan.h"

/* The values in Keras's order: operations choose that of the masters. */
static gboolean
add_param(GChecksum *sum, Dnn *dnn, const Param *param, GError **error)
{
	const gsize n = param->keras != NULL ? dnn_layout_floats(param->keras)
					     : param->n;
	g_autofree float *values =
		kw_alloc(n, sizeof *values, "the weights of a layer", error);

	if (values == NULL || !param_export(dnn, param, values, error))
		return FALSE;
	g_checksum_update(sum, (const guchar *)values,
			  (gssize)(n * sizeof *values));
	return TRUE;
}

static gboolean
add_layer(GChecksum *sum, const Layer *layer, GError **error)
{
	return layer->kernel == NULL ||
	       (add_param(sum, layer->dnn, layer->kernel, error) &&
		add_param(sum, layer->dnn, layer->bias, error));
}

/* How the frozen layers are computed, whatever is chosen for the others. */
static NetworkPlan
plan_below(const Network *network)
{
	const NetworkPlan *plan = &network->spec.plan;
	NetworkPlan below = { .mode = plan->mode };
	guint conv = 0;

	for (guint i = 0; i < network->first_trained; i++)
		if (network->layers[i]->kind == LAYER_CONV) {
			below.conv[conv][DNN_FORWARD] =
				plan->conv[conv][DNN_FORWARD];
			conv++;
		}
	return below;
}

char *
feature_key(const Network *network, const char *data, GError **error)
{
	const NetworkSpec *spec = &network->spec;
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	const NetworkPlan below = plan_below(network);
	g_autofree char *plan = plan_text(&below);
	g_autofree char *facts = g_strdup_printf(
		"data=%s\nlayer=%s\nimage=%d,%d,%d\nbatch=%d\nplan=%s\n"
		"threads=%d\nkw=%s\nonednn=%s\nisa=%d\ncpu=%s\n",
		data, network_feature_layer(network)->name, spec->height,
		spec->width, spec->channels, spec->batch, plan, spec->threads,
		KW_VERSION, dnn_version(), dnn_isa(), kw_cpu_names[kw_cpu()]);

	g_checksum_update(sum, (const guchar *)facts, -1);
	for (guint i = 0; i < network->first_trained; i++)
		if (!add_layer(sum, network->layers[i], error))
			return NULL;
	return g_strdup(g_checksum_get_string(sum));
}
