/*
 * winograd_emulated_avx512: the AVX-512 kernel, with the few instructions that
 * it takes made of plain C.
 */
#ifdef __x86_64__

#include "tests/support/winograd_emulated.h"

#include "tests/support/winograd_emulated_vec.h"

#define winograd_avx512 winograd_emulated_avx512
#include "train/winograd_avx512.c"

#else
typedef int not_for_this_cpu;
#endif
