/*
 * The kernel of lib/warp_avx512.c on machines that do not have AVX-512.
 */
#ifndef TESTS_WARP_EMULATED_H
#define TESTS_WARP_EMULATED_H

#include "lib/warp_kernel.h"

#ifdef __x86_64__
extern const KwWarpKernel kw_warp_emulated_avx512;
#endif

#endif
