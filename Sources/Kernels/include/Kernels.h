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

// C = start + A·B, then `finish`: 0 nothing, 1 max(C, 0), 2 C². Strides are counted in floats.
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
  int finish;
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

// How many queries at a time `attention_backward` keeps weights of.
#define DIS_ATTENTION_QUERIES 32

// Causal attention of up to sixteen trials side by side, `lanes` of them.
//
// A feature of all steps is a row of steps·lanes floats, trials side by side. Queries, keys and
// values stand below each other, [3·heads·head_width, steps·lanes]; a head's features are
// neighbours. Step i attends to steps j ≤ i with weight softmax_j(scale·q_i·k_j).
//
// `bits`, where there is dropout, says for each weight which trials keep it, head by head, step by
// step, [heads, steps·(steps + 1)/2]; what is kept is multiplied by `kept_scale`.
typedef struct {
  ptrdiff_t steps, lanes, heads, head_width;
  float scale, kept_scale;
  const uint16_t *_Nullable bits;
} dis_attention;

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

  // Gumbel noise of location 0 and scale 1, -log(-log(1 - u)) with a uniform u of 24 bits; values
  // lie in -2.82…17.4.
  void (*gumbels)(const dis_random *random, ptrdiff_t count, ptrdiff_t lanes, float *values,
                  ptrdiff_t stride);

  // Logistic loss of `logits` against `targets` in [0, 1], each weighted by w, or by 1 where there
  // are no weights. Returns the sum of w·(log(1 + e^z) - y z); writes
  // gradient = scale·w·(sigmoid(z) - y). `gradient` may be `logits`.
  double (*cross_entropy)(ptrdiff_t count, const float *logits, const float *targets,
                          const float *_Nullable weights, float scale, float *gradient);

  // Squared error of the answers a = bound·tanh(z), or a = z where bound is 0. Returns the sum of
  // w·(a - y)²; writes gradient = 2·scale·w·(a - y)·da/dz. `gradient` may be `logits`.
  double (*squared_error)(ptrdiff_t count, float bound, const float *logits, const float *targets,
                          const float *_Nullable weights, float scale, float *gradient);

  void (*sigmoid)(ptrdiff_t count, const float *values, float *result);

  // One step of Adam. Moments below 1e-30 in magnitude become 0, since the denormal numbers of
  // units that fell silent would make every later step several times slower.
  void (*adam)(const dis_adam *constants, ptrdiff_t count, const float *gradient, float *first,
               float *second, float *parameters);

  // rates = keep·previous + leak·φ(drive) with φ = tanh or max(·, 0);
  // `activation` receives φ(drive), and may be `drive`.
  void (*leaky_step)(ptrdiff_t count, float keep, float leak, int is_tanh, const float *drive,
                     const float *previous, float *activation, float *rates);

  // current = leak·gradient·φ'(drive), with φ' read off the activation: a > 0, or 1 - a².
  void (*activation_backward)(ptrdiff_t count, float leak, int is_tanh, const float *gradient,
                              const float *activation, float *current);

  // One step of a long short-term memory of `rows` trials with `units` cells each.
  //   gates [rows, 4·units]: the drives of i, f, g, o go in, the gates themselves come out:
  //   i, f, o = sigmoid, g = tanh; then
  //   cells = f·previous + i·g,  squashed = tanh(cells),  states = o·squashed.
  // All but `gates` are [rows, units]. `cells` may be `previous`.
  void (*lstm_step)(ptrdiff_t rows, ptrdiff_t units, float *gates, const float *previous,
                    float *cells, float *squashed, float *states);

  // The way back through `lstm_step`: `gradient` is the loss's derivative by the states and
  // `cell_gradient` by the cells, as far as later steps go. Writes the derivative by the four drives
  // to gate_gradient [rows, 4·units], which may be `gates`, and by `previous` over cell_gradient.
  void (*lstm_step_backward)(ptrdiff_t rows, ptrdiff_t units, const float *gates,
                             const float *previous, const float *squashed, const float *gradient,
                             float *cell_gradient, float *gate_gradient);

  // One step of a gated recurrent unit of `rows` trials with `units` each.
  //   gates [rows, 4·units]: the drives of r and z, the recurrent part h of n's drive and the rest x
  //   of it go in; r = sigmoid, z = sigmoid, h and n = tanh(x + r·h) come out; then
  //   states = (1 - z)·n + z·previous.
  // `previous` and `states` are [rows, units].
  void (*gru_step)(ptrdiff_t rows, ptrdiff_t units, float *gates, const float *previous,
                   float *states);

  // The way back through `gru_step`: writes the derivative by the four parts to
  // gate_gradient [rows, 4·units], which may be `gates`, and over `gradient`, which is the
  // derivative by the states, what reaches `previous` past the gates.
  void (*gru_step_backward)(ptrdiff_t rows, ptrdiff_t units, const float *gates,
                            const float *previous, float *gradient, float *gate_gradient);

  // sums[i] += Σ_j matrix[i·row + j], in sixteen lanes.
  void (*row_sums)(ptrdiff_t rows, ptrdiff_t columns, const float *matrix, ptrdiff_t row,
                   float *sums);

  // output = (input - mean)/√(variance + ε)·gain + bias, row by row, [rows, columns].
  // `moments`, [rows, 2], receives each row's mean and 1/√(variance + ε).
  void (*layer_norm)(ptrdiff_t rows, ptrdiff_t columns, float epsilon, const float *input,
                     const float *gain, const float *bias, float *moments, float *output);

  // The way back: `gradient` is the loss's derivative by the output. Adds those by gain and bias to
  // what stands there; writes that by the input, or adds it if asked.
  void (*layer_norm_backward)(ptrdiff_t rows, ptrdiff_t columns, const float *input,
                              const float *gain, const float *moments, const float *gradient,
                              float *gain_gradient, float *bias_gradient, int adds,
                              float *input_gradient);

  // values = x/2·(1 + tanh(√(2/π)·(x + 0.044715 x³))) of the drives x, which are replaced by the
  // function's slopes.
  void (*gelu)(ptrdiff_t count, float *drive, float *values);

  // gradient *= slopes.
  void (*gelu_backward)(ptrdiff_t count, const float *slopes, float *gradient);

  // Sixteen fates a word, the first the lowest bit: 1 is kept, with probability
  // 1 - threshold / 2^16. Word n of `count` takes half n mod 8 (the lower half of a word first) of
  // block n / 8 of sixteen lanes.
  void (*dropout_bits)(const dis_random *random, uint32_t threshold, ptrdiff_t count,
                       uint16_t *bits);

  // result = start + scale·values where the bit is 1, start elsewhere. No start means zeros, no bits
  // that all are 1. `result` may be any of the two.
  void (*dropout)(ptrdiff_t count, const uint16_t *_Nullable bits, float scale,
                  const float *_Nullable start, const float *values, float *result);

  // output, [heads·head_width, steps·lanes], is Σ_j weight_ij v_j. `softmax`,
  // [heads, steps, 2, 16], receives each query's largest score and the inverse of its sum.
  // `scratch` has room for steps·16 floats.
  void (*attention)(const dis_attention *attention, const float *qkv, float *scratch,
                    float *softmax, float *output);

  // The way back: from the derivative by the output to qkv_gradient, of the shape of qkv. The
  // weights are computed again, bit by bit, so that memory grows with steps and not their square.
  // `scratch` has room for 2·DIS_ATTENTION_QUERIES·steps·16 floats.
  void (*attention_backward)(const dis_attention *attention, const float *qkv,
                             const float *softmax, const float *gradient, float *scratch,
                             float *qkv_gradient);

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
