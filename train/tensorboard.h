/*
 * TensorBoard event files: a row of records, each a serialised `Event`
 * (tensorflow/core/util/event.proto) between its length and checksums
 * (tensorflow/core/lib/io/record_writer.h).  Numbers are little-endian.
 *
 * These functions append records to a byte array, and find them in one; files
 * are log.c's.  A reader waits at a torn end for the rest of it, so that a file
 * may be read while it grows.  Any thread.
 */
#ifndef KW_TRAIN_TENSORBOARD_H
#define KW_TRAIN_TENSORBOARD_H

#include <glib.h>

/* The first record of a file.  Times are seconds since 1970. */
void tensorboard_add_version(GByteArray *out, double wall_time);

typedef struct {
	const char *tag; /* UTF-8 */
	double value;    /* stored as float32 */
} TensorboardScalar;

/* n scalars of one step, in one record. */
void tensorboard_add_scalars(GByteArray *out, double wall_time, gint64 step,
			     const TensorboardScalar *scalars, gsize n);

/* A PNG file of height x width pixels, red-green-blue. */
void tensorboard_add_image(GByteArray *out, double wall_time, gint64 step,
			   const char *tag, int height, int width,
			   const guint8 *png, gsize n);

/* A record as it lies in n bytes. */
typedef struct {
	gsize size;         /* of the whole record */
	const guint8 *data; /* the event in it, borrowed */
	gsize n;
	gint64 step; /* 0 where it has none */
} TensorboardRecord;

/*
 * The record at the start of n bytes; FALSE when there is none that is whole
 * and sound.
 */
gboolean tensorboard_read(const guint8 *bytes, gsize n,
			  TensorboardRecord *record);

#endif
