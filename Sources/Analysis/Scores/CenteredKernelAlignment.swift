import Compute

/// Linear CKA: how alike two systems' tables of similarities between trials are.
///
/// 1 for the same code up to a rotation and one scale. States of many units over few trials look
/// alike by chance; the unbiased form takes that out, and is then around 0 (also below) for systems
/// that have nothing in common. Neither form notices weak directions: strong ones decide. Sources:
/// Kornblith et al., ICML 2019; the unbiased form, Song et al., JMLR 2012; what it can miss,
/// Davari et al., ICLR 2023.
package struct CenteredKernelAlignment: Sendable {
  /// `‖XᵀY‖² / (‖XᵀX‖ ‖YᵀY‖)`, centred; `nil` where a system doesn't vary.
  package let biased: Double?
  /// The same of unbiased estimates of all three; `nil` with fewer than four trials, and where a
  /// system's own estimate isn't positive.
  package let unbiased: Double?

  /// - Parameters:
  ///   - first: States of one system, `[n, H₁]`.
  ///   - second: Of another on the same trials, `[n, H₂]`.
  package init(_ first: DoubleMatrix, _ second: DoubleMatrix) {
    precondition(first.rows == second.rows, "two systems are compared on the same trials")
    let (x, y) = (first.centered, second.centered)
    let products = (
      cross: x.transposedTimes(y).sumOfSquares, x: x.gram.sumOfSquares, y: y.gram.sumOfSquares
    )
    let squares = (x: x.squaredLengths, y: y.squaredLengths)
    biased = ratio(products.cross, products.x, products.y)
    guard first.rows > 3 else {
      unbiased = nil
      return
    }
    unbiased = ratio(
      debiased(products.cross, squares.x, squares.y),
      debiased(products.x, squares.x, squares.x),
      debiased(products.y, squares.y, squares.y)
    )
  }
}

private func ratio(_ cross: Double, _ first: Double, _ second: Double) -> Double? {
  guard first > 0, second > 0 else { return nil }
  return cross / (first * second).squareRoot()
}

/// `n (n - 3)` times the unbiased HSIC of two linear kernels.
///
/// With `K = XXᵀ` and `L = YYᵀ` of centred states and their diagonals taken away, Song's
/// `tr KL + 1ᵀK1 1ᵀL1 / ((n-1)(n-2)) - 2/(n-2) 1ᵀKL1` needs no table of trials by trials: rows of
/// `K` then add up to `-|xᵢ|²`, and `tr KL = ‖XᵀY‖² - Σ |xᵢ|²|yᵢ|²`.
private func debiased(_ product: Double, _ first: [Double], _ second: [Double]) -> Double {
  let n = Double(first.count)
  let diagonal = zip(first, second).reduce(0) { $0 + $1.0 * $1.1 }
  let totals = first.reduce(0, +) * second.reduce(0, +)
  return product - n / (n - 2) * diagonal + totals / ((n - 1) * (n - 2))
}

extension DoubleMatrix {
  var sumOfSquares: Double { values.reduce(0) { $0 + $1 * $1 } }

  var squaredLengths: [Double] { (0..<rows).map(squaredLength(ofRow:)) }
}
