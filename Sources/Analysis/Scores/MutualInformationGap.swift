import Compute

/// MIG: by how much the best unit of a factor tells more about it than the second best, as a share of
/// the factor's entropy.
///
/// Bound to axes, and to the bins of ``MutualInformation``: two units that share a factor leave a gap
/// of zero, however well they code it. Source: Chen et al., NeurIPS 2018.
package struct MutualInformationGap: Sendable {
  /// `(I₁ - I₂)/H(factor)`; `nil` for a factor with one level.
  package let byFactor: [Double?]
  /// The mean over the factors that have one.
  package let gap: Double

  /// `nil` where no factor varies, and where there is no second unit.
  package init?(_ information: MutualInformation) {
    guard information.values.rows > 1 else { return nil }
    byFactor = information.entropies.indices.map { factor in
      guard information.entropies[factor] > 0 else { return nil }
      let gap = gapOfBestTwo(information.values.column(factor))
      return gap / information.entropies[factor]
    }
    let known = byFactor.compactMap { $0 }
    guard !known.isEmpty else { return nil }
    gap = mean(known)
  }
}

/// The largest minus the second largest of some values that aren't negative.
func gapOfBestTwo(_ values: [Double]) -> Double {
  var (first, second) = (0.0, 0.0)
  for value in values {
    if value > first {
      (first, second) = (value, first)
    } else if value > second {
      second = value
    }
  }
  return first - second
}
