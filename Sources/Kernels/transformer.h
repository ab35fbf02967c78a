// What stands between the products of a transformer's block: layer norm, GELU, attention, dropout.
// Included by template.h, whose blocks and elementary functions it uses. Each loop and its way back
// stand side by side.

// MARK: Sums over lanes

// The sixteen lanes in a fixed tree, so that no vector width changes the order.
INLINE float sum_of_lanes(block x) {
  x += __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
  x += __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
  x += __builtin_shufflevector(x, x, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
  x += __builtin_shufflevector(x, x, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
  return x[0];
}

static const mask_block lane_numbers = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

// The first `width` lanes; the rest are zero.
INLINE block first_lanes(block x, ptrdiff_t width) {
  return width == LANES ? x : choose(lane_numbers < (int32_t)width, x, all(0));
}

static void row_sums(ptrdiff_t rows, ptrdiff_t columns, const float *matrix, ptrdiff_t row,
                     float *sums) {
  for (ptrdiff_t i = 0; i < rows; i++) {
    block sum = all(0);
    FOR_BLOCKS(columns, j, width) sum += load_width(matrix + i * row + j, width);
    sums[i] += sum_of_lanes(sum);
  }
}

// MARK: Layer norm

static void layer_norm(ptrdiff_t rows, ptrdiff_t columns, float epsilon, const float *input,
                       const float *gain, const float *bias, float *moments, float *output) {
  const float share = 1.0f / (float)columns;
  for (ptrdiff_t row = 0; row < rows; row++) {
    const float *x = input + row * columns;
    block sum = all(0), squares = all(0);
    FOR_BLOCKS(columns, j, width) sum += load_width(x + j, width);
    const block mean = all(sum_of_lanes(sum) * share);
    FOR_BLOCKS(columns, j, width) {
      block centred = first_lanes(load_width(x + j, width) - mean, width);
      squares = multiply_add(centred, centred, squares);
    }
    block variance = all(sum_of_lanes(squares) * share);
    const block inverse = all(1) / __builtin_elementwise_sqrt(variance + all(epsilon));
    moments[2 * row] = mean[0];
    moments[2 * row + 1] = inverse[0];
    FOR_BLOCKS(columns, j, width) {
      block normal = (load_width(x + j, width) - mean) * inverse;
      block y = multiply_add(normal, load_width(gain + j, width), load_width(bias + j, width));
      store_width(output + row * columns + j, y, width);
    }
  }
}

static void layer_norm_backward(ptrdiff_t rows, ptrdiff_t columns, const float *input,
                                const float *gain, const float *moments, const float *gradient,
                                float *gain_gradient, float *bias_gradient, int adds,
                                float *input_gradient) {
  const float share = 1.0f / (float)columns;
  for (ptrdiff_t row = 0; row < rows; row++) {
    const float *x = input + row * columns, *d = gradient + row * columns;
    float *to = input_gradient + row * columns;
    const block mean = all(moments[2 * row]), inverse = all(moments[2 * row + 1]);
    block sum = all(0), along = all(0);
    FOR_BLOCKS(columns, j, width) {
      // Lanes past the end have no gradient, and so add nothing.
      block y = load_width(d + j, width);
      block normal = (load_width(x + j, width) - mean) * inverse;
      block g = y * load_width(gain + j, width);
      sum += g;
      along = multiply_add(g, normal, along);
      store_width(gain_gradient + j, multiply_add(y, normal, load_width(gain_gradient + j, width)),
                  width);
      store_width(bias_gradient + j, load_width(bias_gradient + j, width) + y, width);
    }
    const block mean_gradient = all(sum_of_lanes(sum) * share);
    const block mean_along = all(sum_of_lanes(along) * share);
    FOR_BLOCKS(columns, j, width) {
      block normal = (load_width(x + j, width) - mean) * inverse;
      block g = load_width(d + j, width) * load_width(gain + j, width);
      block result = (g - mean_gradient - normal * mean_along) * inverse;
      if (adds) result += load_width(to + j, width);
      store_width(to + j, result, width);
    }
  }
}

// MARK: GELU

// x/2·(1 + tanh u) = x·sigmoid(2u) with 2u = √(8/π)·(x + 0.044715 x³).
//
// Beyond ±16 value and slope are 0, or x and 1, to all digits: larger arguments would only overflow.
static void gelu(ptrdiff_t count, float *drive, float *values) {
  const float linear = 1.59576912160573071f, cubic = 0.0713548162726009f;
  FOR_BLOCKS(count, i, width) {
    block x = load_width(drive + i, width);
    block near = choose(x > all(16), all(16), choose(x < all(-16), all(-16), x));
    block square = near * near;
    block e = exponential(-near * multiply_add(all(cubic), square, all(linear)));
    block s = all(1) / (all(1) + e);
    // s' = s·(1 - s)·2u' and 1 - s = e·s, without cancellation.
    block slope = near * (e * s) * multiply_add(all(3 * cubic), square, all(linear));
    store_width(values + i, choose(x > all(16), x, near * s), width);
    store_width(drive + i, multiply_add(slope, s, s), width);
  }
}

static void gelu_backward(ptrdiff_t count, const float *slopes, float *gradient) {
  FOR_BLOCKS(count, i, width) {
    store_width(gradient + i, load_width(gradient + i, width) * load_width(slopes + i, width), width);
  }
}

// MARK: Dropout

// Sixteen bits, the first lane's the lowest.
INLINE uint16_t bits_of(mask_block mask) {
#if MASKED_AVX512
  return _mm512_movepi32_mask((__m512i)mask);
#else
  const mask_block place = {1,   2,   4,    8,    16,   32,   64,    128,
                            256, 512, 1024, 2048, 4096, 8192, 16384, 32768};
  return (uint16_t)__builtin_reduce_or(mask & place);
#endif
}

INLINE mask_block mask_of(uint16_t bits) {
  const mask_block place = {1,   2,   4,    8,    16,   32,   64,    128,
                            256, 512, 1024, 2048, 4096, 8192, 16384, 32768};
  const int32_t b = bits;
  return ((mask_block){b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b} & place) != 0;
}

static void dropout_bits(const dis_random *random, uint32_t threshold, ptrdiff_t count,
                         uint16_t *bits) {
  const int32_t least = (int32_t)threshold;
  for (ptrdiff_t group = 0; group < count; group += 8) {
    word_block words[4];
    philox_lanes(random, (uint32_t)(group / 8), 0, words);
    uint16_t kept[8];
#pragma clang loop unroll(full)
    for (int w = 0; w < 4; w++) {
      kept[2 * w] = bits_of((mask_block)(words[w] & 0xffff) >= least);
      kept[2 * w + 1] = bits_of((mask_block)(words[w] >> 16) >= least);
    }
    const ptrdiff_t left = count - group < 8 ? count - group : 8;
    for (ptrdiff_t i = 0; i < left; i++) bits[group + i] = kept[i];
  }
}

static void dropout(ptrdiff_t count, const uint16_t *bits, float scale, const float *start,
                    const float *values, float *result) {
  FOR_BLOCKS(count, i, width) {
    block from = start ? load_width(start + i, width) : all(0);
    block kept = multiply_add(all(scale), load_width(values + i, width), from);
    if (bits) kept = choose(mask_of(bits[i / LANES]), kept, from);
    store_width(result + i, kept, width);
  }
}

// MARK: Attention
//
// A trial a lane: everything is sixteen trials wide, and a vector over steps or over the features of
// a head is a column of such blocks. So nothing is turned around and no sum runs across lanes.

// out[n] = Σ_k a[k]·b[k, n] for `count` neighbours n: one column against many.
INLINE void dots_tile(const int tile, ptrdiff_t lanes, ptrdiff_t depth, ptrdiff_t stride,
                      const float *a, const float *b, float *out) {
  block sum[8];
#pragma clang loop unroll(full)
  for (int n = 0; n < tile; n++) sum[n] = all(0);
  for (ptrdiff_t k = 0; k < depth; k++) {
    block left = load_width(a + k * stride, lanes);
#pragma clang loop unroll(full)
    for (int n = 0; n < tile; n++)
      sum[n] = multiply_add(left, load_width(b + k * stride + n * lanes, lanes), sum[n]);
  }
#pragma clang loop unroll(full)
  for (int n = 0; n < tile; n++) store(out + n * LANES, sum[n]);
}

INLINE void dots(ptrdiff_t lanes, ptrdiff_t count, ptrdiff_t depth, ptrdiff_t stride,
                 const float *a, const float *b, float *out) {
  ptrdiff_t n = 0;
  for (; n + 8 <= count; n += 8) dots_tile(8, lanes, depth, stride, a, b + n * lanes, out + n * LANES);
  if (n + 4 <= count) {
    dots_tile(4, lanes, depth, stride, a, b + n * lanes, out + n * LANES);
    n += 4;
  }
  for (; n < count; n++) dots_tile(1, lanes, depth, stride, a, b + n * lanes, out + n * LANES);
}

// out[k] = Σ_n weights[n]·b[k, n], from what stands in `out` if asked: many columns as one.
INLINE void mixture_tile(const int tile, ptrdiff_t lanes, ptrdiff_t count, ptrdiff_t stride,
                         const float *weights, ptrdiff_t weight_stride, const float *b, int adds,
                         float *out) {
  block sum[8];
#pragma clang loop unroll(full)
  for (int k = 0; k < tile; k++) sum[k] = adds ? load_width(out + k * stride, lanes) : all(0);
  for (ptrdiff_t n = 0; n < count; n++) {
    block weight = load(weights + n * weight_stride);
#pragma clang loop unroll(full)
    for (int k = 0; k < tile; k++)
      sum[k] = multiply_add(weight, load_width(b + k * stride + n * lanes, lanes), sum[k]);
  }
#pragma clang loop unroll(full)
  for (int k = 0; k < tile; k++) store_width(out + k * stride, sum[k], lanes);
}

INLINE void mixture(ptrdiff_t lanes, ptrdiff_t depth, ptrdiff_t count, ptrdiff_t stride,
                    const float *weights, ptrdiff_t weight_stride, const float *b, int adds,
                    float *out) {
  ptrdiff_t k = 0;
  for (; k + 8 <= depth; k += 8)
    mixture_tile(8, lanes, count, stride, weights, weight_stride, b + k * stride, adds,
                 out + k * stride);
  if (k + 4 <= depth) {
    mixture_tile(4, lanes, count, stride, weights, weight_stride, b + k * stride, adds,
                 out + k * stride);
    k += 4;
  }
  for (; k < depth; k++)
    mixture_tile(1, lanes, count, stride, weights, weight_stride, b + k * stride, adds,
                 out + k * stride);
}

INLINE void attend(const dis_attention *a, ptrdiff_t lanes, const float *qkv, float *scratch,
                   float *softmax, float *output) {
  const ptrdiff_t stride = a->steps * lanes, head_size = a->head_width * stride;
  for (ptrdiff_t head = 0; head < a->heads; head++) {
    const float *query = qkv + head * head_size, *key = query + a->heads * head_size,
                *value = key + a->heads * head_size;
    const uint16_t *bits = a->bits ? a->bits + head * (a->steps * (a->steps + 1) / 2) : NULL;
    for (ptrdiff_t i = 0; i < a->steps; i++) {
      dots(lanes, i + 1, a->head_width, stride, query + i * lanes, key, scratch);
      block peak = load(scratch);
      for (ptrdiff_t j = 1; j <= i; j++)
        peak = __builtin_elementwise_max(peak, load(scratch + j * LANES));
      // The largest of scaled scores is the scaled largest.
      peak *= all(a->scale);
      block sum = all(0);
      for (ptrdiff_t j = 0; j <= i; j++) {
        block e = exponential(load(scratch + j * LANES) * all(a->scale) - peak);
        sum += e;
        store(scratch + j * LANES, e);
      }
      const block inverse = all(1) / sum;
      float *kept = softmax + (head * a->steps + i) * 2 * LANES;
      store(kept, peak);
      store(kept + LANES, inverse);
      for (ptrdiff_t j = 0; j <= i; j++) {
        block p = load(scratch + j * LANES) * inverse;
        if (bits) p = choose(mask_of(bits[j]), all(a->kept_scale) * p, all(0));
        store(scratch + j * LANES, p);
      }
      if (bits) bits += i + 1;
      mixture(lanes, a->head_width, i + 1, stride, scratch, LANES, value, 0,
              output + head * head_size + i * lanes);
    }
  }
}

// So many queries at a time leave their weights in the scratch memory, for the sums over queries.
#define QUERY_TILE DIS_ATTENTION_QUERIES

INLINE void attend_backward(const dis_attention *a, ptrdiff_t lanes, const float *qkv,
                            const float *softmax, const float *gradient, float *scratch,
                            float *qkv_gradient) {
  const ptrdiff_t stride = a->steps * lanes, head_size = a->head_width * stride;
  const ptrdiff_t row = a->steps * LANES;
  float *weights = scratch, *slopes = scratch + QUERY_TILE * row;
  for (ptrdiff_t head = 0; head < a->heads; head++) {
    const float *query = qkv + head * head_size, *key = query + a->heads * head_size,
                *value = key + a->heads * head_size;
    const float *d_output = gradient + head * head_size;
    float *d_query = qkv_gradient + head * head_size, *d_key = d_query + a->heads * head_size,
          *d_value = d_key + a->heads * head_size;
    const uint16_t *bits = a->bits ? a->bits + head * (a->steps * (a->steps + 1) / 2) : NULL;
    for (ptrdiff_t first = 0; first < a->steps; first += QUERY_TILE) {
      const ptrdiff_t last = a->steps - first < QUERY_TILE ? a->steps : first + QUERY_TILE;
      for (ptrdiff_t i = first; i < last; i++) {
        float *w = weights + (i - first) * row, *s = slopes + (i - first) * row;
        dots(lanes, i + 1, a->head_width, stride, query + i * lanes, key, w);
        dots(lanes, i + 1, a->head_width, stride, d_output + i * lanes, value, s);
        const float *kept = softmax + (head * a->steps + i) * 2 * LANES;
        const block peak = load(kept), inverse = load(kept + LANES);
        block mean = all(0);
        for (ptrdiff_t j = 0; j <= i; j++) {
          block p = exponential(load(w + j * LANES) * all(a->scale) - peak) * inverse;
          block d = load(s + j * LANES);
          if (bits) d = choose(mask_of(bits[j]), all(a->kept_scale) * d, all(0));
          mean = multiply_add(p, d, mean);
          store(w + j * LANES, p);
          store(s + j * LANES, d);
        }
        for (ptrdiff_t j = 0; j <= i; j++) {
          block p = load(w + j * LANES);
          store(s + j * LANES, p * (load(s + j * LANES) - mean) * all(a->scale));
          if (bits)
            store(w + j * LANES, choose(mask_of(bits[j]), all(a->kept_scale) * p, all(0)));
        }
        if (bits) bits += i + 1;
        mixture(lanes, a->head_width, i + 1, stride, s, LANES, key, 0, d_query + i * lanes);
      }
      for (ptrdiff_t j = 0; j < last; j++) {
        // Only queries that come no earlier look at step j.
        const ptrdiff_t from = j < first ? first : j, at = (from - first) * row + j * LANES;
        mixture(lanes, a->head_width, last - from, stride, weights + at, row,
                d_output + from * lanes, j < first, d_value + j * lanes);
        mixture(lanes, a->head_width, last - from, stride, slopes + at, row, query + from * lanes,
                j < first, d_key + j * lanes);
      }
    }
  }
}

// Full blocks are loaded whole; the compiler makes both forms of one text.
static void attention(const dis_attention *a, const float *qkv, float *scratch, float *softmax,
                      float *output) {
  if (a->lanes == LANES) attend(a, LANES, qkv, scratch, softmax, output);
  else attend(a, a->lanes, qkv, scratch, softmax, output);
}

static void attention_backward(const dis_attention *a, const float *qkv, const float *softmax,
                               const float *gradient, float *scratch, float *qkv_gradient) {
  if (a->lanes == LANES) attend_backward(a, LANES, qkv, softmax, gradient, scratch, qkv_gradient);
  else attend_backward(a, a->lanes, qkv, softmax, gradient, scratch, qkv_gradient);
}
