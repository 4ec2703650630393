/*
 * What a kw model says of itself and holds, and what can be said of a Keras
 * file of the same layout: kw-model(5).
 */
#ifndef KW_INFO_MODEL_H
#define KW_INFO_MODEL_H

#include "info/layers.h"
#include "lib/infile.h"

typedef struct {
	char *name;    /* of the file, for messages */
	guint64 bytes; /* its size */

	char *keras_version, *backend; /* NULL: not told */
	gboolean has_config;           /* a whole model, not weights alone */
	GPtrArray *layers;             /* InfoLayer *, from bottom to top */
	guint64 n_parameters;          /* of all layers */

	gboolean is_kw; /* all below is of kw models */
	int version;
	GStrv class_names;
	int height, width, channels;
	char *fit;
	float scale[3], offset[3]; /* the first `channels` count */
	int frozen;                /* layers, as Keras counts */
	char *metrics;             /* JSON as it stands in the file */
	char *settings;            /* KEY=VALUE lines */
} InfoModel;

/*
 * Read it; weights are listed, not read.  Texts are UTF-8.
 * KW_ERROR_FORMAT: a kw model of another version, or damaged.
 */
InfoModel *info_model_read(const KwInfile *in, GError **error);
void info_model_free(InfoModel *model);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(InfoModel, info_model_free)

#endif
