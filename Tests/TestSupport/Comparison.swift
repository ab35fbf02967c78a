/// How far `value` is from `exact`, in units of the last place that single precision has there.
///
/// A correctly rounded result errs by at most 0.5. Below the smallest normal number the unit is
/// that of the smallest normal number.
package func errorInUlps(_ value: Float, _ exact: Double) -> Double {
  let unit = max(Float(exact.magnitude).ulp, Float.leastNormalMagnitude.ulp)
  return (Double(value) - exact).magnitude / Double(unit)
}

/// ‖value - expected‖ / ‖expected‖ over a whole tensor; not a number unless both have one length.
///
/// The norm of zero differences is 0 even where nothing is expected.
package func relativeDistance(
  _ value: some Collection<some BinaryFloatingPoint>,
  _ expected: some Collection<some BinaryFloatingPoint>
) -> Double {
  guard value.count == expected.count else { return .nan }
  var difference = 0.0
  var norm = 0.0
  for (one, other) in zip(value, expected) {
    let gap = Double(one) - Double(other)
    difference += gap * gap
    norm += Double(other) * Double(other)
  }
  return difference == 0 ? 0 : (difference / norm).squareRoot()
}

/// The largest difference over the largest expected magnitude; not a number unless both have one
/// length.
package func relativeToLargest(
  _ value: some Collection<some BinaryFloatingPoint>,
  _ expected: some Collection<some BinaryFloatingPoint>
) -> Double {
  guard value.count == expected.count else { return .nan }
  var difference = 0.0
  var largest = 0.0
  for (one, other) in zip(value, expected) {
    let gap = (Double(one) - Double(other)).magnitude
    // `max` forgets an argument that is not a number.
    guard gap.isFinite else { return .infinity }
    difference = max(difference, gap)
    largest = max(largest, Double(other).magnitude)
  }
  return difference == 0 ? 0 : difference / largest
}

/// The bits of some floats: unlike `==`, they tell 0 from -0 and find that NaN equals itself.
package func bits(_ values: some Sequence<Float>) -> [UInt32] { values.map(\.bitPattern) }
