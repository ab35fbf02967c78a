// LAPACKE's C interface and OpenBLAS's own switch for its threads.

#ifndef DISENTANGLE_CLAPACK_H
#define DISENTANGLE_CLAPACK_H

#include <lapacke.h>
#include <cblas.h>

#endif
