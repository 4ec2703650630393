/*
 * The kernel of train/winograd_avx512.c on machines that do not have AVX-512.
 */
#ifndef TESTS_WINOGRAD_EMULATED_H
#define TESTS_WINOGRAD_EMULATED_H

#include "train/winograd_kernel.h"

#ifdef __x86_64__
extern const WinogradKernel winograd_emulated_avx512;
#endif

#endif
