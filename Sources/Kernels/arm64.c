// Neon: a block is four of thirty-two registers, so 6 × 1 sums leave room for the operands.

#if defined(__aarch64__)
#include "Kernels.h"

#define KERNEL_NAME "arm64"
#define KERNEL_TABLE dis_kernels_arm64
#define ROW_TILE 6
#define BLOCK_TILE 1
#define FUSED 1
#include "template.h"
#endif
