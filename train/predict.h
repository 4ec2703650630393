/* Pixels in, probabilities out, as a kw model was trained to see them. */
#ifndef KW_TRAIN_PREDICT_H
#define KW_TRAIN_PREDICT_H

#include "kw/image.h"
#include "train/model_file.h"
#include "train/plan.h"

typedef struct Predictor Predictor;

/*
 * Read a kw model, to predict n images with `threads` threads, up to `most` at
 * a time, or less where there is no memory for them (batch_size.h), computed as
 * plan_for_use() has it, in one view or, with `tta`, in those of
 * predict_views.h.
 * Errors: those of model_read_info() and network_new(); KW_ERROR_UNSUPPORTED
 * when photos were fitted in a way that this program does not know, and where
 * bf16 was asked for and cannot be computed.
 */
Predictor *predictor_new(const char *model, gsize n, int most, int threads,
			 Precision precision, gboolean tta, GError **error);
void predictor_free(Predictor *predictor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Predictor, predictor_free)

/* Images at a time. */
int predictor_batch(const Predictor *predictor);

/* How it computes: "f32 Winograd", "bf16 direct".  Free it. */
char *predictor_arithmetic(const Predictor *predictor);

/* Both are owned by the predictor. */
const ModelInfo *predictor_info(const Predictor *predictor);
/* How photos became the images that the model was trained on. */
const KwImageRequest *predictor_request(const Predictor *predictor);

/*
 * Predict n images, 1..predictor_batch(): pixels are n x h x w x c,
 * probabilities n x classes; with views, the means of those of each view.
 * KW_ERROR_FORMAT when they are no numbers: the weights are too large;
 * KW_ERROR_INTERRUPTED.  One thread, outside parallel regions.
 */
gboolean predictor_run(Predictor *predictor, const guint8 *pixels, int n,
		       float *probabilities, GError **error);

#endif
