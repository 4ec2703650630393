/*
 * Memory that ends, or begins, where pages are not to be touched.
 */
#ifndef TESTS_WINOGRAD_GUARDED_H
#define TESTS_WINOGRAD_GUARDED_H

#include "tests/support/kwtest.h"

/* Which end of it lies at a page that is not to be touched. */
typedef enum { AT_BEGIN, AT_END } Side;

typedef struct {
	guint8 *pages;
	gsize size; /* of the pages */
	gsize bytes;
	void *data;
} Guarded;

/* All bytes are `fill`: 0xff makes numbers that are none, float32 and bf16. */
Guarded guarded_new(gsize bytes, Side side, int fill);
Guarded guarded_copy(const void *data, gsize bytes, Side side);
void guarded_clear(Guarded *g);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Guarded, guarded_clear)

void guarded_assert_equal(const Guarded *a, const Guarded *b);

#endif
