/*
 * For dnn*.c alone: the library itself.  No other file of the tools includes
 * dnnl.h; tests/bench/bare.c does, by way of this.
 */
#ifndef KW_TRAIN_DNN_INTERNAL_H
#define KW_TRAIN_DNN_INTERNAL_H

#include <dnnl.h>

#include "train/dnn.h"

/*
 * How a tensor is cut into blocks: its sizes, the strides of blocks along each
 * axis, and within a block, from the outermost on, how many of which axis.
 */
typedef struct {
	int rank;
	dnnl_dim_t dims[DNNL_MAX_NDIMS], strides[DNNL_MAX_NDIMS];
	int n;
	dnnl_dim_t blocks[DNNL_MAX_NDIMS], axes[DNNL_MAX_NDIMS];
} MdBlocking;

/* ---- what differs between oneDNN 2 and 3 */

#if DNNL_VERSION_MAJOR >= 3

typedef dnnl_memory_desc_t Md;          /* a handle that we own */
typedef const_dnnl_memory_desc_t MdRef; /* borrowed */
#define REF(md)            (md)
#define MD_BY_TAG          dnnl_memory_desc_create_with_tag
#define MD_CLONE(md, from) dnnl_memory_desc_clone(md, from)
#define MD_FREE(md)        dnnl_memory_desc_destroy(*(md))
#define POST_OP_SCALE
#define DILATION none,

static inline dnnl_data_type_t
md_type(MdRef md)
{
	dnnl_data_type_t type = dnnl_data_type_undef;

	dnnl_memory_desc_query(md, dnnl_query_data_type, &type);
	return type;
}

static inline MdBlocking
md_blocking(MdRef md)
{
	MdBlocking b = { 0 };
	dnnl_dims_t *dims = NULL, *strides = NULL, *blocks = NULL, *axes = NULL;

	dnnl_memory_desc_query(md, dnnl_query_ndims_s32, &b.rank);
	dnnl_memory_desc_query(md, dnnl_query_dims, &dims);
	dnnl_memory_desc_query(md, dnnl_query_strides, &strides);
	dnnl_memory_desc_query(md, dnnl_query_inner_nblks_s32, &b.n);
	dnnl_memory_desc_query(md, dnnl_query_inner_blks, &blocks);
	dnnl_memory_desc_query(md, dnnl_query_inner_idxs, &axes);
	for (int i = 0; i < b.rank; i++) {
		b.dims[i] = (*dims)[i];
		b.strides[i] = (*strides)[i];
	}
	for (int i = 0; i < b.n; i++) {
		b.blocks[i] = (*blocks)[i];
		b.axes[i] = (*axes)[i];
	}
	return b;
}

/* A primitive descriptor of an operation in one call. */
#define PD_FORWARD(kind, pd, dnn, attr, ...)                                   \
	dnnl_##kind##_forward_primitive_desc_create(pd, (dnn)->engine,         \
						    __VA_ARGS__, attr)
#define PD_BACKWARD(kind, pass, pd, dnn, hint, attr, ...)                      \
	dnnl_##kind##_##pass##_primitive_desc_create(pd, (dnn)->engine,        \
						     __VA_ARGS__, hint, attr)

#else

typedef dnnl_memory_desc_t Md; /* a plain struct */
typedef const dnnl_memory_desc_t *MdRef;
#define REF(md)            (&(md))
#define MD_BY_TAG          dnnl_memory_desc_init_by_tag
#define MD_CLONE(md, from) (*(md) = *(from), dnnl_success)
#define MD_FREE(md)        ((void)(md))
#define POST_OP_SCALE      1,
#define DILATION

static inline dnnl_data_type_t
md_type(MdRef md)
{
	return md->data_type;
}

static inline MdBlocking
md_blocking(MdRef md)
{
	const dnnl_blocking_desc_t *from = &md->format_desc.blocking;
	MdBlocking b = { .rank = md->ndims, .n = from->inner_nblks };

	for (int i = 0; i < md->ndims; i++) {
		b.dims[i] = md->dims[i];
		b.strides[i] = from->strides[i];
	}
	for (int i = 0; i < b.n; i++) {
		b.blocks[i] = from->inner_blks[i];
		b.axes[i] = from->inner_idxs[i];
	}
	return b;
}

/* An operation descriptor first, and a primitive descriptor from it. */
#define PD_FORWARD(kind, pd, dnn, attr, ...)                                   \
	PD_BACKWARD(kind, forward, pd, dnn, NULL, attr, __VA_ARGS__)
#define PD_BACKWARD(kind, pass, pd, dnn, hint, attr, ...)                      \
	({                                                                     \
		dnnl_##kind##_desc_t desc_;                                    \
		dnnl_status_t status_ =                                        \
			dnnl_##kind##_##pass##_desc_init(&desc_, __VA_ARGS__); \
		status_ != dnnl_success                                        \
			? status_                                              \
			: dnnl_primitive_desc_create(pd, &desc_, attr,         \
						     (dnn)->engine, hint);     \
	})

#endif

/* ---- handles */

typedef dnnl_primitive_desc_t Pd;
static inline void
pd_free(Pd pd)
{
	dnnl_primitive_desc_destroy(pd);
}
G_DEFINE_AUTO_CLEANUP_FREE_FUNC(Pd, pd_free, NULL)

typedef dnnl_primitive_attr_t Attr;
static inline void
attr_free(Attr attr)
{
	dnnl_primitive_attr_destroy(attr);
}
G_DEFINE_AUTO_CLEANUP_FREE_FUNC(Attr, attr_free, NULL)

struct Dnn {
	dnnl_engine_t engine;
	dnnl_stream_t stream;
	void *scratch; /* shared: operations run one after the other */
	gsize scratch_size, scratch_wanted;
	dnnl_format_tag_t blocked; /* DNN_BLOCKED, on this CPU */
	int threads;
};

struct DnnLayout {
	Md md;
};

/* What an operation is made of. */
typedef struct {
	/* NULL, and an error, when memory is gone */
	DnnLayout *(*layout)(const DnnOp *op, DnnArg arg, GError **error);
	void (*bind)(DnnOp *op, DnnArg arg, const void *data);
	gboolean (*run)(DnnOp *op, GError **error);
	void (*free)(DnnOp *op);
} DnnOpType;

/* The head of each kind's own struct. */
struct DnnOp {
	const DnnOpType *type;
	Dnn *dnn;
	guint args;      /* a set of ARG() */
	gsize workspace; /* in bytes */
};

/* TRUE for success; else FALSE with an error, "oneDNN cannot WHAT: ...". */
gboolean dnn_check(dnnl_status_t status, const char *what, GError **error);

/* A layout from oneDNN's description. */
DnnLayout *dnn_layout_clone(MdRef md, GError **error);

/* Bits of a set of arguments. */
#define ARG(name) (1u << DNN_##name)

/* oneDNN's operation from its descriptor, which it takes, and a set of
 * arguments. */
DnnOp *dnn_primitive_new(Dnn *dnn, Pd *pd, guint args, const char *what,
			 GError **error);

/* The name of the kernel that oneDNN chose for one of its operations. */
const char *dnn_primitive_kernel(const DnnOp *op);

/* A pass by our own kernels: of dnn_conv(). */
DnnOp *dnn_winograd(Dnn *dnn, const DnnMode *mode, const DnnConvShape *shape,
		    DnnPass pass, gboolean relu, GError **error);

/* Of dnn_dense(), the gradient of the weights: `like`, which it takes, or where
 * that is faster our own in its stead.  NULL, and an error, when memory is
 * gone. */
DnnOp *dnn_outer(Dnn *dnn, const DnnMode *mode, const DnnDenseShape *shape,
		 DnnOp *like, GError **error);

/* Scratch memory is ours, and an optional ReLU follows. */
dnnl_status_t dnn_attr_new(Attr *attr, gboolean relu);

static inline dnnl_data_type_t
dnn_data_type(DnnType type)
{
	return type == DNN_BF16 ? dnnl_bf16 : dnnl_f32;
}

#endif
