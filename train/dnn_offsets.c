/* Where weights lie in a layout. */
#include "train/dnn_internal.h"

/* How far the index along an axis moves a value from the first one. */
static gsize
axis_offset(const MdBlocking *blocking, int axis, gsize index)
{
	gsize offset = 0, stride = 1;

	for (int i = blocking->n; i-- > 0;) {
		const gsize block = (gsize)blocking->blocks[i];

		if (blocking->axes[i] == axis) {
			offset += index % block * stride;
			index /= block;
		}
		stride *= block;
	}
	return offset + index * (gsize)blocking->strides[axis];
}

static gsize *
axis_offsets(const MdBlocking *blocking, int axis, int n)
{
	gsize *offsets = g_new(gsize, n);

	for (int i = 0; i < n; i++)
		offsets[i] = axis_offset(blocking, axis, (gsize)i);
	return offsets;
}

DnnOffsets
dnn_layout_offsets(const DnnLayout *layout)
{
	const MdBlocking b = md_blocking(REF(layout->md));
	const gboolean spatial = b.rank == 4; /* out, in, height, width */
	const int width = spatial ? (int)b.dims[3] : 1;
	DnnOffsets offsets = { .n_out = (int)b.dims[0],
			       .n_in = (int)b.dims[1],
			       .n_positions =
				       spatial ? (int)b.dims[2] * width : 1 };

	offsets.out = axis_offsets(&b, 0, offsets.n_out);
	offsets.in = axis_offsets(&b, 1, offsets.n_in);
	offsets.position = g_new0(gsize, offsets.n_positions);
	for (int p = 0; spatial && p < offsets.n_positions; p++)
		offsets.position[p] = axis_offset(&b, 2, (gsize)(p / width)) +
				      axis_offset(&b, 3, (gsize)(p % width));
	return offsets;
}

gboolean
dnn_offsets_in_steps(const gsize *offsets, int n, int group, gsize step,
		     gsize start)
{
	for (int i = 0; i < n; i++) {
		const gsize first = offsets[i - i % group];

		if (n % group != 0 || first % start != 0 ||
		    offsets[i] != first + step * (gsize)(i % group))
			return FALSE;
	}
	return TRUE;
}

void
dnn_offsets_clear(DnnOffsets *offsets)
{
	g_free(offsets->out);
	g_free(offsets->in);
	g_free(offsets->position);
}
