/*
 * kw_warp_emulated_avx512: the AVX-512 kernel, made of plain C.
 */
#ifdef __x86_64__

#include "tests/support/warp_emulated.h"

#include "tests/support/avx512_emulated.h"

#define kw_warp_avx512 kw_warp_emulated_avx512
#include "lib/warp_avx512.c"

#else
typedef int not_for_this_cpu;
#endif
