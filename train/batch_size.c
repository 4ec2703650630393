#include "train/batch_size.h"

int
batch_size_even(gsize n, int most)
{
	const gsize batches = (n + (gsize)most - 1) / (gsize)most;

	return n == 0 ? 1 : (int)((n + batches - 1) / batches);
}

gboolean
batch_size_choose(NetworkSpec *spec, gsize n, int most, guint64 room,
		  GError **error)
{
	spec->batch = batch_size_even(n, most);
	while (spec->batch > 1) {
		NetworkMemory memory;

		if (!network_memory(spec, &memory, error))
			return FALSE;
		if (memory.total <= room)
			return TRUE;
		spec->batch = batch_size_even(n, spec->batch / 2);
	}
	return TRUE;
}
