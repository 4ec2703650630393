/*
 * The kernels of train/winograd_avx512.c and winograd_avx512_bf16.c on machines
 * that do not have the instructions.
 */
#ifndef TESTS_WINOGRAD_EMULATED_H
#define TESTS_WINOGRAD_EMULATED_H

#include "train/winograd_kernel.h"

#ifdef __x86_64__
extern const WinogradKernel winograd_emulated_avx512;
extern const WinogradKernel winograd_emulated_avx512_bf16;
#endif

#endif
