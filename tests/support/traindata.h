/*
 * Small datasets of drawn photos that a network can learn, for the tests of
 * the trainer.
 */
#ifndef KW_TRAINDATA_H
#define KW_TRAINDATA_H

#include "kw/dataset.h"
#include "tests/support/kwtest.h"

/* Record i of a split shows class i % classes; ids differ between splits. */
typedef struct {
	int height, width, channels; /* 3, or 1 for gray */
	int classes;
	gsize counts[KW_N_SPLITS];
	KwStandardize
		standardize; /* none; else / 255, less c / 8 of channel c */
	gboolean reversed;   /* the records of a split end to start */
} TrainData;

/* Write the dataset; fails the test when it cannot. */
void train_data_write(const char *path, const TrainData *data);

/* Write it to a temporary file and open it; kw_dataset_free() it. */
KwDataset *train_data_open(const TrainData *data);

/* The same values for the same seed, uniform in [-1, 1). */
void random_floats(float *values, gsize n, guint64 seed);

#endif
