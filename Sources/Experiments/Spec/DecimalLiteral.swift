/// A number as people write it: `24`, `-0.5`, `.5`, `1e-3`.
///
/// YAML knows more ways, and reads `010` as 8 and `1:30` as 90; none of those is taken.
struct DecimalLiteral {
  /// The most characters of a number: to read a million digits takes the C library many seconds.
  static let limit = 1000

  /// The number as a text that Swift reads.
  private let text: String
  private let isNegative: Bool
  /// The value is ± `digits` · 10^`exponent`; without zeros at either end, so none for 0.
  private let digits: Substring.UnicodeScalarView
  private let exponent: Int

  /// - Returns: `nil` for a text of any other form.
  init?(_ text: String) {
    guard text.utf8.count <= Self.limit else { return nil }
    var rest = Substring(text).unicodeScalars
    isNegative = rest.first == "-"
    if rest.first == "-" || rest.first == "+" { rest.removeFirst() }

    let whole = rest.prefix(while: \.isDecimalDigit)
    rest = rest.dropFirst(whole.count)
    var fraction = rest.prefix(0)
    if rest.first == "." {
      fraction = rest.dropFirst().prefix(while: \.isDecimalDigit)
      rest = rest.dropFirst(1 + fraction.count)
    }
    guard !(whole.isEmpty && fraction.isEmpty), whole.count < 2 || whole.first != "0" else {
      return nil
    }

    var power = 0
    if rest.first == "e" || rest.first == "E" {
      guard let read = Self.exponent(rest.dropFirst()) else { return nil }
      power = read
    } else if !rest.isEmpty {
      return nil
    }

    var digits = whole
    digits.append(contentsOf: fraction)
    digits = digits.drop { $0 == "0" }
    var trailingZeros = 0
    while digits.last == "0" {
      digits.removeLast()
      trailingZeros += 1
    }
    self.digits = digits
    exponent = power - fraction.count + trailingZeros
    self.text = text
  }

  /// The exponent behind the `e`; one that no number of ours can have stays far out of range.
  private static func exponent(_ text: Substring.UnicodeScalarView) -> Int? {
    var digits = text
    if digits.first == "-" || digits.first == "+" { digits.removeFirst() }
    guard !digits.isEmpty, digits.allSatisfy(\.isDecimalDigit) else { return nil }
    let bound = 1_000_000
    let size = Int(String(digits)).map { min($0, bound) } ?? bound
    return text.first == "-" ? -size : size
  }

  /// Whether the value is whole, however it is written: 1e5 is.
  var isWhole: Bool { digits.isEmpty || exponent >= 0 }

  /// The value, where it is whole and below 10¹⁸.
  var whole: Int? {
    if digits.isEmpty { return 0 }
    guard exponent >= 0, digits.count + exponent <= 18 else { return nil }
    let size = Int(String(digits) + String(repeating: "0", count: exponent))
    return isNegative ? size.map(-) : size
  }

  /// The nearest double, without a sign on zero; infinite where the value is too large for one.
  var double: Double { (Double(text) ?? .nan) + 0 }
}

extension Unicode.Scalar {
  fileprivate var isDecimalDigit: Bool { ("0"..."9").contains(self) }
}
