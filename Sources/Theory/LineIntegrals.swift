import Compute
import RealModule

/// Entropy and error rate of the ideal observer's answer to one line, averaged over all trials.
///
/// Take coordinates u along the line and v across it. For a mean μ = (u, v) of the observations
/// let A(u, v) be the joint density of μ and of a latent above the line, v' > b, and B that of a
/// latent below. A chord of the box at height v' reaches from l(v') to h(v'), so
///
///     A(u, v) = ∫_{v' > b} φ((v' - v)/s)/s · g(u, v') dv',
///     g(u, v') = Φ((h(v') - u)/s) - Φ((l(v') - u)/s),
///
/// and B is the same integral over v' < b. The posterior probability is P = A / (A + B), and the
/// entropy ∫∫ [A log((A + B)/A) + B log((A + B)/B)] du dv. The first factor does not depend on u:
/// it is tabulated once, and each u costs one product of that table with the vector g(u, ·).
///
/// The observer errs on min(A, B). Since A/B grows with v, that is B above some height w(u) and A
/// below, and the integral over v is done in closed form:
///
///     ∫ min(A, B) dv = ∫_{v' > b} g Φ((w - v')/s) dv' + ∫_{v' < b} g Φ((v' - w)/s) dv'.
struct LineIntegrals {
  /// E[H(P)], in nats.
  let entropy: Double

  /// E[min(P, 1 - P)].
  let errorRate: Double

  /// - Parameters:
  ///   - shape: The line; its normal is (c₁, c₂) with 0 ≤ c₁ ≤ c₂.
  ///   - scale: s, greater than 0.
  ///   - rule: Gauss-Legendre on [-1, 1], used on every panel.
  init(of shape: LineShape, scale: Double, rule: Quadrature) {
    let box = TurnedBox(normal: shape.normal)
    guard shape.offset < box.height else {
      (entropy, errorRate) = (0, 0)  // the line misses the box: the answer is always "below"
      return
    }
    let reach = Self.band * scale
    // Latents below and above the line that a mean within reach of it may stem from.
    let below = box.heights(
      from: max(-box.height, shape.offset - 2 * reach),
      to: shape.offset,
      scale: scale
    )
    let above = box.heights(
      from: shape.offset,
      to: min(box.height, shape.offset + 2 * reach),
      scale: scale
    )
    let latents = HeightTable(
      rule: rule.repeated(between: below + above.dropFirst()),
      box: box,
      firstAbove: rule.nodes.count * (below.count - 1)
    )
    let across = rule.repeated(
      between: Quadrature.edges(
        from: shape.offset - reach,
        to: shape.offset,
        panelsNoWiderThan: 2 * scale
      )
        + Quadrature.edges(
          from: shape.offset,
          to: shape.offset + reach,
          panelsNoWiderThan: 2 * scale
        ).dropFirst()
    )
    let along = rule.repeated(between: latents.edgesAlong(scale: scale, margin: reach))

    var slice = Slice(across: across, latents: latents, scale: scale, offset: shape.offset)
    var entropySum = 0.0
    var errorSum = 0.0
    for index in along.nodes.indices {
      slice.move(to: along.nodes[index])
      entropySum += along.weights[index] * slice.entropy()
      errorSum += along.weights[index] * slice.error()
    }
    entropy = entropySum
    errorRate = errorSum
  }

  /// How far from the line, in units of s, a mean may leave the answer open: further away both
  /// integrands are below Φ(-9) ≈ 1e-19.
  static let band = 9.0
}

/// The latent box in coordinates along and across a line.
struct TurnedBox {
  /// The line's unit normal, 0 ≤ x ≤ y.
  let normal: SIMD2<Double>

  /// The height v of the highest corner.
  var height: Double { 0.5 * (normal.x + normal.y) }

  /// The heights of the two corners in between, without sign.
  var innerCorner: Double { 0.5 * (normal.y - normal.x) }

  /// The ends in u of the chord of the box at height v.
  ///
  /// The latent is x = u d + v c with d = (c₂, -c₁), and both |x₁| and |x₂| are at most 1/2.
  func chord(at height: Double) -> (low: Double, high: Double) {
    var low = (-0.5 - height * normal.x) / normal.y
    var high = (0.5 - height * normal.x) / normal.y
    if normal.x > 0 {
      low = max(low, (height * normal.y - 0.5) / normal.x)
      high = min(high, (height * normal.y + 0.5) / normal.x)
    }
    return (low, high)
  }

  /// Panel edges between two heights.
  ///
  /// The ends of the chord have kinks at the corners of the box. In between they are linear, but
  /// can be steep; on every panel neither the height nor an end of the chord moves by more than 2 s.
  func heights(from lower: Double, to upper: Double, scale: Double) -> [Double] {
    let corners = [-innerCorner, innerCorner].filter { lower < $0 && $0 < upper }
    let breaks = [lower] + corners + [upper]
    var edges = [lower]
    for (left, right) in zip(breaks, breaks.dropFirst()) where left < right {
      let start = chord(at: left)
      let end = chord(at: right)
      let way = max(right - left, abs(end.low - start.low), abs(end.high - start.high))
      let width = (right - left) * min(1, 2 * scale / way)
      edges += Quadrature.edges(from: left, to: right, panelsNoWiderThan: width).dropFirst()
    }
    return edges
  }
}

/// Heights v' of latents with the chords of the box there.
private struct HeightTable {
  let rule: Quadrature
  let low: [Double]
  let high: [Double]

  /// The first node above the line.
  let firstAbove: Int

  init(rule: Quadrature, box: TurnedBox, firstAbove: Int) {
    let chords = rule.nodes.map { box.chord(at: $0) }
    self.rule = rule
    self.firstAbove = firstAbove
    low = chords.map(\.low)
    high = chords.map(\.high)
  }

  /// Panel edges along the line, from a margin outside the box to a margin outside on the other
  /// end, 2 s wide; where all chords end further away than the margin, nothing depends on u and
  /// one panel does.
  func edgesAlong(scale: Double, margin: Double) -> [Double] {
    let first = low.reduce(.infinity, min) - margin
    let last = high.reduce(-.infinity, max) + margin
    let inner = low.reduce(-.infinity, max) + margin
    let outer = high.reduce(.infinity, min) - margin
    guard inner < outer else {
      return Quadrature.edges(from: first, to: last, panelsNoWiderThan: 2 * scale)
    }
    return Quadrature.edges(from: first, to: inner, panelsNoWiderThan: 2 * scale)
      + Quadrature.edges(from: outer, to: last, panelsNoWiderThan: 2 * scale)
  }
}

/// The integrals over v at one position u along the line.
private struct Slice {
  private let across: Quadrature
  private let latents: HeightTable
  private let scale: Double
  private let offset: Double

  /// weight · φ((v' - v)/s)/s, row by row of v', one column for each v.
  private let kernel: [Double]

  /// weight · g(u, v'), for each v'.
  private var mass: [Double]

  /// A(u, v) and B(u, v), for each v.
  private var above: [Double]
  private var below: [Double]

  init(across: Quadrature, latents: HeightTable, scale: Double, offset: Double) {
    self.across = across
    self.latents = latents
    self.scale = scale
    self.offset = offset
    var kernel: [Double] = []
    kernel.reserveCapacity(latents.rule.nodes.count * across.nodes.count)
    for height in latents.rule.nodes {
      for mean in across.nodes {
        kernel.append(NormalDistribution.density((height - mean) / scale) / scale)
      }
    }
    self.kernel = kernel
    mass = latents.rule.weights
    above = [Double](repeating: 0, count: across.nodes.count)
    below = above
  }

  /// Computes g, A and B at the position `u`.
  mutating func move(to u: Double) {
    for row in mass.indices {
      let chord = NormalDistribution.probability(
        from: (latents.low[row] - u) / scale,
        to: (latents.high[row] - u) / scale
      )
      mass[row] = latents.rule.weights[row] * chord
    }
    accumulate(rows: 0..<latents.firstAbove, into: &below)
    accumulate(rows: latents.firstAbove..<mass.count, into: &above)
  }

  /// Adds up kernel rows times masses, into `sums`.
  private func accumulate(rows: Range<Int>, into sums: inout [Double]) {
    for column in sums.indices { sums[column] = 0 }
    for row in rows where mass[row] > 0 {
      let start = row * sums.count
      let factor = mass[row]
      for column in sums.indices {
        sums[column] += factor * kernel[start + column]
      }
    }
  }

  /// ∫ [A log((A + B)/A) + B log((A + B)/B)] dv.
  func entropy() -> Double {
    var sum = 0.0
    for index in above.indices {
      let more = max(above[index], below[index])
      let less = min(above[index], below[index])
      // 0 log 0 = 0; log(1 + ratio) keeps the digits of an answer that is almost certain.
      guard less > 0 else { continue }
      let density = less * .log(onePlus: more / less) + more * .log(onePlus: less / more)
      sum += across.weights[index] * density
    }
    return sum
  }

  /// ∫ min(A, B) dv.
  func error() -> Double {
    let switching = switchingHeight()
    var sum = 0.0
    for row in mass.indices where mass[row] > 0 {
      let distance = (latents.rule.nodes[row] - switching) / scale
      let isAbove = row >= latents.firstAbove
      sum += mass[row] * NormalDistribution.cumulative(isAbove ? -distance : distance)
    }
    return sum
  }

  /// The height w of the mean at which the observer changes its answer, A = B.
  ///
  /// Found on the nodes across the line, by linear interpolation of log A - log B. The integral of
  /// min(A, B) is stationary in w, so an error of 1e-3 s costs less than 1e-6 of it.
  private func switchingHeight() -> Double {
    guard let next = above.indices.first(where: { above[$0] > below[$0] }) else {
      return offset + LineIntegrals.band * scale
    }
    guard next > 0, above[next - 1] > 0, below[next] > 0 else {
      return across.nodes[next]
    }
    let before = Double.log(above[next - 1] / below[next - 1])
    let after = Double.log(above[next] / below[next])
    let share = before / (before - after)
    return across.nodes[next - 1] + share * (across.nodes[next] - across.nodes[next - 1])
  }
}
