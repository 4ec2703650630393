/*
 * Threads that decode photos while the network works on the ones before.  They
 * are threads of their own: oneDNN's OpenMP team never runs anything else.
 */
#ifndef KW_TRAIN_PREDICT_READER_H
#define KW_TRAIN_PREDICT_READER_H

#include "train/predict_input.h"

/* How the reading of an item ended. */
typedef enum {
	PREDICT_READ,
	PREDICT_FAILED,   /* see its error */
	PREDICT_NO_PHOTO, /* a file in a folder that is no photo at all */
} PredictOutcome;

/* Items first..first+n-1 in their order. */
typedef struct {
	gsize first;
	int n;                    /* 0: the end */
	guint8 *pixels;           /* batch x h x w x c; zeros if not read */
	PredictOutcome *outcomes; /* n */
	GError **errors;          /* n; NULL of those that were read */
} PredictBatch;

typedef struct PredictReader PredictReader;

/*
 * Read all items, in batches of `batch` (the last may be smaller), with
 * `threads` threads and memory for two batches.  Both pointers are borrowed
 * until predict_reader_free().  KW_ERROR_MEMORY, or that of a thread that does
 * not start.
 */
PredictReader *predict_reader_new(const PredictInput *input,
				  const KwImageRequest *request, int batch,
				  int threads, GError **error);

/* Stops the threads, wherever they are. */
void predict_reader_free(PredictReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PredictReader, predict_reader_free)

/*
 * The next batch, valid until the next call; its n is 0 after the last.  What
 * is wrong with an item is in the batch.  NULL with the first error that is
 * about more than its item: no memory, no file handles.  After either there is
 * no next call.  One thread.
 */
const PredictBatch *predict_reader_next(PredictReader *reader, GError **error);

#endif
