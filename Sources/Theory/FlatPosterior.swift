import Compute
import RealModule
import Trials

/// What an ideal observer believes that has no prior, about hyperplanes.
///
/// After Gaussian noise its posterior is N(μ, Σ) with a diagonal Σ, and P(c · x > b) =
/// Φ((c · μ - b)/√(cᵀ Σ c)): the observer of the paper's theorem (Vafidis et al., ICLR 2025). After
/// Gumbel noise latents are logarithms of gamma variables, and P is an integral (``LogGammaSum``).
/// Well inside the box it agrees with ``BoxPosterior``. **Status: proven.**
package struct FlatPosterior: Hashable, Sendable {
  /// Of each latent, `[D]`.
  package let likelihoods: [Likelihood]

  package init(_ likelihoods: [Likelihood]) { self.likelihoods = likelihoods }

  /// P(c · x > b).
  package func probability(above boundary: Hyperplane) -> Double {
    1 / (1 + .exp(-logOdds(above: boundary)))
  }

  /// log P - log(1 - P), in nats, with all its digits in both tails.
  package func logOdds(above boundary: Hyperplane) -> Double {
    var (excess, variance) = (-boundary.offset, 0.0)
    var sum = LogGammaSum()
    for (component, likelihood) in zip(boundary.normal, likelihoods) {
      switch likelihood {
      case .normal(let center, let scale):
        excess += component * center
        variance += component * component * scale * scale
      case .gumbel(let looks):
        sum.add(component, times: looks)
      }
    }
    guard sum.isEmpty else { return sum.logOdds(above: boundary.offset) }
    return IdealLogit.value(excess / variance.squareRoot())
  }
}

/// A sum Σ c_j x_j of latents after Gumbel noise, x = β log(u/S) with u ~ Gamma(t, 1).
///
/// Its moment generating function is known, exp K(z) = Π S_j^(-z c_j β_j) Γ(t_j + z c_j β_j)/Γ(t_j), and
/// a tail is an inverse Laplace transform,
///
///     P(sum > b) = 1/2πi ∫ exp(K(z) - z b)/z dz    along Re z = θ > 0,
///
/// and P(sum < b) the same with the other sign along θ < 0. Along a vertical line near the saddle
/// point of K(θ) - θ b the integrand falls off like a Gaussian and nothing cancels, in tails of any
/// size; equal steps converge exponentially. **Status: proven, to 1e-10 of either side.**
private struct LogGammaSum {
  /// c β, t, and c β log S.
  private var terms: [(slope: Double, count: Double, shift: Double)] = []

  var isEmpty: Bool { terms.isEmpty }

  mutating func add(_ component: Double, times looks: GumbelLikelihood) {
    guard component != 0 else { return }
    let count = Double(looks.count)
    let slope = component * looks.scale
    // log S = log t - peak/β.
    terms.append((slope, count, slope * (.log(count) - looks.peak / looks.scale)))
  }

  func logOdds(above offset: Double) -> Double {
    let mean = terms.reduce(0) { $0 + $1.slope * digamma($1.count) - $1.shift }
    let deviation = terms.reduce(0) { $0 + $1.slope * $1.slope * trigamma($1.count) }.squareRoot()
    let isAboveRare = offset > mean
    let saddle = saddlePoint(offset, isPositive: isAboveRare, least: 0.5 / deviation)
    let height = exponent(saddle, 0, offset).real
    // The poles are at 0 and where a gamma function's argument is.
    let room = terms.reduce(saddle.magnitude) {
      min($0, ($1.count + $1.slope * saddle) / $1.slope.magnitude)
    }
    let step = 0.2 * min(room, 1 / deviation)
    var (sum, index) = (0.5 / saddle, 0)
    while index < 100_000 {
      index += 1
      let y = Double(index) * step
      let (real, imaginary) = exponent(saddle, y, offset)
      let size = Double.exp(real - height)
      // Re [e^(i φ)/(θ + i y)].
      let square = saddle * saddle + y * y
      sum += size * (saddle * .cos(imaginary) + y * .sin(imaginary)) / square
      if size < 1e-17 { break }
    }
    let log = height + .log(step * sum.magnitude / .pi)
    let odds = log - .log(onePlus: -.exp(log))
    return isAboveRare ? odds : -odds
  }

  /// K(z) - z b at z = θ + i y.
  private func exponent(
    _ theta: Double,
    _ y: Double,
    _ offset: Double
  ) -> (real: Double, imaginary: Double) {
    var (real, imaginary) = (-theta * offset, -y * offset)
    for term in terms {
      let gamma = logGamma(term.count + term.slope * theta, term.slope * y)
      real += gamma.real - .logGamma(term.count) - theta * term.shift
      imaginary += gamma.imaginary - y * term.shift
    }
    return (real, imaginary)
  }

  /// Where K'(θ) = b, to a few digits, but not nearer to 0 than `least`.
  private func saddlePoint(_ offset: Double, isPositive: Bool, least: Double) -> Double {
    let sign: Double = isPositive ? 1 : -1
    // How far the gamma functions' arguments stay positive.
    let limit = terms.reduce(Double.infinity) { limit, term in
      sign * term.slope < 0 ? min(limit, term.count / term.slope.magnitude) : limit
    }
    func isBeyond(_ size: Double) -> Bool {
      let mean = terms.reduce(0) { sum, term in
        sum + term.slope * digamma(term.count + sign * size * term.slope) - term.shift
      }
      return sign * (mean - offset) > 0
    }
    var (low, high) = (0.0, limit.isFinite ? limit : least)
    while !limit.isFinite, !isBeyond(high), high < 1e12 { (low, high) = (high, 2 * high) }
    for _ in 0..<40 {
      let middle = 0.5 * (low + high)
      if isBeyond(middle) { high = middle } else { low = middle }
    }
    return sign * max(0.5 * (low + high), min(least, 0.5 * limit))
  }
}

/// ψ(x), x > 0, by its recurrence and the asymptotic series from 10 on.
private func digamma(_ x: Double) -> Double {
  var (x, sum) = (x, 0.0)
  while x < 10 {
    sum -= 1 / x
    x += 1
  }
  let square = 1 / (x * x)
  let series = square * (1.0 / 12 - square * (1.0 / 120 - square * (1.0 / 252 - square / 240)))
  return sum + .log(x) - 0.5 / x - series
}

/// ψ₁(x), x > 0, alike.
private func trigamma(_ x: Double) -> Double {
  var (x, sum) = (x, 0.0)
  while x < 10 {
    sum += 1 / (x * x)
    x += 1
  }
  let square = 1 / (x * x)
  let series = square * (1.0 / 6 - square * (1.0 / 30 - square * (1.0 / 42 - square / 30)))
  return sum + (1 + 0.5 / x + series) / x
}

/// log Γ(x + i y), x > 0: Stirling's series beyond 10, and the recurrence up to there; its imaginary
/// part up to multiples of 2π.
private func logGamma(_ x: Double, _ y: Double) -> (real: Double, imaginary: Double) {
  var (x, real, imaginary) = (x, 0.0, 0.0)
  while x * x + y * y < 144 {
    real -= 0.5 * .log(x * x + y * y)
    imaginary -= .atan2(y: y, x: x)
    x += 1
  }
  let (logSize, angle) = (0.5 * Double.log(x * x + y * y), Double.atan2(y: y, x: x))
  // (z - 1/2) log z - z + log(2π)/2 + 1/12z - 1/360z³ + 1/1260z⁵ - 1/1680z⁷ + 1/1188z⁹.
  real += (x - 0.5) * logSize - y * angle - x + 0.5 * .log(2 * .pi)
  imaginary += (x - 0.5) * angle + y * logSize - y
  let coefficients = [1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188]
  for (order, coefficient) in coefficients.enumerated() {
    let power = -Double(2 * order + 1)
    let size = coefficient * .exp(power * logSize)
    real += size * .cos(power * angle)
    imaginary += size * .sin(power * angle)
  }
  return (real, imaginary)
}
