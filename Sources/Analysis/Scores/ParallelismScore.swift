import Compute
import RealModule

/// How parallel a dichotomy's coding directions are in different contexts.
///
/// Conditions of both sides are paired; each pair has a coding vector from the lower to the upper
/// condition's mean; the score is the mean cosine between them. Source: Bernardi et al., Cell 2020.
package struct ParallelismScore: Sendable {
  /// Which conditions face each other.
  package enum Pairing: Hashable, Sendable {
    /// Those that differ in nothing but the factor of the dichotomy; conditions without a match are
    /// left out.
    case matched
    /// The mean over all pairings.
    case all
    /// The best of all pairings, as in the source. It is above zero for random means too, and takes
    /// `m!` pairings: not more than eight conditions a side.
    case best
  }

  package struct Settings: Hashable, Sendable {
    package var pairing = Pairing.matched
    /// Whether cosines are freed of noise.
    ///
    /// Noise makes coding vectors longer, not more alike, and so shrinks their cosines. Halves of the
    /// trials free squares and products of it; this is what they give on average over all halves:
    /// each mean's square without the variance of that mean.
    package var splitsHalves = true

    package init() {}
  }

  package let dichotomy: Dichotomy
  /// Noise can take a score that is freed of it beyond 1.
  package let score: Double

  /// `nil` where fewer than two pairs of conditions match (of a pairing of all: where the sides are
  /// of different number, or of fewer than two conditions), where they are too many for the best
  /// pairing, and where a coding vector is no longer than its noise.
  ///
  /// Of a condition with a single trial the noise is unknown: it matches nothing, unless plain
  /// cosines are asked for.
  ///
  /// - Parameters:
  ///   - dichotomy: Of the conditions.
  ///   - products: Of the conditions' mean states.
  ///   - settings: How.
  package init?(
    _ dichotomy: Dichotomy,
    _ products: MeanProducts,
    settings: Settings = Settings()
  ) {
    let conditions = products.conditions
    let (lower, upper): ([Int], [Int])
    switch settings.pairing {
    case .matched:
      let matched = conditions.matched(dichotomy).filter { pair in
        !settings.splitsHalves
          || [pair.lower, pair.upper].allSatisfy { conditions.trials[$0].count > 1 }
      }
      (lower, upper) = (matched.map(\.lower), matched.map(\.upper))
    case .all, .best: (lower, upper) = (dichotomy.lower, dichotomy.upper)
    }
    guard lower.count == upper.count, lower.count >= 2 else { return nil }
    if settings.splitsHalves,
      !(lower + upper).allSatisfy({ conditions.trials[$0].count > 1 })
    {
      return nil
    }
    let matrix = settings.splitsHalves ? products.noiseFree : products.plain
    let pairs = CodingVectors(lower: lower, upper: upper, products: matrix)
    let score: Double?
    switch settings.pairing {
    case .matched: score = pairs.meanCosine
    case .all: score = pairs.meanOverPairings
    case .best: score = lower.count <= 8 ? pairs.bestPairing : nil
    }
    guard let score else { return nil }
    self.dichotomy = dichotomy
    self.score = score
  }
}

/// Products of the conditions' mean states about the mean of these means.
package struct MeanProducts: Sendable {
  package let conditions: Conditions
  /// `[m, m]`.
  package let plain: DoubleMatrix
  /// With the squares freed of noise, but for those of conditions that have one trial alone.
  package let noiseFree: DoubleMatrix

  package init(_ conditions: Conditions, of states: DoubleMatrix) {
    self.conditions = conditions
    let means = conditions.means(of: states).centered
    plain = means.timesTransposed(means)
    // Only differences of conditions are used, in which the common mean, and its noise, drop out.
    var matrix = plain
    for (condition, trials) in conditions.trials.enumerated() where trials.count > 1 {
      let deviations = states.rows(trials).centered
      let squares = deviations.values.reduce(0) { $0 + $1 * $1 }
      matrix[condition, condition] -= squares / Double(trials.count * (trials.count - 1))
    }
    noiseFree = matrix
  }
}

/// The vectors from every lower to every upper condition, and the cosines between them.
private struct CodingVectors {
  let lower: [Int]
  let upper: [Int]
  let products: DoubleMatrix

  /// `(u₁ - l₁)·(u₂ - l₂)`, by place in both lists.
  private func product(_ first: (Int, Int), _ second: (Int, Int)) -> Double {
    let (l1, u1) = (lower[first.0], upper[first.1])
    let (l2, u2) = (lower[second.0], upper[second.1])
    return products[u1, u2] - products[u1, l2] - products[l1, u2] + products[l1, l2]
  }

  func cosine(_ first: (Int, Int), _ second: (Int, Int)) -> Double? {
    let squares = (product(first, first), product(second, second))
    guard squares.0 > 0, squares.1 > 0 else { return nil }
    return product(first, second) / (squares.0 * squares.1).squareRoot()
  }

  /// Over pairs of the vectors from each lower condition to the upper one in its place.
  var meanCosine: Double? {
    var cosines: [Double] = []
    for first in lower.indices {
      for second in lower.indices where second > first {
        guard let value = cosine((first, first), (second, second)) else { return nil }
        cosines.append(value)
      }
    }
    return mean(cosines)
  }

  /// Every two pairs without a common condition are in equally many pairings, so no pairing has to
  /// be listed.
  var meanOverPairings: Double? {
    var cosines: [Double] = []
    for (first, second) in pairs(lower.count) {
      for (one, other) in pairs(upper.count) {
        guard let straight = cosine((first, one), (second, other)),
          let crossed = cosine((first, other), (second, one))
        else { return nil }
        cosines += [straight, crossed]
      }
    }
    return mean(cosines)
  }

  var bestPairing: Double? {
    let count = lower.count
    // Cosines of pair (i, a) with pair (j, b), looked up by the search.
    var table = [Double](repeating: 0, count: count * count * count * count)
    for i in 0..<count {
      for a in 0..<count {
        for j in 0..<count where j != i {
          for b in 0..<count where b != a {
            guard let value = cosine((i, a), (j, b)) else { return nil }
            table[((i * count + a) * count + j) * count + b] = value
          }
        }
      }
    }
    var partners: [Int] = []
    func best(_ sum: Double) -> Double {
      let next = partners.count
      guard next < count else { return sum }
      var found = -Double.infinity
      for choice in 0..<count where !partners.contains(choice) {
        var gained = 0.0
        for (earlier, partner) in partners.enumerated() {
          gained += table[((earlier * count + partner) * count + next) * count + choice]
        }
        partners.append(choice)
        found = max(found, best(sum + gained))
        partners.removeLast()
      }
      return found
    }
    return best(0) / Double(count * (count - 1) / 2)
  }

  private func pairs(_ count: Int) -> [(Int, Int)] {
    (0..<count).flatMap { first in (first + 1..<max(count, first + 1)).map { (first, $0) } }
  }
}

extension Conditions {
  /// The lower and upper conditions that differ in nothing but the one factor which tells the sides
  /// apart; none where no factor does, or several.
  package func matched(_ dichotomy: Dichotomy) -> [(lower: Int, upper: Int)] {
    let (lower, upper) = (dichotomy.lower, dichotomy.upper)
    let factors = levelCounts.indices.filter { factor in
      let below = Set(lower.map { levels[$0][factor] })
      return below.isDisjoint(with: upper.map { levels[$0][factor] })
    }
    guard factors.count == 1, let factor = factors.first else { return [] }
    return lower.compactMap { condition in
      upper.first { other in
        levelCounts.indices.allSatisfy {
          $0 == factor || levels[condition][$0] == levels[other][$0]
        }
      }.map { (condition, $0) }
    }
  }
}
