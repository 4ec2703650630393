/*
 * Hashes of 64 bits, found by Hamming distance without looking at all of them:
 * multi-index hashing (Norouzi, Punjani and Fleet, "Fast search in Hamming
 * space with multi-index hashing", 2012).
 */
#ifndef PREP_HASH_INDEX_H
#define PREP_HASH_INDEX_H

#include <glib.h>

enum { HASH_INDEX_MAX_RADIUS = 16 };

typedef struct HashIndex HashIndex;

/* An empty index to be searched within `radius` bits, 0..16. */
HashIndex *hash_index_new(int radius);
void hash_index_free(HashIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HashIndex, hash_index_free)

/*
 * Hashes are numbered from 0 in the order in which they are added.  `level` is
 * what else is known, so that what differs in it need not be looked at.
 */
void hash_index_add(HashIndex *index, guint64 hash, guint8 level);

/*
 * Append to `found` (guint) the numbers of all hashes of this level within the
 * radius of `hash`, each once, in no order.
 */
void hash_index_find(const HashIndex *index, guint64 hash, guint8 level,
		     GArray *found);

static inline int
hamming_distance(guint64 a, guint64 b)
{
	return __builtin_popcountll(a ^ b);
}

#endif
