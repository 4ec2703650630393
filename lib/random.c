#include "kw/random.h"

#include <Random123/philox.h>

void
kw_random_block(const KwRandomKey *key, guint16 draw, guint32 words[4])
{
	const philox4x32_key_t k = { { (guint32)key->seed,
				       (guint32)(key->seed >> 32) } };
	const philox4x32_ctr_t counter = {
		{ (guint32)key->subject, (guint32)(key->subject >> 32),
		  key->round, (guint32)key->purpose << 16 | draw }
	};
	const philox4x32_ctr_t block = philox4x32(counter, k);

	for (int i = 0; i < 4; i++)
		words[i] = block.v[i];
}

guint64
kw_random_u64(const KwRandomKey *key, guint16 draw)
{
	guint32 words[4];

	kw_random_block(key, draw, words);
	return (guint64)words[1] << 32 | words[0];
}

double
kw_random_uniform(const KwRandomKey *key, guint16 draw)
{
	return (double)(kw_random_u64(key, draw) >> 11) * 0x1p-53;
}

double
kw_random_between(const KwRandomKey *key, guint16 draw, double low, double high)
{
	return low + (high - low) * kw_random_uniform(key, draw);
}
