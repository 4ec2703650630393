/*
 * Gradients of several passes added up, so that a step may have more images
 * than there is memory for at once.
 *
 * The sums have buffers of their own, as large as what is trained: the backward
 * pass overwrites gradients, and the norm of their sum is asked for before an
 * update (sgd.h).
 */
#ifndef KW_TRAIN_ACCUMULATE_H
#define KW_TRAIN_ACCUMULATE_H

#include "train/network.h"

/*
 * After network_backward() of a pass, which has `share` of the images of its
 * step, in a network whose spec says that it accumulates: add its gradients,
 * times `share`, to the sums; those begin at 0 with the `first` pass.  After
 * the `last`, the network's gradients are the sums: those of the mean over all
 * images of the step.
 */
void accumulate_gradients(Network *network, double share, gboolean first,
			  gboolean last);

#endif
