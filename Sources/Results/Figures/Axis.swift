import Foundation

/// One axis of a panel: what it measures, in which unit, from where to where.
package struct Axis: Hashable, Sendable {
  package enum Scale: Hashable, Sendable {
    case linear
    case logarithmic
  }

  /// A place on the axis that carries a label.
  package struct Tick: Hashable, Sendable {
    package let value: Double
    package let label: String

    package init(_ value: Double, _ label: String) {
      self.value = value
      self.label = label
    }
  }

  package let label: String
  package let unit: String?
  package let scale: Scale
  package let range: ClosedRange<Double>
  /// Ticks in ascending order; those that were not given are round numbers.
  package let ticks: [Tick]
  /// Whether the ticks were given: then a zoomed plot keeps them.
  package let hasGivenTicks: Bool
  /// Where a reader expects the axis to start, such as 0 for r²; an axis that starts above says so.
  package let expectedStart: Double?

  /// A range of one value is widened about it.
  ///
  /// - Precondition: The range is finite; on a logarithmic scale it is positive.
  package init(
    _ label: String,
    unit: String? = nil,
    scale: Scale = .linear,
    range: ClosedRange<Double>,
    ticks: [Tick]? = nil,
    expectedStart: Double? = nil
  ) {
    precondition(
      range.lowerBound.isFinite && range.upperBound.isFinite,
      "the axis \(label) runs from \(range.lowerBound) to \(range.upperBound)"
    )
    precondition(
      scale == .linear || range.lowerBound > 0,
      "the logarithmic axis \(label) starts at \(range.lowerBound)"
    )
    self.label = label
    self.unit = unit
    self.scale = scale
    self.range =
      if range.lowerBound < range.upperBound {
        range
      } else if scale == .logarithmic {
        (range.lowerBound / 2)...(range.upperBound * 2)
      } else {
        (range.lowerBound - 0.5)...(range.upperBound + 0.5)
      }
    self.ticks = ticks ?? Self.roundTicks(in: self.range, scale: scale)
    self.hasGivenTicks = ticks != nil
    self.expectedStart = expectedStart
  }

  /// Label and unit.
  package var title: String {
    guard let unit else { return label }
    return "\(label) (\(unit))"
  }

  /// What an axis says that doesn't start where its reader expects.
  package var note: String? {
    guard let expectedStart, range.lowerBound > expectedStart else { return nil }
    return "axis from \(Self.text(range.lowerBound, decimals: 4))"
  }

  /// Whether a value is finite and on the axis, or off it by no more than rounding.
  package func contains(_ value: Double) -> Bool {
    let slack = 1e-9 * (range.upperBound - range.lowerBound)
    return value.isFinite && value >= range.lowerBound - slack && value <= range.upperBound + slack
  }

  /// The value that stands `share` of the axis' length to the right of `value`.
  ///
  /// Series that were measured at the same places stand side by side this way.
  package func shifted(_ value: Double, by share: Double) -> Double {
    switch scale {
    case .linear: value + share * (range.upperBound - range.lowerBound)
    case .logarithmic: value * pow(range.upperBound / range.lowerBound, share)
    }
  }
}

extension Axis {
  /// An axis for r², which ends at 1 and starts at 0, or lower where `lowest` needs it.
  ///
  /// With `start` it begins there instead; its ``note`` then says so.
  package static func rSquared(
    _ label: String = "r²",
    lowest: Double = 0,
    from start: Double? = nil
  ) -> Axis {
    let below = lowest.isFinite ? (lowest / 0.2).rounded(.down) * 0.2 : 0
    return Axis(label, range: (start ?? min(0, below))...1, expectedStart: 0)
  }

  /// An axis for r² that holds all of some values, also where the least of them lie far below zero.
  ///
  /// Only values that would leave the others no room are outside: those more than five, and more than
  /// four times as far as the median, below 1. So half of them are always on the axis.
  package static func rSquared(_ label: String = "r²", holding values: [Double]) -> Axis {
    let depths = values.filter(\.isFinite).map { 1 - $0 }.sorted()
    guard !depths.isEmpty else { return rSquared(label) }
    let limit = max(5, 4 * depths[depths.count / 2])
    return rSquared(label, lowest: 1 - (depths.last { $0 <= limit } ?? 1))
  }

  /// A linear axis that holds whole numbers, such as steps, and has its ticks at whole numbers.
  package static func whole(_ values: [Int], _ label: String) -> Axis {
    let (first, last) = (values.min() ?? 0, values.max() ?? 1)
    let step = Self.wholeStep(over: last - first)
    let start = Int((Double(first) / Double(step)).rounded(.up)) * step
    let margin = max(0.5, 0.05 * Double(last - first))
    return Axis(
      label,
      range: (Double(first) - margin)...(Double(last) + margin),
      ticks: stride(from: start, through: last, by: step).map { Tick(Double($0), String($0)) }
    )
  }

  /// 1, 2 or 5 times a power of ten, of which a span holds six at most.
  static func wholeStep(over span: Int) -> Int {
    var power = 1
    while span / (5 * power) > 6 { power *= 10 }
    return [1, 2, 5, 10].map { $0 * power }.first { span / $0 <= 6 } ?? 10 * power
  }

  /// A logarithmic axis with a tick at each of the values that were run.
  package static func logarithmic(_ label: String, at values: [Double], unit: String? = nil) -> Axis
  {
    let ordered = Set(values).sorted()
    guard let first = ordered.first, let last = ordered.last else {
      preconditionFailure("the axis \(label) has no values")
    }
    // A tenth of the length free on each side; one value alone gets a factor of two.
    let margin = last > first ? pow(last / first, 0.12) : 2
    return Axis(
      label,
      unit: unit,
      scale: .logarithmic,
      range: (first / margin)...(last * margin),
      ticks: ordered.map { Tick($0, text($0, decimals: 4)) }
    )
  }

  /// A linear axis that just holds the finite ones among `values`.
  package static func holding(
    _ values: [Double],
    _ label: String,
    unit: String? = nil,
    fromZero: Bool = false
  ) -> Axis {
    let finite = values.filter(\.isFinite)
    var lower = finite.min() ?? 0
    var upper = finite.max() ?? 1
    if fromZero { lower = min(0, lower) }
    if upper <= lower { (lower, upper) = (fromZero ? lower : lower - 0.5, lower + 0.5) }
    let margin = 0.05 * (upper - lower)
    return Axis(
      label,
      unit: unit,
      range: (fromZero && lower == 0 ? 0 : lower - margin)...(upper + margin),
      expectedStart: fromZero ? 0 : nil
    )
  }

  /// Multiples of 1, 2 or 5 times a power of ten, three to six of them; powers of ten on a
  /// logarithmic scale that spans two of them.
  private static func roundTicks(in range: ClosedRange<Double>, scale: Scale) -> [Tick] {
    if scale == .logarithmic {
      let first = Int(log10(range.lowerBound).rounded(.up))
      let last = Int((log10(range.upperBound) + 1e-9).rounded(.down))
      if last > first {
        let areShort = first >= -1 && last <= 3
        return (first...last).map { exponent in
          let value = pow(10, Double(exponent))
          return Tick(value, areShort ? text(value, decimals: 1) : powerOfTen(exponent))
        }
      }
    }
    let span = range.upperBound - range.lowerBound
    let power = pow(10, log10(span / 5).rounded(.down))
    let step = ([1, 2, 5, 10].first { span / ($0 * power) <= 5.01 } ?? 10) * power
    let decimals = max(0, Int((-log10(step) + 1e-9).rounded(.up)))
    let first = Int((range.lowerBound / step - 1e-9).rounded(.up))
    let last = Int((range.upperBound / step + 1e-9).rounded(.down))
    guard last >= first else { return [] }
    return (first...last).map { index in
      let value = Double(index) * step
      return Tick(value, text(value, decimals: decimals, padded: true))
    }
  }

  private static func powerOfTen(_ exponent: Int) -> String {
    let raised: [Character: Character] = [
      "-": "⁻", "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷",
      "8": "⁸", "9": "⁹",
    ]
    return "10" + String(String(exponent).compactMap { raised[$0] })
  }

  /// A number for people: at most (or, padded, exactly) so many decimals and a true minus sign.
  private static func text(_ value: Double, decimals: Int, padded: Bool = false) -> String {
    var text = String(format: "%.\(decimals)f", locale: Locale(identifier: "en_US_POSIX"), value)
    if !padded, text.contains(".") {
      while text.hasSuffix("0") { text.removeLast() }
      if text.hasSuffix(".") { text.removeLast() }
    }
    if text.allSatisfy({ "-0.".contains($0) }) {
      text = text.replacingOccurrences(of: "-", with: "")
    }
    return text.replacingOccurrences(of: "-", with: "−")
  }
}
