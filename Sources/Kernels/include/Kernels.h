// The hot loops of Disentangle: one source (template.h), built once for each instruction set and
// chosen at run time, without unsafe build flags.
//
// Every loop keeps its order of additions the same at any vector width: a product's element is one
// chain of fused multiply-adds over the depth in order, and sums run in sixteen fixed lanes. So the
// x86-64-v3 and x86-64-v4 kernels give the same bits. The baseline kernel has no fused arithmetic
// and gives others.
//
// Only freestanding headers are used, so that the kernels compile for any target without a system.

#ifndef DISENTANGLE_KERNELS_H
#define DISENTANGLE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// C = start + A·B, then max(C, 0) if asked. Strides are counted in floats.
//
// A is rows × depth with any two strides (so a transposed A costs nothing), B is depth × columns
// with its columns side by side, C is rows × columns with its columns side by side. `start` is
// read at start[i·start_row + j·start_column], start_column being 0 or 1; a null start means zeros.
// `start` may be C itself; A and B must not overlap C.
typedef struct {
  ptrdiff_t rows, columns, depth;
  const float *a;
  ptrdiff_t a_row, a_depth;
  const float *b;
  ptrdiff_t b_depth;
  const float *_Nullable start;
  ptrdiff_t start_row, start_column;
  float *c;
  ptrdiff_t c_row;
  int rectify;
} dis_product;

// Where random numbers come from: Philox4x32-10 with
//   key     = the two halves of `seed`
//   counter = (block, step low, purpose | step high << 16, lane).
// Value n of a lane is word n mod 4 of block n / 4.
typedef struct {
  uint64_t seed;
  uint64_t step;  // below 2^48
  uint32_t purpose;  // below 2^16
  uint32_t first_lane;
} dis_random;

typedef struct {
  // The constants of step `t` of Adam, bias corrections included:
  //   m ← β₁m + (1-β₁)g,  v ← β₂v + (1-β₂)g²,
  //   p ← p - rate·m / (√v·inverse_root_correction + ε),  rate = η / (1-β₁ᵗ).
  float first_decay, second_decay, first_gain, second_gain;
  float rate, inverse_root_correction, epsilon;
} dis_adam;

typedef struct {
  const char *name;

  void (*product)(const dis_product *product);

  // target[j·target_row + i] = source[i·source_row + j] for i < rows, j < columns; added to what
  // stands there if asked.
  void (*transpose)(ptrdiff_t rows, ptrdiff_t columns, const float *source, ptrdiff_t source_row,
                    float *target, ptrdiff_t target_row, int adds);

  // sums[j] += Σ_i matrix[i·row + j], the rows in order.
  void (*column_sums)(ptrdiff_t rows, ptrdiff_t columns, const float *matrix, ptrdiff_t row,
                      float *sums);

  // values[n·stride + l] for n < count, l < lanes: uniform in [0, 1), 24 bits each.
  void (*uniforms)(const dis_random *random, ptrdiff_t count, ptrdiff_t lanes, float *values,
                   ptrdiff_t stride);

  // The same with standard normals: words 2k and 2k + 1 of a lane give values 2k and 2k + 1 by
  // Box and Muller's rule. The largest magnitude is √(48 ln 2) = 5.77.
  void (*normals)(const dis_random *random, ptrdiff_t count, ptrdiff_t lanes, float *values,
                  ptrdiff_t stride);

  // Logistic loss of `logits` against `targets` in [0, 1]. Returns the sum of
  // log(1 + e^z) - y z; writes gradient = scale·(sigmoid(z) - y). `gradient` may be `logits`.
  double (*cross_entropy)(ptrdiff_t count, const float *logits, const float *targets, float scale,
                          float *gradient);

  void (*sigmoid)(ptrdiff_t count, const float *values, float *result);

  // One step of Adam. Moments below 1e-30 in magnitude become 0, since the denormal numbers of
  // units that fell silent would make every later step several times slower.
  void (*adam)(const dis_adam *constants, ptrdiff_t count, const float *gradient, float *first,
               float *second, float *parameters);

  // rates = (1 - leak)·previous + leak·φ(drive) with φ = tanh or max(·, 0);
  // `activation` receives φ(drive), and may be `drive`.
  void (*leaky_step)(ptrdiff_t count, float leak, int is_tanh, const float *drive,
                     const float *previous, float *activation, float *rates);

  // current = leak·gradient·φ'(drive), with φ' read off the activation: a > 0, or 1 - a².
  void (*activation_backward)(ptrdiff_t count, float leak, int is_tanh, const float *gradient,
                              const float *activation, float *current);

  // Runs `rounds` dependent rounds of independent multiply-adds in registers and returns the
  // number of floating-point operations done: what the core can do at most.
  double (*peak)(ptrdiff_t rounds, float *sink);
} dis_kernels;

// The kernels by name ("x86-64-v4", "x86-64-v3", "baseline", "arm64"), or null where this build or
// this processor lacks them.
const dis_kernels *_Nullable dis_kernels_named(const char *name);

// The fastest that this processor runs.
const dis_kernels *dis_kernels_best(void);

// One block of Philox4x32-10, for single draws and for known answers.
void dis_philox(const uint32_t counter[_Nonnull 4], const uint32_t key[_Nonnull 2],
                uint32_t words[_Nonnull 4]);

#pragma clang assume_nonnull end

#endif
