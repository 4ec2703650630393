#include "prep/hash_index.h"

/*
 * A hash is four chunks of 16 bits.  Of two hashes that differ in r bits, one
 * chunk at least differs in r / 4 bits at most; so a table for each chunk finds
 * them, looked up with all chunks that are as near.
 */
enum { N_CHUNKS = 4, CHUNK_BITS = 16, N_BUCKETS = 1 << CHUNK_BITS };

struct HashIndex {
	int radius;
	GArray *hashes; /* guint64 */
	GArray *levels; /* guint8 */
	/* For each chunk: 1 + the last hash of a bucket, and for each hash 1 +
	 * the one before it; 0 ends a bucket. */
	guint *last[N_CHUNKS];
	GArray *previous[N_CHUNKS]; /* guint */
	GArray *flips;              /* guint: all chunks of few bits */
};

static guint
chunk(guint64 hash, int k)
{
	return (guint)(hash >> (CHUNK_BITS * k)) & (N_BUCKETS - 1);
}

/* Where hashes of a chunk and level lie; others may lie there as well. */
static guint
bucket_of(guint chunk_bits, guint8 level)
{
	return (chunk_bits ^ level * 40503u) & (N_BUCKETS - 1);
}

HashIndex *
hash_index_new(int radius)
{
	HashIndex *index = g_new0(HashIndex, 1);

	g_assert(radius >= 0 && radius <= HASH_INDEX_MAX_RADIUS);
	index->radius = radius;
	index->hashes = g_array_new(FALSE, FALSE, sizeof(guint64));
	index->levels = g_array_new(FALSE, FALSE, sizeof(guint8));
	for (int k = 0; k < N_CHUNKS; k++) {
		index->last[k] = g_new0(guint, N_BUCKETS);
		index->previous[k] = g_array_new(FALSE, FALSE, sizeof(guint));
	}
	index->flips = g_array_new(FALSE, FALSE, sizeof(guint));
	for (guint flip = 0; flip < N_BUCKETS; flip++)
		if (hamming_distance(flip, 0) <= radius / N_CHUNKS)
			g_array_append_val(index->flips, flip);
	return index;
}

void
hash_index_free(HashIndex *index)
{
	g_array_unref(index->hashes);
	g_array_unref(index->levels);
	g_array_unref(index->flips);
	for (int k = 0; k < N_CHUNKS; k++) {
		g_free(index->last[k]);
		g_array_unref(index->previous[k]);
	}
	g_free(index);
}

void
hash_index_add(HashIndex *index, guint64 hash, guint8 level)
{
	guint number;

	g_array_append_val(index->hashes, hash);
	g_array_append_val(index->levels, level);
	number = index->hashes->len;
	for (int k = 0; k < N_CHUNKS; k++) {
		guint *last = &index->last[k][bucket_of(chunk(hash, k), level)];

		g_array_append_val(index->previous[k], *last);
		*last = number;
	}
}

/* Is chunk k the first by which the two find each other? */
static gboolean
is_first_chunk(const HashIndex *index, guint64 a, guint64 b, int k)
{
	for (int earlier = 0; earlier < k; earlier++)
		if (hamming_distance(chunk(a, earlier), chunk(b, earlier)) <=
		    index->radius / N_CHUNKS)
			return FALSE;
	return TRUE;
}

static void
search_bucket(const HashIndex *index, guint64 hash, guint8 level, int k,
	      guint bits, GArray *found)
{
	guint number = index->last[k][bucket_of(bits, level)];

	for (; number != 0;
	     number = g_array_index(index->previous[k], guint, number - 1)) {
		guint value = number - 1;
		guint64 other = g_array_index(index->hashes, guint64, value);

		if (g_array_index(index->levels, guint8, value) == level &&
		    chunk(other, k) == bits &&
		    hamming_distance(hash, other) <= index->radius &&
		    is_first_chunk(index, hash, other, k))
			g_array_append_val(found, value);
	}
}

void
hash_index_find(const HashIndex *index, guint64 hash, guint8 level,
		GArray *found)
{
	for (int k = 0; k < N_CHUNKS; k++)
		for (guint i = 0; i < index->flips->len; i++)
			search_bucket(
				index, hash, level, k,
				chunk(hash, k) ^
					g_array_index(index->flips, guint, i),
				found);
}
