// AVX2 with fused multiply-add: a block is two of sixteen registers, so tiles are 6 × 1.

#if defined(__x86_64__)
#include <immintrin.h>
#include "Kernels.h"

#define KERNEL_NAME "x86-64-v3"
#define KERNEL_TABLE dis_kernels_x86_64_v3
#define ROW_TILE 6
#define BLOCK_TILE 1
#define FUSED 1
#define MASKED_AVX2 1

#pragma clang attribute push(__attribute__((target("avx2,fma,bmi2"))), apply_to = function)
#include "template.h"
#pragma clang attribute pop
#endif
