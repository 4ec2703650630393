#include "train/dnn_internal.h"

#include <dnnl_debug.h>
#include <omp.h>
#include <stdio.h>

#include "kw/alloc.h"
#include "kw/error.h"

gboolean
dnn_check(dnnl_status_t status, const char *what, GError **error)
{
	if (status == dnnl_success)
		return TRUE;
	g_set_error(error, KW_ERROR,
		    status == dnnl_out_of_memory ? KW_ERROR_MEMORY
						 : KW_ERROR_UNSUPPORTED,
		    "oneDNN cannot %s: %s", what, dnnl_status2str(status));
	return FALSE;
}

/* ---- engine */

const char *
dnn_version(void)
{
	static char text[32];
	const dnnl_version_t *v = dnnl_version();

	snprintf(text, sizeof text, "oneDNN %d.%d.%d", v->major, v->minor,
		 v->patch);
	return text;
}

int
dnn_isa(void)
{
	return (int)dnnl_get_effective_cpu_isa();
}

/* Has oneDNN, on this CPU and as far as it is allowed to, all of a set? */
static gboolean
has_isa(dnnl_cpu_isa_t set)
{
	return (dnnl_get_effective_cpu_isa() & set) == set;
}

gboolean
dnn_has_bf16(void)
{
	return has_isa(dnnl_cpu_isa_avx512_core_bf16);
}

gboolean
dnn_has_amx(void)
{
	return has_isa(dnnl_cpu_isa_avx512_core_amx);
}

Dnn *
dnn_new(int threads, GError **error)
{
	g_autofree Dnn *dnn = g_new0(Dnn, 1);

	if (dnnl_version()->major != DNNL_VERSION_MAJOR) {
		g_set_error(error, KW_ERROR, KW_ERROR_UNSUPPORTED,
			    "this program was built for oneDNN %d but finds "
			    "%s; build it again",
			    DNNL_VERSION_MAJOR, dnn_version());
		return NULL;
	}
	if (threads > omp_get_thread_limit()) {
		g_set_error(error, KW_ERROR, KW_ERROR_UNSUPPORTED,
			    "%d threads are wanted but OMP_THREAD_LIMIT allows "
			    "%d; use -j %d",
			    threads, omp_get_thread_limit(),
			    omp_get_thread_limit());
		return NULL;
	}
	omp_set_dynamic(0);
	omp_set_num_threads(threads);
	dnn->threads = threads;
	dnn->blocked =
		has_isa(dnnl_cpu_isa_avx512_core) ? dnnl_nChw16c : dnnl_nChw8c;
	if (!dnn_check(dnnl_engine_create(&dnn->engine, dnnl_cpu, 0),
		       "start on this CPU", error))
		return NULL;
	if (!dnn_check(dnnl_stream_create(&dnn->stream, dnn->engine,
					  dnnl_stream_default_flags),
		       "start on this CPU", error)) {
		dnnl_engine_destroy(dnn->engine);
		return NULL;
	}
	return g_steal_pointer(&dnn);
}

void
dnn_free(Dnn *dnn)
{
	if (dnn == NULL)
		return;
	dnn_release_scratch(dnn);
	dnnl_stream_destroy(dnn->stream);
	dnnl_engine_destroy(dnn->engine);
	g_free(dnn);
}

gsize
dnn_scratch_size(const Dnn *dnn)
{
	return dnn->scratch_wanted;
}

gboolean
dnn_reserve_scratch(Dnn *dnn, GError **error)
{
	if (dnn->scratch_wanted <= dnn->scratch_size)
		return TRUE;
	dnn_release_scratch(dnn);
	dnn->scratch = kw_alloc(dnn->scratch_wanted, 1,
				"the scratch memory of oneDNN", error);
	if (dnn->scratch == NULL)
		return FALSE;
	dnn->scratch_size = dnn->scratch_wanted;
	return TRUE;
}

void
dnn_release_scratch(Dnn *dnn)
{
	g_clear_pointer(&dnn->scratch, kw_free);
	dnn->scratch_size = 0;
}

/* ---- layouts */

static DnnLayout *
layout_new(DnnType type, int rank, const dnnl_dims_t dims,
	   dnnl_format_tag_t tag, GError **error)
{
	g_autoptr(DnnLayout) layout = g_new0(DnnLayout, 1);

	if (!dnn_check(MD_BY_TAG(&layout->md, rank, dims, dnn_data_type(type),
				 tag),
		       "describe a tensor", error))
		return NULL;
	return g_steal_pointer(&layout);
}

DnnLayout *
dnn_layout_hwio(int h, int w, int in, int out, GError **error)
{
	const dnnl_dims_t dims = { out, in, h, w };

	return layout_new(DNN_F32, 4, dims, dnnl_hwio, error);
}

DnnLayout *
dnn_layout_blocks(int h, int w, int in, int out, GError **error)
{
	const dnnl_dims_t dims = { out, in, h, w };

	return layout_new(DNN_F32, 4, dims, dnnl_OIhw16i16o, error);
}

DnnLayout *
dnn_layout_in_out(int in, int out, GError **error)
{
	const dnnl_dims_t dims = { out, in };

	return layout_new(DNN_F32, 2, dims, dnnl_io, error);
}

DnnLayout *
dnn_layout_nhwc(DnnType type, int n, int h, int w, int c, GError **error)
{
	const dnnl_dims_t dims = { n, c, h, w };

	return layout_new(type, 4, dims, dnnl_nhwc, error);
}

DnnLayout *
dnn_layout_clone(MdRef md, GError **error)
{
	g_autoptr(DnnLayout) layout = g_new0(DnnLayout, 1);

	if (!dnn_check(MD_CLONE(&layout->md, md), "describe a tensor", error))
		return NULL;
	return g_steal_pointer(&layout);
}

DnnLayout *
dnn_layout_copy(const DnnLayout *layout, GError **error)
{
	return dnn_layout_clone(REF(layout->md), error);
}

DnnType
dnn_layout_type(const DnnLayout *layout)
{
	return md_type(REF(layout->md)) == dnnl_bf16 ? DNN_BF16 : DNN_F32;
}

gsize
dnn_layout_bytes(const DnnLayout *layout)
{
	return dnnl_memory_desc_get_size(REF(layout->md));
}

gsize
dnn_layout_floats(const DnnLayout *layout)
{
	return dnn_layout_bytes(layout) / sizeof(float);
}

gboolean
dnn_layout_equal(const DnnLayout *a, const DnnLayout *b)
{
	return dnnl_memory_desc_equal(REF(a->md), REF(b->md)) != 0;
}

void
dnn_layout_free(DnnLayout *layout)
{
	if (layout == NULL)
		return;
	MD_FREE(&layout->md);
	g_free(layout);
}

/* ---- operations of any kind */

DnnLayout *
dnn_op_layout(const DnnOp *op, DnnArg arg, GError **error)
{
	return op->type->layout(op, arg, error);
}

gboolean
dnn_op_takes(const DnnOp *op, DnnArg arg)
{
	return (op->args & 1u << arg) != 0;
}

gsize
dnn_op_workspace(const DnnOp *op)
{
	return op->workspace;
}

void
dnn_op_bind(DnnOp *op, DnnArg arg, const void *data)
{
	g_assert(dnn_op_takes(op, arg));
	op->type->bind(op, arg, data);
}

gboolean
dnn_op_run(DnnOp *op, GError **error)
{
	/* It may be larger since the operation was made, and elsewhere. */
	return dnn_reserve_scratch(op->dnn, error) && op->type->run(op, error);
}

void
dnn_op_free(DnnOp *op)
{
	if (op != NULL)
		op->type->free(op);
}

gboolean
dnn_reorder(Dnn *dnn, const DnnLayout *to, void *dst, const DnnLayout *from,
	    const void *src, GError **error)
{
	g_autoptr(DnnOp) op = dnn_convert(dnn, to, from, error);

	if (op == NULL)
		return FALSE;
	dnn_op_bind(op, DNN_SRC, src);
	dnn_op_bind(op, DNN_DST, dst);
	return dnn_op_run(op, error);
}
