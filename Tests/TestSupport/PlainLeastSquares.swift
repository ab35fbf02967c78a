/// Ordinary least squares with an intercept in double precision, by Gauss and Jordan's elimination
/// with pivots.
///
/// Columns that carry nothing get the weight zero.
package struct PlainLeastSquares {
  /// `[width + 1, outputs]`, row by row; the last row is the intercept.
  private var weights: [[Double]]

  /// Fits `outputs` by `rows`: of each observation what is explained, and what explains it.
  package init(of outputs: [[Double]], by rows: [[Double]]) {
    let width = rows[0].count + 1
    let answers = outputs[0].count
    var system = [[Double]](
      repeating: [Double](repeating: 0, count: width + answers),
      count: width
    )
    for (row, output) in zip(rows, outputs) {
      let explaining = row + [1]
      let all = explaining + output
      for i in 0..<width {
        for j in 0..<width + answers { system[i][j] += explaining[i] * all[j] }
      }
    }
    let scale = (0..<width).reduce(0) { max($0, system[$1][$1]) }
    weights = [[Double]](repeating: [Double](repeating: 0, count: answers), count: width)
    var free = Set(0..<width)
    var pivots: [(row: Int, column: Int)] = []
    for column in 0..<width {
      let best = free.max { system[$0][column].magnitude < system[$1][column].magnitude }
      guard let pivot = best, system[pivot][column].magnitude > 1e-12 * scale else { continue }
      free.remove(pivot)
      pivots.append((pivot, column))
      let factor = 1 / system[pivot][column]
      for j in 0..<width + answers { system[pivot][j] *= factor }
      for i in 0..<width where i != pivot && system[i][column] != 0 {
        let share = system[i][column]
        for j in 0..<width + answers { system[i][j] -= share * system[pivot][j] }
      }
    }
    for (row, column) in pivots { weights[column] = Array(system[row][width...]) }
  }

  package func prediction(for row: [Double]) -> [Double] {
    var result = weights[weights.count - 1]
    for (index, value) in row.enumerated() {
      for answer in result.indices { result[answer] += value * weights[index][answer] }
    }
    return result
  }

  /// 1 - MSE / variance, the variance being that of `outputs` about their own mean, pooled.
  package func r2(of outputs: [[Double]], by rows: [[Double]]) -> Double {
    let count = Double(outputs.count)
    var error = 0.0
    var variance = 0.0
    for answer in outputs[0].indices {
      let mean = outputs.reduce(0) { $0 + $1[answer] } / count
      for output in outputs { variance += (output[answer] - mean) * (output[answer] - mean) }
    }
    for (row, output) in zip(rows, outputs) {
      for (found, wanted) in zip(prediction(for: row), output) {
        error += (found - wanted) * (found - wanted)
      }
    }
    return 1 - error / variance
  }
}
