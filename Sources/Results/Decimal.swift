/// A number with a fixed count of decimals, rounded half away from zero: `0.6657`.
///
/// Without Foundation, so that neither a locale nor its loading time comes in.
///
/// - Parameters:
///   - value: A finite number below 10¹² in magnitude; others give "–".
///   - decimals: 0 … 9.
///   - leadingZero: Whether `0.94` keeps its zero; tables of r² leave it out.
/// - Returns: Its decimal notation, with a true minus sign.
package func fixed(_ value: Double?, _ decimals: Int, leadingZero: Bool = true) -> String {
  guard let value, value.isFinite, value.magnitude < 1e12 else { return "–" }
  var scale = 1
  for _ in 0..<decimals { scale *= 10 }
  let units = Int((value.magnitude * Double(scale)).rounded())
  let whole = units / scale
  var text = ""
  if decimals > 0 {
    let digits = String(units % scale)
    text = "." + String(repeating: "0", count: decimals - digits.count) + digits
  }
  if whole > 0 || leadingZero || decimals == 0 { text = String(whole) + text }
  return (value < 0 && units > 0 ? "−" : "") + text
}
