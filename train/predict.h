/* Photos in, classes out, as a kw model was trained to see them. */
#ifndef KW_TRAIN_PREDICT_H
#define KW_TRAIN_PREDICT_H

#include "train/model_file.h"

typedef struct {
	int label;         /* the most probable class; of equals the first */
	float probability; /* 0..1 */
	GError *error;     /* why the photo cannot be read; NULL: it can */
} Prediction;

typedef struct Predictor Predictor;

/*
 * Read a kw model, to predict up to `batch` photos at a time with `threads`
 * threads.  kw_image_start() comes first.
 * Errors: those of model_read_info() and network_new(); KW_ERROR_UNSUPPORTED
 * when photos were fitted in a way that this program does not know.
 */
Predictor *predictor_new(const char *model, int batch, int threads,
			 GError **error);
void predictor_free(Predictor *predictor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Predictor, predictor_free)

/* Owned by the predictor. */
const ModelInfo *predictor_info(const Predictor *predictor);

/*
 * Predict n photos, 1..batch; predictions[i] is that of paths[i].  A photo that
 * cannot be read sets its prediction's error, which the caller frees, and costs
 * nothing else.  FALSE when the work cannot go on; no errors of photos are set
 * then.  One thread, outside parallel regions.
 */
gboolean predictor_run(Predictor *predictor, char *const *paths, int n,
		       Prediction *predictions, GError **error);

#endif
