// AVX-512: a block is one register, and 6 × 4 sums leave eight registers for the operands.

#if defined(__x86_64__)
#include <immintrin.h>
#include "Kernels.h"

#define KERNEL_NAME "x86-64-v4"
#define KERNEL_TABLE dis_kernels_x86_64_v4
#define ROW_TILE 6
#define BLOCK_TILE 4
#define FUSED 1
#define MASKED_AVX512 1

// The width has to be asked for: compilers otherwise prefer 256 bits and lose a third.
#pragma clang attribute push(                                                                 \
    __attribute__((target("avx2,fma,bmi2,avx512f,avx512bw,avx512dq,avx512vl"), min_vector_width(512))), \
    apply_to = function)
#include "template.h"
#pragma clang attribute pop
#endif
