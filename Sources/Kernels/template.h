// The loops themselves, written once. A file for each instruction set defines
//   KERNEL_NAME, KERNEL_TABLE   the name that users see and the table's symbol,
//   ROW_TILE, BLOCK_TILE        how many rows × blocks of sums fit the registers,
//   FUSED                       whether a·b + c is rounded once,
//   MASKED_AVX512, MASKED_AVX2  which instructions load part of a block, if any,
// and includes this text. A `block` is sixteen floats at any vector width: the compiler maps it on
// one, two or four registers, and the arithmetic does not notice.

#pragma STDC FP_CONTRACT OFF
// Blocks never cross a real call: everything here is inlined into functions that take pointers.
#pragma clang diagnostic ignored "-Wpsabi"

#define LANES 16
#define INLINE static inline __attribute__((always_inline))

typedef float block __attribute__((vector_size(64)));
typedef float unaligned_block __attribute__((vector_size(64), aligned(4)));
typedef int32_t mask_block __attribute__((vector_size(64)));
typedef uint32_t word_block __attribute__((vector_size(64)));
typedef uint64_t wide_block __attribute__((vector_size(128)));
typedef double double_block __attribute__((vector_size(128)));
typedef float half_block __attribute__((vector_size(32)));

INLINE block all(float x) {
  // Written out, since `zero + x` is an addition that the compiler must keep (it turns -0 into 0).
  return (block){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x};
}
INLINE block load(const float *from) { return *(const unaligned_block *)from; }
INLINE void store(float *to, block value) { *(unaligned_block *)to = value; }

INLINE block multiply_add(block a, block b, block c) {
#if FUSED
  return __builtin_elementwise_fma(a, b, c);
#else
  return a * b + c;
#endif
}

INLINE half_block multiply_add_half(half_block a, half_block b, half_block c) {
#if FUSED
  return __builtin_elementwise_fma(a, b, c);
#else
  return a * b + c;
#endif
}

INLINE half_block lower_half(block x) {
  return __builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7);
}
INLINE block with_zeros(half_block x) {
  const half_block zeros = {0};
  return __builtin_shufflevector(x, zeros, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

INLINE block choose(mask_block condition, block yes, block no) {
  return (block)((condition & (mask_block)yes) | (~condition & (mask_block)no));
}

// `x <= 0 ? 0 : x` turns -0 into 0 and lets NaN pass: a network whose weights broke must not look
// like a silent one, whose loss is finite.
INLINE block rectified(block x) { return choose(x <= all(0), all(0), x); }

// The first `count` of sixteen floats; the rest are zero.
INLINE block load_part(const float *from, ptrdiff_t count) {
#if MASKED_AVX512
  return _mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), from);
#elif MASKED_AVX2
  static const int32_t ones_then_zeros[32] = {-1, -1, -1, -1, -1, -1, -1, -1,
                                              -1, -1, -1, -1, -1, -1, -1, -1};
  const int32_t *mask = ones_then_zeros + 16 - count;
  __m256 low = _mm256_maskload_ps(from, _mm256_loadu_si256((const __m256i *)mask));
  __m256 high = _mm256_maskload_ps(from + 8, _mm256_loadu_si256((const __m256i *)(mask + 8)));
  return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
#else
  float part[LANES] = {0};
  for (ptrdiff_t i = 0; i < count; i++) part[i] = from[i];
  return load(part);
#endif
}

INLINE void store_part(float *to, block value, ptrdiff_t count) {
#if MASKED_AVX512
  _mm512_mask_storeu_ps(to, (__mmask16)((1u << count) - 1), (__m512)value);
#else
  float part[LANES];
  store(part, value);
  for (ptrdiff_t i = 0; i < count; i++) to[i] = part[i];
#endif
}

// Calls BODY(from, count) for each block of `total` values; the last may be short.
#define FOR_BLOCKS(total, index, width)                                            \
  for (ptrdiff_t index = 0, width = (total) < LANES ? (total) : LANES; index < (total); \
       index += LANES, width = (total) - index < LANES ? (total) - index : LANES)

INLINE block load_width(const float *from, ptrdiff_t width) {
  return width == LANES ? load(from) : load_part(from, width);
}
INLINE void store_width(float *to, block value, ptrdiff_t width) {
  if (width == LANES) store(to, value); else store_part(to, value, width);
}

// MARK: Products

// How much of a tile's last block there is. Up to eight columns are half a block, which costs half
// the time wherever a block is more than one register, or is computed as two halves.
enum { WHOLE, PART, HALF };

// One tile: `rows` × `blocks` sums stay in registers while the depth passes by. The counts are
// constants at each place of use, so that the loops over them unroll completely.
INLINE void tile(const int rows, const int blocks, const int last_block, const dis_product *p,
                 ptrdiff_t row, ptrdiff_t column, ptrdiff_t width, const float *b,
                 ptrdiff_t b_depth, ptrdiff_t first, ptrdiff_t last, const float *ahead) {
  const int full = blocks - (last_block != WHOLE);
  block sum[ROW_TILE][BLOCK_TILE];
  half_block half_sum[ROW_TILE];
  const float *a = p->a + row * p->a_row;
  float *c = p->c + row * p->c_row + column;

#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) {
#pragma clang loop unroll(full)
    for (int j = 0; j < blocks; j++) {
      block value;
      const float *from = c + i * p->c_row + j * LANES;
      if (first == 0 && p->start) from = p->start + (row + i) * p->start_row + column + j * LANES;
      if (first == 0 && !p->start) {
        value = all(0);
      } else if (first == 0 && p->start_column == 0) {
        value = all(p->start[(row + i) * p->start_row]);
      } else {
        value = j < full ? load(from) : load_part(from, width);
      }
      sum[i][j] = value;
    }
    if (last_block == HALF) half_sum[i] = lower_half(sum[i][blocks - 1]);
  }

  const ptrdiff_t a_row = p->a_row, a_depth = p->a_depth;
  for (ptrdiff_t k = first; k < last; k++) {
    const float *b_here = b + (k - first) * b_depth;
    block right[BLOCK_TILE];
    if (ahead) {
#pragma clang loop unroll(full)
      for (int j = 0; j < blocks; j++) {
        __builtin_prefetch(ahead + (k - first) * p->b_depth + j * LANES, 0, 2);
      }
    }
#pragma clang loop unroll(full)
    for (int j = 0; j < blocks; j++) {
      right[j] = j < full ? load(b_here + j * LANES) : load_part(b_here + j * LANES, width);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      block left = all(a[i * a_row + k * a_depth]);
#if MASKED_AVX512
      // Keeps the compiler from filling the two halves of the register by two instructions.
      if (last_block == HALF && full > 0) __asm__("" : "+v"(left));
#endif
#pragma clang loop unroll(full)
      for (int j = 0; j < full + (last_block == PART); j++) {
        sum[i][j] = multiply_add(left, right[j], sum[i][j]);
      }
      if (last_block == HALF) {
        half_sum[i] =
            multiply_add_half(lower_half(left), lower_half(right[blocks - 1]), half_sum[i]);
      }
    }
  }

  const int finish = last == p->depth ? p->finish : 0;
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) {
    if (last_block == HALF) sum[i][blocks - 1] = with_zeros(half_sum[i]);
#pragma clang loop unroll(full)
    for (int j = 0; j < blocks; j++) {
      block value = finish == 0   ? sum[i][j]
                    : finish == 1 ? rectified(sum[i][j])
                                  : sum[i][j] * sum[i][j];
      float *to = c + i * p->c_row + j * LANES;
      if (j < full) store(to, value); else store_part(to, value, width);
    }
  }
}

#define TILE_ARGUMENTS                                                                    \
  const dis_product *p, ptrdiff_t row, ptrdiff_t column, ptrdiff_t width, const float *b, \
      ptrdiff_t b_depth, ptrdiff_t first, ptrdiff_t last, const float *ahead
#define TILE(rows, blocks, last_block)                                                     \
  static void tile_##rows##_##blocks##_##last_block(TILE_ARGUMENTS) {                      \
    tile(rows, blocks, last_block, p, row, column, width, b, b_depth, first, last, ahead); \
  }
#define TILES(rows, blocks) \
  TILE(rows, blocks, WHOLE) TILE(rows, blocks, PART) TILE(rows, blocks, HALF)
#define TILE_ENDS(rows, blocks) \
  {tile_##rows##_##blocks##_WHOLE, tile_##rows##_##blocks##_PART, tile_##rows##_##blocks##_HALF}

typedef void (*tile_function)(TILE_ARGUMENTS);

#if ROW_TILE == 6 && BLOCK_TILE == 4
#define TILE_COLUMN(blocks) TILES(1, blocks) TILES(2, blocks) TILES(3, blocks) \
  TILES(4, blocks) TILES(5, blocks) TILES(6, blocks)
TILE_COLUMN(1) TILE_COLUMN(2) TILE_COLUMN(3) TILE_COLUMN(4)
#define TILE_ROW(rows) \
  {TILE_ENDS(rows, 1), TILE_ENDS(rows, 2), TILE_ENDS(rows, 3), TILE_ENDS(rows, 4)}
static const tile_function tiles[ROW_TILE][BLOCK_TILE][3] = {
    TILE_ROW(1), TILE_ROW(2), TILE_ROW(3), TILE_ROW(4), TILE_ROW(5), TILE_ROW(6)};
#elif ROW_TILE == 6 && BLOCK_TILE == 1
TILES(1, 1) TILES(2, 1) TILES(3, 1) TILES(4, 1) TILES(5, 1) TILES(6, 1)
static const tile_function tiles[ROW_TILE][BLOCK_TILE][3] = {
    {TILE_ENDS(1, 1)}, {TILE_ENDS(2, 1)}, {TILE_ENDS(3, 1)},
    {TILE_ENDS(4, 1)}, {TILE_ENDS(5, 1)}, {TILE_ENDS(6, 1)}};
#elif ROW_TILE == 2 && BLOCK_TILE == 1
TILES(1, 1) TILES(2, 1)
static const tile_function tiles[ROW_TILE][BLOCK_TILE][3] = {{TILE_ENDS(1, 1)}, {TILE_ENDS(2, 1)}};
#endif

// So much depth at a time keeps a panel of B in the first-level cache. The sums go back to C in
// between, which changes no bit: a stored float is the float that was in the register.
#define DEPTH_BLOCK 128
#define PANEL (BLOCK_TILE * LANES)

static void product(const dis_product *p) {
  // Rows of B that lie far apart share few cache sets; a copy side by side pays where many tiles of
  // rows read it.
  const int is_wide = p->b_depth > 128;
  const int packs = is_wide && p->rows > 4 * ROW_TILE;
  float packed[DEPTH_BLOCK * PANEL] __attribute__((aligned(64)));

  for (ptrdiff_t column = 0; column < p->columns; column += PANEL) {
    const ptrdiff_t left = p->columns - column < PANEL ? p->columns - column : PANEL;
    const ptrdiff_t blocks = (left + LANES - 1) / LANES;
    const ptrdiff_t width = left - (blocks - 1) * LANES;
    const int partial = width < LANES;
    const int last_block = !partial ? WHOLE : width > LANES / 2 ? PART : HALF;

    // At least once, so that a depth of 0 still writes `start`.
    for (ptrdiff_t first = 0; first == 0 || first < p->depth; first += DEPTH_BLOCK) {
      const ptrdiff_t last = p->depth - first < DEPTH_BLOCK ? p->depth : first + DEPTH_BLOCK;
      const float *b = p->b + first * p->b_depth + column;
      ptrdiff_t b_depth = p->b_depth;
      // No processor foresees the jump to the next piece of B, and few rows leave no time to wait
      // for it: the first tile asks for it while it computes.
      const float *ahead = NULL;
      if (is_wide && last + DEPTH_BLOCK <= p->depth) {
        ahead = b + DEPTH_BLOCK * p->b_depth;
      } else if (is_wide && column + 2 * PANEL <= p->columns) {
        ahead = p->b + column + PANEL;
      }
      if (packs) {
        for (ptrdiff_t k = first; k < last; k++) {
          const float *from = p->b + k * p->b_depth + column;
          float *to = packed + (k - first) * PANEL;
          for (ptrdiff_t j = 0; j < blocks - partial; j++) {
            store(to + j * LANES, load(from + j * LANES));
          }
          if (partial) {
            const ptrdiff_t at = (blocks - 1) * LANES;
            store(to + at, load_part(from + at, width));
          }
        }
        b = packed;
        b_depth = PANEL;
      }
      for (ptrdiff_t row = 0; row < p->rows; row += ROW_TILE) {
        const ptrdiff_t rows = p->rows - row < ROW_TILE ? p->rows - row : ROW_TILE;
        tiles[rows - 1][blocks - 1][last_block](p, row, column, width, b, b_depth, first, last,
                                                row == 0 ? ahead : NULL);
      }
    }
  }
}

// One square of sixteen by sixteen, or what an edge leaves of it. Four rounds interleave the first
// eight rows with the last eight; each moves one binary digit of a value's row to its column.
INLINE void transpose_square(const int whole, ptrdiff_t height, ptrdiff_t width,
                             const float *source, ptrdiff_t source_row, float *target,
                             ptrdiff_t target_row, int adds) {
  block part[LANES], mixed[LANES];
#pragma clang loop unroll(full)
  for (int i = 0; i < LANES; i++) {
    const float *from = source + i * source_row;
    part[i] = whole ? load(from) : i < height ? load_width(from, width) : all(0);
  }
#pragma clang loop unroll(full)
  for (int round = 0; round < 4; round++) {
#pragma clang loop unroll(full)
    for (int i = 0; i < LANES / 2; i++) {
      block a = part[i], b = part[i + LANES / 2];
      mixed[2 * i] = __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22,
                                             7, 23);
      mixed[2 * i + 1] = __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29,
                                                 14, 30, 15, 31);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < LANES; i++) part[i] = mixed[i];
  }
#pragma clang loop unroll(full)
  for (int j = 0; j < LANES; j++) {
    float *to = target + j * target_row;
    if (whole) {
      store(to, adds ? load(to) + part[j] : part[j]);
    } else if (j < width) {
      store_width(to, adds ? load_width(to, height) + part[j] : part[j], height);
    }
  }
}

static void transpose(ptrdiff_t rows, ptrdiff_t columns, const float *source, ptrdiff_t source_row,
                      float *target, ptrdiff_t target_row, int adds) {
  FOR_BLOCKS(rows, i, height) {
    FOR_BLOCKS(columns, j, width) {
      const float *from = source + i * source_row + j;
      float *to = target + j * target_row + i;
      if (height == LANES && width == LANES) {
        transpose_square(1, height, width, from, source_row, to, target_row, adds);
      } else {
        transpose_square(0, height, width, from, source_row, to, target_row, adds);
      }
    }
  }
}

static void column_sums(ptrdiff_t rows, ptrdiff_t columns, const float *matrix, ptrdiff_t row,
                        float *sums) {
  FOR_BLOCKS(columns, j, width) {
    block sum = load_width(sums + j, width);
    for (ptrdiff_t i = 0; i < rows; i++) sum += load_width(matrix + i * row + j, width);
    store_width(sums + j, sum, width);
  }
}

// MARK: Elementary functions
//
// Polynomials after S. L. Moshier's Cephes library (expf, logf, tanhf, sinf and cosf): the degree
// and the range reduction are his, arranged for sixteen lanes. Errors are below 2 ulp, the
// sigmoid's below 3, checked in KernelTests.

INLINE block exponential(block argument) {
  // e^x = 2^n·e^r with n = round(x / ln 2); beyond ±87 the result would not be a normal number.
  block x = __builtin_elementwise_max(__builtin_elementwise_min(argument, all(87.0f)), all(-87.0f));
  // Adding 1.5·2^23 rounds to an integer that then stands in the low bits.
  const block magic = all(12582912.0f);
  block rounded = multiply_add(x, all(1.44269504088896341f), magic);
  mask_block power = (mask_block)rounded - (mask_block)magic;
  block n = rounded - magic;
  block r = multiply_add(n, all(-0.693359375f), x);
  r = multiply_add(n, all(2.12194440e-4f), r);
  block sum = all(1.9875691500e-4f);
  sum = multiply_add(sum, r, all(1.3981999507e-3f));
  sum = multiply_add(sum, r, all(8.3334519073e-3f));
  sum = multiply_add(sum, r, all(4.1665795894e-2f));
  sum = multiply_add(sum, r, all(1.6666665459e-1f));
  sum = multiply_add(sum, r, all(5.0000001201e-1f));
  sum = multiply_add(sum, r * r, r) + all(1);
  block result = (block)((mask_block)sum + (power << 23));
  // The ends above swallow NaN; here it comes back.
  return choose(argument == argument, result, argument);
}

// The natural logarithm of positive, normal numbers.
INLINE block logarithm(block x) {
  mask_block bits = (mask_block)x;
  // x = m·2^n with √½ ≤ m < √2.
  mask_block shifted = bits - 0x3f3504f3;
  mask_block power = shifted >> 23;
  block m = (block)((shifted & 0x007fffff) + 0x3f3504f3) - all(1);
  block n = __builtin_convertvector(power, block);
  block sum = all(7.0376836292e-2f);
  sum = multiply_add(sum, m, all(-1.1514610310e-1f));
  sum = multiply_add(sum, m, all(1.1676998740e-1f));
  sum = multiply_add(sum, m, all(-1.2420140846e-1f));
  sum = multiply_add(sum, m, all(1.4249322787e-1f));
  sum = multiply_add(sum, m, all(-1.6668057665e-1f));
  sum = multiply_add(sum, m, all(2.0000714765e-1f));
  sum = multiply_add(sum, m, all(-2.4999993993e-1f));
  sum = multiply_add(sum, m, all(3.3333331174e-1f));
  block square = m * m;
  block result = m * square * sum;
  result = multiply_add(n, all(-2.12194440e-4f), result);
  result = multiply_add(square, all(-0.5f), result);
  result = result + m;
  return multiply_add(n, all(0.693359375f), result);
}

// log(1 + x) for 0 ≤ x ≤ 1, right to the last digits for small x too: a polynomial times x, which
// needs neither a division nor the exponent of 1 + x. The coefficients make the largest relative
// error over the range least, 5e-9 (least squares at Chebyshev nodes, reweighted to the minimax).
INLINE block logarithm_one_plus(block x) {
  block sum = all(-3.2440212e-3f);
  sum = multiply_add(sum, x, all(1.98514443e-2f));
  sum = multiply_add(sum, x, all(-5.69594987e-2f));
  sum = multiply_add(sum, x, all(1.06036514e-1f));
  sum = multiply_add(sum, x, all(-1.53055906e-1f));
  sum = multiply_add(sum, x, all(1.96759388e-1f));
  sum = multiply_add(sum, x, all(-2.49541342e-1f));
  sum = multiply_add(sum, x, all(3.33299637e-1f));
  sum = multiply_add(sum, x, all(-4.99999017e-1f));
  return multiply_add(x * x, sum, x);
}

INLINE block logistic(block z) {
  block magnitude = __builtin_elementwise_max(z, -z);
  block e = exponential(-magnitude);
  block near_one = all(1) / (all(1) + e);
  return choose(z < all(0), e * near_one, near_one);
}

INLINE block hyperbolic_tangent(block x) {
  block magnitude = __builtin_elementwise_max(x, -x);
  block square = x * x;
  block sum = all(-5.70498872745e-3f);
  sum = multiply_add(sum, square, all(2.06390887954e-2f));
  sum = multiply_add(sum, square, all(-5.37397155531e-2f));
  sum = multiply_add(sum, square, all(1.33314422036e-1f));
  sum = multiply_add(sum, square, all(-3.33332819422e-1f));
  block small = multiply_add(sum * square, x, x);
  block e = exponential(all(-2) * magnitude);
  block large = (all(1) - e) / (all(1) + e);
  large = choose(x < all(0), -large, large);
  return choose(magnitude < all(0.625f), small, large);
}

// sin and cos of 2πu for 0 ≤ u < 1.
INLINE void sine_cosine_of_turns(block u, block *sine, block *cosine) {
  const block magic = all(12582912.0f);
  block shifted = multiply_add(u, all(4), magic);
  mask_block quadrant = (mask_block)shifted - (mask_block)magic;
  block angle = (multiply_add(u, all(4), magic - shifted)) * all(1.57079632679489662f);
  block square = angle * angle;
  block s = all(-1.9515295891e-4f);
  s = multiply_add(s, square, all(8.3321608736e-3f));
  s = multiply_add(s, square, all(-1.6666654611e-1f));
  s = multiply_add(s * square, angle, angle);
  block c = all(2.443315711809948e-5f);
  c = multiply_add(c, square, all(-1.388731625493765e-3f));
  c = multiply_add(c, square, all(4.166664568298827e-2f));
  c = multiply_add(c * square, square, multiply_add(square, all(-0.5f), all(1)));
  mask_block odd = -(quadrant & 1);
  block raw_sine = choose(odd, c, s), raw_cosine = choose(odd, s, c);
  mask_block sine_sign = (quadrant & 2) << 30;
  mask_block cosine_sign = ((quadrant + 1) & 2) << 30;
  *sine = (block)((mask_block)raw_sine ^ sine_sign);
  *cosine = (block)((mask_block)raw_cosine ^ cosine_sign);
}

// MARK: Random numbers

INLINE void multiply_wide(word_block a, uint32_t b, word_block *high, word_block *low) {
  wide_block both = __builtin_convertvector(a, wide_block) * (uint64_t)b;
  *high = __builtin_convertvector(both >> 32, word_block);
  *low = a * b;
}

// Philox4x32-10 (Salmon, Moraes, Dror and Shaw, SC 2011) for sixteen neighbouring lanes.
INLINE void philox_lanes(const dis_random *random, uint32_t block_index, uint32_t lane,
                         word_block words[4]) {
  const word_block count = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  word_block c0 = (word_block){0} + block_index;
  word_block c1 = (word_block){0} + (uint32_t)random->step;
  word_block c2 =
      (word_block){0} + (random->purpose | (uint32_t)(random->step >> 32) << 16);
  word_block c3 = count + (random->first_lane + lane);
  uint32_t k0 = (uint32_t)random->seed, k1 = (uint32_t)(random->seed >> 32);
  for (int round = 0; round < 10; round++) {
    word_block high0, low0, high1, low1;
    multiply_wide(c0, 0xD2511F53u, &high0, &low0);
    multiply_wide(c2, 0xCD9E8D57u, &high1, &low1);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  words[0] = c0; words[1] = c1; words[2] = c2; words[3] = c3;
}

INLINE block unit_interval(word_block words) {
  return __builtin_convertvector((mask_block)(words >> 8), block) * all(0x1p-24f);
}

static void uniforms(const dis_random *random, ptrdiff_t count, ptrdiff_t lanes, float *values,
                     ptrdiff_t stride) {
  FOR_BLOCKS(lanes, lane, width) {
    for (ptrdiff_t n = 0; n < count; n += 4) {
      word_block words[4];
      philox_lanes(random, (uint32_t)(n / 4), (uint32_t)lane, words);
      for (ptrdiff_t w = 0; w < 4 && n + w < count; w++)
        store_width(values + (n + w) * stride + lane, unit_interval(words[w]), width);
    }
  }
}

static void normals(const dis_random *random, ptrdiff_t count, ptrdiff_t lanes, float *values,
                    ptrdiff_t stride) {
  FOR_BLOCKS(lanes, lane, width) {
    for (ptrdiff_t n = 0; n < count; n += 4) {
      word_block words[4];
      philox_lanes(random, (uint32_t)(n / 4), (uint32_t)lane, words);
      for (ptrdiff_t pair = 0; pair < 4 && n + pair < count; pair += 2) {
        // 1 - u lies in (0, 1]: its logarithm is finite.
        block radius = __builtin_elementwise_sqrt(
            all(-2) * logarithm(all(1) - unit_interval(words[pair])));
        block sine, cosine;
        sine_cosine_of_turns(unit_interval(words[pair + 1]), &sine, &cosine);
        store_width(values + (n + pair) * stride + lane, radius * cosine, width);
        if (n + pair + 1 < count)
          store_width(values + (n + pair + 1) * stride + lane, radius * sine, width);
      }
    }
  }
}

static void gumbels(const dis_random *random, ptrdiff_t count, ptrdiff_t lanes, float *values,
                    ptrdiff_t stride) {
  FOR_BLOCKS(lanes, lane, width) {
    for (ptrdiff_t n = 0; n < count; n += 4) {
      word_block words[4];
      philox_lanes(random, (uint32_t)(n / 4), (uint32_t)lane, words);
      for (ptrdiff_t w = 0; w < 4 && n + w < count; w++) {
        // An exponential variate; 0 stands for half of the smallest step.
        block exponential_variate = -logarithm(all(1) - unit_interval(words[w]));
        block positive = __builtin_elementwise_max(exponential_variate, all(0x1p-25f));
        store_width(values + (n + w) * stride + lane, -logarithm(positive), width);
      }
    }
  }
}

// MARK: Element by element

// The sum of sixteen lanes in double, those beyond `width` left out.
INLINE double_block counted(block values, ptrdiff_t width) {
  if (width < LANES) {
    float part[LANES] = {0};
    store_part(part, values, width);
    values = load(part);
  }
  return __builtin_convertvector(values, double_block);
}

INLINE double total_of(double_block lanes) {
  double sum = 0;
  for (int lane = 0; lane < LANES; lane++) sum += lanes[lane];
  return sum;
}

static double cross_entropy(ptrdiff_t count, const float *logits, const float *targets,
                            const float *weights, float scale, float *gradient) {
  double_block total = {0};
  FOR_BLOCKS(count, i, width) {
    block z = load_width(logits + i, width), y = load_width(targets + i, width);
    block magnitude = __builtin_elementwise_max(z, -z);
    block e = exponential(-magnitude);
    block near_one = all(1) / (all(1) + e);
    block probability = choose(z < all(0), e * near_one, near_one);
    // log(1 + e^z) - y z, without overflow.
    block loss = __builtin_elementwise_max(z, all(0)) - z * y + logarithm_one_plus(e);
    block slope = all(scale) * (probability - y);
    if (weights) {
      block w = load_width(weights + i, width);
      // What isn't asked for doesn't count, not even where an answer isn't finite.
      loss = choose(w == all(0), all(0), w * loss);
      slope = choose(w == all(0), all(0), w * slope);
    }
    total += counted(loss, width);
    store_width(gradient + i, slope, width);
  }
  return total_of(total);
}

static double squared_error(ptrdiff_t count, float bound, const float *logits,
                            const float *targets, const float *weights, float scale,
                            float *gradient) {
  double_block total = {0};
  FOR_BLOCKS(count, i, width) {
    block z = load_width(logits + i, width), y = load_width(targets + i, width);
    block t = bound > 0 ? hyperbolic_tangent(z) : z;
    block error = bound > 0 ? all(bound) * t - y : z - y;
    block derivative = bound > 0 ? all(bound) * (all(1) - t * t) : all(1);
    block loss = error * error;
    block slope = all(2 * scale) * error * derivative;
    if (weights) {
      block w = load_width(weights + i, width);
      loss = choose(w == all(0), all(0), w * loss);
      slope = choose(w == all(0), all(0), w * slope);
    }
    total += counted(loss, width);
    store_width(gradient + i, slope, width);
  }
  return total_of(total);
}

static void sigmoid(ptrdiff_t count, const float *values, float *result) {
  FOR_BLOCKS(count, i, width) {
    store_width(result + i, logistic(load_width(values + i, width)), width);
  }
}

static void adam(const dis_adam *constants, ptrdiff_t count, const float *gradient, float *first,
                 float *second, float *parameters) {
  const block tiny = all(1e-30f);
  FOR_BLOCKS(count, i, width) {
    block g = load_width(gradient + i, width);
    block m = load_width(first + i, width), v = load_width(second + i, width);
    block p = load_width(parameters + i, width);
    m = multiply_add(all(constants->first_decay), m, all(constants->first_gain) * g);
    v = multiply_add(all(constants->second_decay), v, all(constants->second_gain) * g * g);
    m = choose(__builtin_elementwise_max(m, -m) < tiny, all(0), m);
    v = choose(v < tiny, all(0), v);
    block root = __builtin_elementwise_sqrt(v) * all(constants->inverse_root_correction);
    p -= all(constants->rate) * m / (root + all(constants->epsilon));
    store_width(first + i, m, width);
    store_width(second + i, v, width);
    store_width(parameters + i, p, width);
  }
}

static void leaky_step(ptrdiff_t count, float keep, float leak, int is_tanh, const float *drive,
                       const float *previous, float *activation, float *rates) {
  FOR_BLOCKS(count, i, width) {
    block x = load_width(drive + i, width), r = load_width(previous + i, width);
    block phi = is_tanh ? hyperbolic_tangent(x) : rectified(x);
    store_width(activation + i, phi, width);
    store_width(rates + i, multiply_add(all(leak), phi, all(keep) * r), width);
  }
}

static void activation_backward(ptrdiff_t count, float leak, int is_tanh, const float *gradient,
                                const float *activation, float *current) {
  FOR_BLOCKS(count, i, width) {
    block g = all(leak) * load_width(gradient + i, width);
    block phi = load_width(activation + i, width);
    block through = is_tanh ? g * (all(1) - phi * phi) : choose(phi > all(0), g, all(0));
    store_width(current + i, through, width);
  }
}

#include "gates.h"
#include "transformer.h"

static double peak(ptrdiff_t rounds, float *sink) {
  block sum[ROW_TILE * BLOCK_TILE];
#pragma clang loop unroll(full)
  for (int i = 0; i < ROW_TILE * BLOCK_TILE; i++) sum[i] = all(sink[i % 4]);
  block factor = all(sink[4]), term = all(sink[5]);
  for (ptrdiff_t round = 0; round < rounds; round++) {
#pragma clang loop unroll(full)
    for (int i = 0; i < ROW_TILE * BLOCK_TILE; i++) sum[i] = multiply_add(sum[i], factor, term);
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < ROW_TILE * BLOCK_TILE; i++) sink[i % 4] += sum[i][0];
  return 2.0 * LANES * ROW_TILE * BLOCK_TILE * (double)rounds;
}

const dis_kernels KERNEL_TABLE = {
    .name = KERNEL_NAME,
    .product = product,
    .transpose = transpose,
    .column_sums = column_sums,
    .uniforms = uniforms,
    .normals = normals,
    .gumbels = gumbels,
    .cross_entropy = cross_entropy,
    .squared_error = squared_error,
    .sigmoid = sigmoid,
    .adam = adam,
    .leaky_step = leaky_step,
    .activation_backward = activation_backward,
    .lstm_step = lstm_step,
    .lstm_step_backward = lstm_step_backward,
    .gru_step = gru_step,
    .gru_step_backward = gru_step_backward,
    .row_sums = row_sums,
    .layer_norm = layer_norm,
    .layer_norm_backward = layer_norm_backward,
    .gelu = gelu,
    .gelu_backward = gelu_backward,
    .dropout_bits = dropout_bits,
    .dropout = dropout,
    .attention = attention,
    .attention_backward = attention_backward,
    .peak = peak,
};
