/*
 * Test-time augmentation: the ten views of an image that predictions are
 * averaged over (Krizhevsky, Sutskever and Hinton 2012: five crops, and each
 * of them mirrored).
 */
#ifndef KW_TRAIN_PREDICT_VIEWS_H
#define KW_TRAIN_PREDICT_VIEWS_H

#include <glib.h>

#include "kw/transform.h"

enum { PREDICT_N_VIEWS = 10 };

/*
 * View v, 0..PREDICT_N_VIEWS-1: a window of 7/8 of the height and of the width,
 * enlarged to the whole by kw_warp(): in the middle (v / 2 is 0), then at the
 * upper left, upper right, lower left and lower right; mirrored if v is odd.
 * It is made of the image as the network sees it, so that a photo and its
 * record in a dataset have the same views.
 */
KwTransform predict_view(int v);

#endif
