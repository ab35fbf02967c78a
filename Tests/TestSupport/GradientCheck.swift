/// A gradient against central differences, (f(x + h) - f(x - h)) / 2h with h = 1e-6·max(1, |x|).
///
/// In double precision a loss near 1 has rounding errors of about 1e-16, which the division turns
/// into 1e-10; the next term of the series adds h² f‴ / 6, about 1e-13. Gradients near 0.01 are so
/// confirmed to about 1e-8 of the largest one.
package struct GradientCheck {
  /// The largest difference over the gradient's largest magnitude.
  package private(set) var worst = 0.0
  package private(set) var checked = 0
  /// Coordinates at which the function has a kink within the step.
  package private(set) var skipped = 0

  /// - Parameters:
  ///   - gradient: What is checked, one number for each parameter.
  ///   - parameters: Where.
  ///   - evaluate: The function's value and its branch: any value that changes where a kink is
  ///     crossed, such as the signs of all arguments of a rectifier.
  package init<Branch: Equatable>(
    of gradient: [Double],
    at parameters: [Double],
    _ evaluate: ([Double]) -> (value: Double, branch: Branch)
  ) {
    precondition(gradient.count == parameters.count, "a gradient has a number for each parameter")
    let largest = gradient.reduce(0) { max($0, $1.magnitude) }
    var shifted = parameters
    for index in parameters.indices {
      let step = 1e-6 * max(1, parameters[index].magnitude)
      shifted[index] = parameters[index] + step
      let above = evaluate(shifted)
      // The step that was really taken, after rounding.
      let upper = shifted[index]
      shifted[index] = parameters[index] - step
      let below = evaluate(shifted)
      let width = upper - shifted[index]
      shifted[index] = parameters[index]
      guard above.branch == below.branch else {
        skipped += 1
        continue
      }
      let slope = (above.value - below.value) / width
      let error = (slope - gradient[index]).magnitude / largest
      worst = error.isFinite ? max(worst, error) : .infinity
      checked += 1
    }
  }
}
