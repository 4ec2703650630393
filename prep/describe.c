#include "prep/describe.h"

#include <math.h>

#include "prep/photo.h"

/* ---- standardisation */

/*
 * Mean 0 and deviation 1 a channel over train.  The sums are exact integers
 * (a million photos of 4096 x 4096 pixels stay below 2^64), so that nothing
 * depends on the order of the photos.
 */
static void
normalize(KwDatasetInfo *info, const GPtrArray *photos)
{
	double n = 0;
	guint64 sums[3] = { 0 }, squares[3] = { 0 };

	for (guint i = 0; i < photos->len; i++) {
		const Photo *photo = photos->pdata[i];

		if (photo->split != KW_TRAIN)
			continue;
		n += (double)info->height * info->width;
		for (int c = 0; c < 3; c++) {
			sums[c] += photo->sums[c];
			squares[c] += photo->squares[c];
		}
	}
	for (int c = 0; c < 3; c++) {
		double mean = (double)sums[c] / n;
		double variance = (double)squares[c] / n - mean * mean;
		/* A constant channel has nothing to be scaled. */
		double deviation = variance > 1e-6 ? sqrt(variance) : 1.0;

		info->scale[c] = (float)(1.0 / deviation);
		info->offset[c] = (float)(-mean / deviation);
	}
}

/*
 * Means and deviations of ImageNet's red, green and blue: keras.applications,
 * preprocess_input() of mode "caffe", which only subtracts, and torchvision's
 * transforms for its weights, of values from 0 to 1.  Channels stay red, green,
 * blue; what Keras's weights want is kw-train's to know.
 */
static void
standardize_imagenet(KwDatasetInfo *info)
{
	static const double caffe[3] = { 123.68, 116.779, 103.939 };
	static const double mean[3] = { 0.485, 0.456, 0.406 };
	static const double deviation[3] = { 0.229, 0.224, 0.225 };

	for (int c = 0; c < 3; c++) {
		if (info->standardize == KW_STANDARDIZE_CAFFE) {
			info->scale[c] = 1.0f;
			info->offset[c] = (float)-caffe[c];
		} else {
			info->scale[c] = (float)(1.0 / (255.0 * deviation[c]));
			info->offset[c] = (float)(-mean[c] / deviation[c]);
		}
	}
}

static void
standardize(KwDatasetInfo *info, const GPtrArray *photos)
{
	switch (info->standardize) {
	case KW_STANDARDIZE_NORMALIZE:
		normalize(info, photos);
		return;
	case KW_STANDARDIZE_CAFFE:
	case KW_STANDARDIZE_TORCH:
		standardize_imagenet(info);
		return;
	case KW_STANDARDIZE_NONE:
	case KW_STANDARDIZE_RESCALE:
		for (int c = 0; c < 3; c++) {
			info->scale[c] =
				info->standardize == KW_STANDARDIZE_NONE
					? 1.0f
					: (float)(1.0 / 255.0);
			info->offset[c] = 0.0f;
		}
	}
}

/* ---- settings */

static void
add_groups(GString *lines, const Options *o)
{
	g_string_append_printf(lines, "prep.group=%s\n",
			       group_mode_names[o->group]);
	if (o->group == GROUP_AUTO || o->group == GROUP_BURST)
		g_string_append_printf(lines, "prep.burst-gap=%.10gs\n",
				       (double)o->burst_gap / 1000);
	if (o->near_duplicates == NEAR_OFF)
		g_string_append(lines, "prep.near-duplicates=off\n");
	else
		g_string_append_printf(lines, "prep.near-duplicates=%d\n",
				       o->near_duplicates);
}

/* A list's own name says nothing of what was in it, a dataset's neither. */
static void
add_splits(GString *lines, const Options *o, gboolean presplit,
	   const char *known)
{
	if (presplit)
		g_string_append(lines, "prep.split=given\n");
	else
		g_string_append_printf(lines, "prep.split=%d/%d/%d\n",
				       o->percent[KW_TRAIN], o->percent[KW_VAL],
				       o->percent[KW_TEST]);
	if (known != NULL)
		g_string_append_printf(lines, "prep.split-from=%s\n", known);
}

static char *
describe_settings(const Options *o, gboolean presplit, const char *known)
{
	g_autoptr(GString) lines = g_string_new(NULL);

	g_string_append_printf(lines,
			       "prep.fit=%s\n"
			       "prep.gray=%s\n"
			       "prep.max-pixels=%" G_GUINT64_FORMAT "\n"
			       "prep.seed=%" G_GUINT64_FORMAT "\n"
			       "prep.size=%dx%d\n"
			       "prep.standardize=%s\n"
			       "prep.undated=%s\n",
			       kw_fit_names[o->image.fit],
			       o->image.channels == 1 ? "yes" : "no",
			       o->image.max_pixels, o->seed, o->image.height,
			       o->image.width,
			       kw_standardize_names[o->standardize],
			       undated_names[o->undated]);
	add_groups(lines, o);
	add_splits(lines, o, presplit, known);
	return kw_settings_merge(lines->str, "");
}

/* ---- all of it */

static GStrv
class_names(const GPtrArray *classes)
{
	GStrv names = g_new0(char *, classes->len + 1);

	for (guint i = 0; i < classes->len; i++)
		names[i] = kw_source_name(classes->pdata[i]);
	return names;
}

KwDatasetInfo *
describe(const Options *o, const GPtrArray *photos, const GPtrArray *classes,
	 gboolean presplit, const char *known)
{
	KwDatasetInfo *info = kw_dataset_info_new();

	info->height = o->image.height;
	info->width = o->image.width;
	info->channels = o->image.channels;
	info->class_names = class_names(classes);
	info->standardize = o->standardize;
	standardize(info, photos);
	info->fit = g_strdup(kw_fit_names[o->image.fit]);
	info->seed = o->seed;
	info->settings = describe_settings(o, presplit, known);
	info->generator = g_strdup("kw-prep " KW_VERSION);
	return info;
}
