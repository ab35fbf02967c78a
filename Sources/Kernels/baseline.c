// Any processor. Without fused arithmetic the bits differ from the other kernels'.

#include "Kernels.h"

#define KERNEL_NAME "baseline"
#define KERNEL_TABLE dis_kernels_baseline
#define ROW_TILE 2
#define BLOCK_TILE 1
#define FUSED 0
#include "template.h"
