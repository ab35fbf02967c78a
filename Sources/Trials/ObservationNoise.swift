/// What blurs each look at the latent.
package enum ObservationNoise: Hashable, Sendable {
  /// Added to the latent, before the encoder: the paper's.
  case before(NoiseLaw, deviation: Double)
  /// White noise on everything that the encoder hands on, the cue included, in every step; the
  /// encoder itself sees the latent. `deviation` is in units of its features.
  case after(deviation: Double)

  /// `σ` of a single look at the latent; 0 where the latent itself is encoded.
  package var lookDeviation: Double {
    switch self {
    case .before(_, let deviation): deviation
    case .after: 0
    }
  }

  /// Whether nothing is blurred.
  package var isNone: Bool {
    switch self {
    case .before(_, let deviation), .after(let deviation): deviation == 0
    }
  }

  /// The noise of a test: white, in the same place and of the same size, whatever training used.
  package var white: ObservationNoise {
    switch self {
    case .before(_, let deviation): .before(.gaussian, deviation: deviation)
    case .after: self
    }
  }
}

/// The distribution of the noise of looks at the latent, for a deviation `σ`.
package enum NoiseLaw: Hashable, Sendable {
  /// `σ N(0, 1)`, independent in every step, trial and dimension.
  case gaussian
  /// The same with deviations that grow evenly from `σ` for the first latent to `ratio · σ` for the
  /// last.
  case anisotropic(ratio: Double)
  /// `n₁ = σ ξ₁`, `n_k = ρ n_{k-1} + √(1-ρ²) σ ξ_k` in each dimension: every step has deviation σ.
  case autoregressive(correlation: Double)
  /// Gumbel noise of location 0 and scale `σ`, as it is: its mean is 0.5772 σ and its deviation
  /// πσ/√6.
  case gumbel
}
