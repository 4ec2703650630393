/*
 * Instruction sets: our own kernels exist in several versions.  The best one
 * that this CPU has is chosen when it is first needed.  Those of images give the
 * same bytes; those of convolutions round otherwise.
 *
 * KW_CPU in the environment names the best one allowed, "generic", "avx2",
 * "avx512" or "avx512_bf16": to see that they agree, or to measure them.
 */
#ifndef KW_CPU_H
#define KW_CPU_H

#include <glib.h>

/* Each has all that is before it. */
typedef enum {
	KW_CPU_GENERIC, /* plain C */
	KW_CPU_AVX2,
	KW_CPU_AVX512, /* F, BW, DQ and VL: every server since 2017 */
	KW_CPU_AVX512_BF16,
} KwCpu;

/* "generic", "avx2", "avx512", "avx512_bf16", NULL */
extern const char *const kw_cpu_names[];

/* The best that this CPU and $KW_CPU allow; always the same.  Any thread. */
KwCpu kw_cpu(void);

/* The best that this CPU has, whatever $KW_CPU says.  Any thread. */
KwCpu kw_cpu_best(void);

/* KW_ERROR_USAGE when $KW_CPU is set to something that is no name. */
gboolean kw_cpu_check(GError **error);

#endif
