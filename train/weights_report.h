/* What is said of weights that were loaded. */
#ifndef KW_TRAIN_WEIGHTS_REPORT_H
#define KW_TRAIN_WEIGHTS_REPORT_H

#include "train/weights_file.h"

/* The layers of a file as they met those of the network. */
typedef struct {
	const char *path;
	const Network *network;
	Channels channels;
	const GPtrArray *convolutions; /* KerasLayer *, bottom to top */
	const GPtrArray *dense;        /* the same, loaded or not */
} WeightsMeeting;

/* The lines for `loaded`, whose other fields are filled in.  Free them. */
char *weights_report(const WeightsMeeting *meeting,
		     const LoadedWeights *loaded);

#endif
