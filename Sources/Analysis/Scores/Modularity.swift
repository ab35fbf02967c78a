import Compute

/// Whether each unit tells about one factor alone: `1 - Σ_{k ≠ best} I_k² / ((D - 1) I_best²)`.
///
/// Bound to axes. Source: Ridgeway and Mozer, NeurIPS 2018.
package struct Modularity: Sendable {
  /// `nil` for a unit that tells nothing.
  package let byUnit: [Double?]
  /// The mean over the units that tell something.
  package let modularity: Double
  /// Their share of all units.
  ///
  /// The source counts the others as 0: its value is the product of both.
  package let informativeShare: Double

  /// `nil` with fewer than two factors, and where no unit tells anything.
  package init?(_ information: MutualInformation) {
    let table = information.values
    guard table.columns > 1 else { return nil }
    byUnit = (0..<table.rows).map { unit in
      let squares = table.row(unit).map { $0 * $0 }
      guard let best = squares.max(), best > 0 else { return nil }
      return 1 - (squares.reduce(0, +) - best) / (best * Double(table.columns - 1))
    }
    let known = byUnit.compactMap { $0 }
    guard !known.isEmpty else { return nil }
    modularity = mean(known)
    informativeShare = Double(known.count) / Double(table.rows)
  }
}
