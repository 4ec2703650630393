/*
 * The segments of JPEG files (ITU T.81, annex B).
 */
#ifndef KW_TESTS_HOSTILE_JPEG_H
#define KW_TESTS_HOSTILE_JPEG_H

#include "tests/support/hostile_bytes.h"

enum {
	JPEG_SOF0 = 0xc0,
	JPEG_SOF2 = 0xc2,
	JPEG_DHT = 0xc4,
	JPEG_SOI = 0xd8,
	JPEG_EOI = 0xd9,
	JPEG_SOS = 0xda,
	JPEG_DQT = 0xdb,
	JPEG_DNL = 0xdc,
	JPEG_DRI = 0xdd,
	JPEG_APP1 = 0xe1,
	JPEG_APP2 = 0xe2,
	JPEG_APP14 = 0xee,
	JPEG_COM = 0xfe,
};

/* The drawing as a baseline JPEG without metadata. */
GByteArray *jpeg_sample(void);

/* Append a segment; the payload is taken. */
GByteArray *jpeg_append(GByteArray *jpeg, int marker, GByteArray *payload);

/* The same behind the start of the file. */
GByteArray *jpeg_insert(GByteArray *jpeg, int marker, GByteArray *payload);

/*
 * Where the first segment of this marker begins, before the first scan or with
 * it; the length when there is none.
 */
guint jpeg_find(const GByteArray *jpeg, int marker);

/* Remove all segments of this marker from before the first scan. */
GByteArray *jpeg_remove(GByteArray *jpeg, int marker);

/* Where the data of the first scan begin. */
guint jpeg_find_data(const GByteArray *jpeg);

#endif
