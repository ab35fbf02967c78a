// The pointwise half of a step of gated recurrent networks: what stands between two products.
// Included by template.h, whose blocks and elementary functions it uses.
//
// A division costs as much as ten products, so denominators share one: 1/a = (1/(a b))·b. They are
// 1 + e^-|z| and so lie in [1, 2]: no product of them overflows or loses digits.

// e^x = scale·(1 + rest) for x ≤ 0, with |rest| < 0.42; x below -87 counts as -87.
//
// Kept apart, the two give e^x - 1 = scale·rest + (scale - 1) without cancellation. NaN comes out in
// `rest`. The polynomial is that of `exponential`.
INLINE void split_exponential(block argument, block *scale, block *rest) {
  block x = choose(argument < all(-87.0f), all(-87.0f), argument);
  // Adding 1.5·2^23 + 127 rounds, and leaves the result's biased exponent in the low bits.
  const block magic = all(12583039.0f);
  block rounded = multiply_add(x, all(1.44269504088896341f), magic);
  block n = rounded - magic;
  block r = multiply_add(n, all(-0.693359375f), x);
  r = multiply_add(n, all(2.12194440e-4f), r);
  block sum = all(1.9875691500e-4f);
  sum = multiply_add(sum, r, all(1.3981999507e-3f));
  sum = multiply_add(sum, r, all(8.3334519073e-3f));
  sum = multiply_add(sum, r, all(4.1665795894e-2f));
  sum = multiply_add(sum, r, all(1.6666665459e-1f));
  sum = multiply_add(sum, r, all(5.0000001201e-1f));
  *rest = multiply_add(sum, r * r, r);
  *scale = (block)((mask_block)rounded << 23);
}

// A function of z as a quotient whose denominator lies in [1, 2].
typedef struct {
  block above, below;
} fraction;

INLINE block without_sign(block x) { return (block)((mask_block)x & 0x7fffffff); }
INLINE block with_sign_of(block x, block magnitude) {
  const int32_t sign = INT32_MIN;
  return (block)(((mask_block)magnitude & ~sign) | ((mask_block)x & sign));
}

// sigmoid(z) = 1 / (1 + e), or e / (1 + e) for negative z, with e = e^-|z|.
INLINE fraction sigmoid_fraction(block z) {
  block scale, rest;
  split_exponential(-without_sign(z), &scale, &rest);
  block e = multiply_add(scale, rest, scale);
  return (fraction){choose(z < all(0), e, all(1)), all(1) + e};
}

// tanh(z) = ±(1 - e) / (1 + e) with e = e^-2|z|.
INLINE fraction tangent_fraction(block z) {
  block scale, rest;
  split_exponential(all(-2) * without_sign(z), &scale, &rest);
  block less_one = multiply_add(scale, rest, scale - all(1));
  return (fraction){with_sign_of(z, less_one), all(2) + less_one};
}

INLINE block divided(fraction x) { return x.above / x.below; }

INLINE void divide_two(fraction x, fraction y, block *first, block *second) {
  block inverse = all(1) / (x.below * y.below);
  *first = x.above * (inverse * y.below);
  *second = y.above * (inverse * x.below);
}

static void lstm_step(ptrdiff_t rows, ptrdiff_t units, float *gates, const float *previous,
                      float *cells, float *squashed, float *states) {
  for (ptrdiff_t row = 0; row < rows; row++) {
    float *input = gates + row * 4 * units, *forget = input + units, *candidate = forget + units,
          *output = candidate + units;
    FOR_BLOCKS(units, j, width) {
      const ptrdiff_t at = row * units + j;
      fraction i = sigmoid_fraction(load_width(input + j, width));
      fraction f = sigmoid_fraction(load_width(forget + j, width));
      fraction g = tangent_fraction(load_width(candidate + j, width));
      fraction o = sigmoid_fraction(load_width(output + j, width));
      block i_f = i.below * f.below, g_o = g.below * o.below;
      block inverse = all(1) / (i_f * g_o);
      block inverse_i_f = inverse * g_o, inverse_g_o = inverse * i_f;
      block i_gate = i.above * (inverse_i_f * f.below), f_gate = f.above * (inverse_i_f * i.below);
      block g_gate = g.above * (inverse_g_o * o.below), o_gate = o.above * (inverse_g_o * g.below);
      block c = multiply_add(f_gate, load_width(previous + at, width), i_gate * g_gate);
      block s = divided(tangent_fraction(c));
      store_width(input + j, i_gate, width);
      store_width(forget + j, f_gate, width);
      store_width(candidate + j, g_gate, width);
      store_width(output + j, o_gate, width);
      store_width(cells + at, c, width);
      store_width(squashed + at, s, width);
      store_width(states + at, o_gate * s, width);
    }
  }
}

static void lstm_step_backward(ptrdiff_t rows, ptrdiff_t units, const float *gates,
                               const float *previous, const float *squashed, const float *gradient,
                               float *cell_gradient, float *gate_gradient) {
  for (ptrdiff_t row = 0; row < rows; row++) {
    const float *gate = gates + row * 4 * units;
    float *to = gate_gradient + row * 4 * units;
    FOR_BLOCKS(units, j, width) {
      const ptrdiff_t at = row * units + j;
      block i = load_width(gate + j, width), f = load_width(gate + units + j, width);
      block g = load_width(gate + 2 * units + j, width), o = load_width(gate + 3 * units + j, width);
      block s = load_width(squashed + at, width), d = load_width(gradient + at, width);
      block through_output = d * o;
      block c = multiply_add(through_output, all(1) - s * s, load_width(cell_gradient + at, width));
      store_width(to + j, c * g * (i * (all(1) - i)), width);
      store_width(to + units + j,
                  c * load_width(previous + at, width) * (f * (all(1) - f)), width);
      store_width(to + 2 * units + j, c * i * (all(1) - g * g), width);
      store_width(to + 3 * units + j, through_output * s * (all(1) - o), width);
      store_width(cell_gradient + at, c * f, width);
    }
  }
}

static void gru_step(ptrdiff_t rows, ptrdiff_t units, float *gates, const float *previous,
                     float *states) {
  for (ptrdiff_t row = 0; row < rows; row++) {
    float *reset = gates + row * 4 * units, *update = reset + units, *carried = update + units,
          *candidate = carried + units;
    FOR_BLOCKS(units, j, width) {
      const ptrdiff_t at = row * units + j;
      block r, z;
      divide_two(sigmoid_fraction(load_width(reset + j, width)),
                 sigmoid_fraction(load_width(update + j, width)), &r, &z);
      block drive = multiply_add(r, load_width(carried + j, width),
                                 load_width(candidate + j, width));
      block n = divided(tangent_fraction(drive));
      store_width(reset + j, r, width);
      store_width(update + j, z, width);
      store_width(candidate + j, n, width);
      store_width(states + at, multiply_add(z, load_width(previous + at, width) - n, n), width);
    }
  }
}

static void gru_step_backward(ptrdiff_t rows, ptrdiff_t units, const float *gates,
                              const float *previous, float *gradient, float *gate_gradient) {
  for (ptrdiff_t row = 0; row < rows; row++) {
    const float *gate = gates + row * 4 * units;
    float *to = gate_gradient + row * 4 * units;
    FOR_BLOCKS(units, j, width) {
      const ptrdiff_t at = row * units + j;
      block r = load_width(gate + j, width), z = load_width(gate + units + j, width);
      block carried = load_width(gate + 2 * units + j, width);
      block n = load_width(gate + 3 * units + j, width);
      block d = load_width(gradient + at, width);
      block not_z = all(1) - z;
      block drive = d * not_z * (all(1) - n * n);
      block through_reset = drive * r;
      store_width(to + j, through_reset * carried * (all(1) - r), width);
      store_width(to + units + j,
                  d * (load_width(previous + at, width) - n) * (z * not_z), width);
      store_width(to + 2 * units + j, through_reset, width);
      store_width(to + 3 * units + j, drive, width);
      store_width(gradient + at, d * z, width);
    }
  }
}
