#include "train/weights_report.h"

#include <string.h>

/* More names than these are told as "first ... last". */
enum { MAX_NAMES = 4 };

/* "a, b, c" or "a ... z (16 convolutions)" */
static void
add_names(GString *text, char **names, const char *noun)
{
	const guint n = g_strv_length(names);
	g_autofree char *list = g_strjoinv(", ", names);

	if (n <= MAX_NAMES)
		g_string_append(text, list);
	else
		g_string_append_printf(text, "%s ... %s (%u %s)", names[0],
				       names[n - 1], n, noun);
}

static GStrv
file_names(const GPtrArray *layers)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

	for (guint i = 0; i < layers->len; i++) {
		const KerasLayer *layer = layers->pdata[i];

		g_strv_builder_add(builder, layer->name);
	}
	return g_strv_builder_end(builder);
}

/* Of the dense layers of the network. */
static GStrv
head_names(const Network *network)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	const Layer *layer;

	for (guint i = 0; (layer = network_dense(network, i)) != NULL; i++)
		g_strv_builder_add(builder, layer->name);
	return g_strv_builder_end(builder);
}

static void
add_loaded_head(GString *text, char **theirs, char **ours)
{
	g_string_append(text, ", ");
	add_names(text, theirs, "dense layers");
	if (g_strv_equal((const char *const *)theirs,
			 (const char *const *)ours))
		return;
	g_string_append(text, " as ");
	add_names(text, ours, "dense layers");
}

static void
add_random_head(GString *text, const GPtrArray *dense, char **theirs,
		char **ours)
{
	if (dense->len > 0) {
		const KerasLayer *top = dense->pdata[dense->len - 1];

		g_string_append(text, "; skipped ");
		add_names(text, theirs, "dense layers");
		g_string_append_printf(text, " (%d classes)", top->out);
	}
	g_string_append(text, "; missing ");
	add_names(text, ours, "dense layers");
	g_string_append_printf(text, ": %s at random",
			       g_strv_length(ours) == 1 ? "it starts"
							: "they start");
}

/* What became of the colours, where that needs a word. */
static void
add_channels(GString *text, const WeightsMeeting *m,
	     const LoadedWeights *loaded)
{
	const char *name = network_conv(m->network, 0)->name;

	if (loaded->summed)
		g_string_append_printf(text,
				       "\nsummed the input channels of %s into "
				       "one, for gray images",
				       name);
	else if (loaded->reversed && m->channels == CHANNELS_AUTO)
		g_string_append_printf(
			text,
			"\nturned the input channels of %s from "
			"blue-green-red to red-green-blue, as the data are "
			"standardised 'caffe'",
			name);
	else if (loaded->reversed)
		g_string_append_printf(text,
				       "\nreversed the input channels of %s, "
				       "as asked",
				       name);
	else if (m->channels == CHANNELS_KEEP)
		g_string_append_printf(text,
				       "\nkept the order of the input channels "
				       "of %s, as asked",
				       name);
}

char *
weights_report(const WeightsMeeting *m, const LoadedWeights *loaded)
{
	static const char *const kinds[] = {
		[WEIGHTS_KERAS] = "Keras",
		[WEIGHTS_KW] = "kw",
		[WEIGHTS_TORCH] = "PyTorch",
	};
	GString *text = g_string_new(NULL);
	g_auto(GStrv) convolutions = file_names(m->convolutions);
	g_auto(GStrv) theirs = file_names(m->dense);
	g_auto(GStrv) ours = head_names(m->network);

	g_string_printf(text, "weights of '%s' (%s): loaded ", m->path,
			kinds[loaded->kind]);
	add_names(text, convolutions, "convolutions");
	if (loaded->dense > 0)
		add_loaded_head(text, theirs, ours);
	else
		add_random_head(text, m->dense, theirs, ours);
	add_channels(text, m, loaded);
	return g_string_free(text, FALSE);
}
