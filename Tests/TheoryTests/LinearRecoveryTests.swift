import Compute
import RealModule
import Testing
import Theory
import Trials

@Suite("RecoveryTests: flat boundaries")
struct LinearRecoveryTests {
  private func planes(_ normals: [[Double]], _ offsets: [Double]) -> [Hyperplane] {
    zip(normals, offsets).map { Hyperplane(normal: $0, offset: $1) }
  }

  private func near(_ found: [Double], _ expected: [Double], _ tolerance: Double) -> Bool {
    found.count == expected.count && zip(found, expected).allSatisfy { abs($0 - $1) < tolerance }
  }

  @Test("The ideal logit and its inverse agree over ±450, where probabilities have no digits")
  func logits() throws {
    for row in try Oracle.load().logits {
      #expect(agree(IdealLogit.value(row.z), row.logit, within: 1e-13))
      #expect(agree(IdealLogit.inverse(row.logit), row.z, within: 1e-13))
    }
    for step in -450...450 {
      let logit = Double(step) + 0.25
      let (z, slope) = IdealLogit.inverseAndSlope(logit)
      // A logit of 450 with an ulp of 5e-14, divided by a slope of 30 and more.
      #expect(agree(IdealLogit.value(z), logit, within: 2e-14))
      #expect(agree(slope, IdealLogit.slope(z), within: 1e-8))
      let width = 1e-4
      let difference = (IdealLogit.value(z + width) - IdealLogit.value(z - width)) / (2 * width)
      // Central differences err by width², and by 1e-13/width of rounding.
      #expect(agree(difference, slope, within: 1e-7))
    }
    #expect(IdealLogit.inverse(0) == 0 && IdealLogit.inverse(.infinity) == .infinity)
    #expect(abs(IdealLogit.slope(0) - 4 / Double.sqrt(2 * .pi)) < 1e-15)
  }

  @Test("Sigmoid and Φ: the fits and constants of the reference")
  func sigmoid() throws {
    #expect(abs(SigmoidApproximation.slopeMatched - 0.62665706865775) < 1e-13)
    #expect(abs(SigmoidApproximation.varianceMatched - 0.551328895421792) < 1e-13)
    let (factor, error) = SigmoidApproximation.minimax
    #expect(abs(factor - 0.587632135011742) < 1e-6 && abs(error - 0.00945730955215218) < 1e-8)
    for fit in try RecoveryOracle.load().sigmoid where fit.range <= 10 {
      #expect(abs(SigmoidApproximation.leastSquares(within: fit.range) - fit.leastSquares) < 1e-6)
      let (factor, error) = SigmoidApproximation.minimax(within: fit.range)
      // The reference has its largest difference on a grid, which is less than the true one.
      #expect(abs(factor - fit.minimax) < 2e-6 && abs(error - fit.largestError) < 1e-7)
    }
  }

  @Test("Exact outputs give the latent, noisy ones the reference's least squares")
  func references() throws {
    let cases = try RecoveryOracle.load().exact
    #expect(cases.count == 8)
    for example in cases {
      let scale = Evidence(deviation: example.sigma, looks: example.t).posteriorScale
      let recovery = LinearRecovery(
        boundaries: planes(example.normals, example.offsets),
        scale: scale
      )
      #expect(recovery.rank == example.mu.count)
      #expect(agree(try #require(recovery.condition), example.condition, within: 1e-8))
      let exact = example.outputs.map(IdealLogit.logit(ofProbability:))
      for estimate in [
        recovery.plain(exact), recovery.weighted(exact, .logit),
        recovery.weighted(exact, .relativeLogit), recovery.weighted(exact, .labels),
      ] {
        // Outputs of 15 digits keep 9 of the odds at |z| = 5.
        #expect(near(estimate, example.mu, 1e-8))
      }
      let noisy = example.noisy.map(IdealLogit.logit(ofProbability:))
      #expect(near(recovery.plain(noisy), example.plain, 1e-8))
      #expect(near(recovery.weighted(noisy, .logit), example.weighted, 1e-8))

      let square = example.noiseDeviation * example.noiseDeviation
      for (found, expected) in [
        (recovery.plainCovariance(at: exact), example.plainCovariance),
        (recovery.weightedCovariance(at: exact, .logit), example.weightedCovariance),
      ] {
        let expected = try #require(expected).flatMap { $0 }
        let found = try #require(found)
        #expect(near(found.values.map { $0 * square }, expected, 1e-10))
      }
    }
  }

  @Test("Any covariance of the noise and any length of the normals")
  func anisotropic() throws {
    for example in try RecoveryOracle.load().anisotropic {
      let covariance = DoubleMatrix(
        rows: example.latent.count,
        columns: example.latent.count,
        values: example.covariance.flatMap { $0 }.map { $0 / Double(example.t) }
      )
      let recovery = LinearRecovery(
        boundaries: planes(example.normals, example.offsets),
        covariance: covariance
      )
      let logits = example.outputs.map(IdealLogit.logit(ofProbability:))
      #expect(near(recovery.plain(logits), example.latent, 1e-8))
    }
  }

  @Test("The flat formula on box-optimal outputs loses next to nothing", arguments: [2, 3, 6])
  func boxOutputs(count: Int) throws {
    let row = try #require(
      try RecoveryOracle.load().boxOutputs.first { $0.sigma == 0.2 && $0.count == count }
    )
    let lines = BoundaryFamily.evenlySpacedLines(count: count).boundaries(dimensions: 2, seed: 0)
      .compactMap(\.hyperplane)
    let scale = Evidence(deviation: 0.2, looks: 20).posteriorScale
    let recovery = LinearRecovery(boundaries: lines, scale: scale)
    let seen = SeenLatents(2000, scale: scale, seed: 7)
    let logits = seen.means.flatMap { center in
      let posterior = BoxPosterior(center: center, scale: scale)
      return lines.map { posterior.logOdds(above: $0) }
    }
    // 4000 squared errors scatter by √2 of their mean: 5e-4, and the reference has 1e-3.
    let tolerance = 4 * (5e-4 + 1e-3 / 4)
    #expect(abs(seen.r2(of: recovery.plain(logits)) - row.plain) < tolerance)
    // Walls change little where outputs are ideal.
    #expect(abs(seen.r2(of: recovery.box(logits)) - row.plain) < tolerance)
  }

  @Test("Within walls the estimate is the least of a fine grid, and saturated outputs keep sides")
  func walls() {
    let lines = [
      Hyperplane(normal: [1, 0], offset: 0.3), Hyperplane(normal: [0.6, 0.8], offset: -0.1),
      Hyperplane(normal: [-0.8, 0.6], offset: 0.2),
    ]
    let recovery = LinearRecovery(boundaries: lines, scale: 0.1)
    for logits in [[9.0, 2.0, -3.0], [.infinity, -1.0, 0.5], [9.0, -.infinity, 1.0]] {
      let isResolved = logits.allSatisfy(\.isFinite)
      let found =
        isResolved
        ? recovery.box(logits, resolution: 1e9) : recovery.weighted(logits, .relativeLogit)
      func cost(_ x: Double, _ y: Double) -> Double {
        zip(lines, logits).reduce(0) { sum, term in
          let (line, logit) = term
          let distance = line.signedDistance(of: [x, y]) / 0.1
          if logit.isInfinite {
            // 5.3 deviations beyond the line, but no farther than the box reaches.
            let (side, corner) = (
              logit > 0 ? 1.0 : -1.0, line.normal.reduce(0) { $0 + abs($1) / 2 }
            )
            let (z, slope) = IdealLogit.inverseAndSlope(16.6)
            let least = min(z, (corner - side * line.offset) / 0.1)
            let error = max(0, least - side * distance) * slope / 16.6
            return sum + error * error
          }
          let (z, slope) = IdealLogit.inverseAndSlope(logit)
          let error = (distance - z) * slope / max(1, abs(logit))
          return sum + error * error
        }
      }
      let best = cost(found[0], found[1])
      let reach = isResolved ? 50 : 100
      #expect(!isResolved || found.allSatisfy { abs($0) <= 0.5 })
      var least = Double.infinity
      for x in -reach...reach {
        for y in -reach...reach { least = min(least, cost(Double(x) / 100, Double(y) / 100)) }
      }
      // Minima of a convex function, found to 1e-13.
      #expect(best <= least + 1e-9)
    }
  }

  @Test(
    "With saturated outputs the weighted estimate has the least cost, and exact ones keep all sides",
    arguments: 0..<24
  )
  func descent(seed: Int) {
    let dimensions = 2 + seed % 3
    let count = dimensions + seed % (7 - dimensions)
    let scale = 0.0447
    func numbers(_ purpose: RandomPurpose, _ rows: Int, _ columns: Int) -> Matrix {
      var matrix = Matrix(rows: rows, columns: columns)
      RandomStream(seed: UInt64(seed), purpose: purpose).fillNormal(matrix.mutableView)
      return matrix
    }
    let trials = 150
    let (draws, places) = (
      numbers(.evalNoise, dimensions + 1, count), numbers(.evalLatent, dimensions, trials)
    )
    let planes = (0..<count).map { column in
      Hyperplane(
        normal: (0..<dimensions).map { Double(draws[$0, column]) },
        offset: 0.3 * Double(draws[dimensions, column])
      )
    }
    let recovery = LinearRecovery(boundaries: planes, scale: scale)
    // Probabilities of single precision: half of them and more are 0 or 1.
    let logits = (0..<trials).flatMap { trial in
      planes.map { plane in
        let latent = (0..<dimensions).map { 0.3 * Double(places[$0, trial]) }
        let logit = IdealLogit.value(plane.signedDistance(of: latent) / scale)
        return logit.magnitude > 16.6 ? (logit > 0 ? .infinity : -.infinity) : logit
      }
    }
    // What no latent explains: sides at random.
    let contrary = logits.enumerated().map { index, logit in
      logit.isInfinite && index % 3 == 0 ? -logit : logit
    }
    let (z, slope) = IdealLogit.inverseAndSlope(16.6)
    for (answers, isExact) in [(logits, true), (contrary, false)] {
      let found = recovery.weighted(answers, .relativeLogit)
      #expect(found.allSatisfy { $0.isFinite })
      for trial in 0..<trials {
        let own = Array(answers[trial * count..<(trial + 1) * count])
        // Rows of length one over s, times the root of their weight, and how far along them.
        typealias Row = (normal: [Double], place: Double, root: Double, side: Double)
        let rows: [Row] = zip(planes, own).map { plane, logit -> Row in
          let normal = plane.normal.map { $0 / plane.normalLength }
          let offset = plane.offset / plane.normalLength
          guard logit.isInfinite else {
            let (z, slope) = IdealLogit.inverseAndSlope(logit)
            return (normal, scale * z + offset, slope / max(1, abs(logit)) / scale, 0.0)
          }
          let side = logit > 0 ? 1.0 : -1.0
          let corner = normal.reduce(0) { $0 + abs($1) / 2 }
          let place = side * max(side * offset, min(scale * z + side * offset, corner))
          return (normal, place, slope / 16.6 / scale, side)
        }
        func cost(_ latent: [Double], gradient: inout [Double]) -> Double {
          gradient = latent.map { _ in 0 }
          var sum = 0.0
          for (normal, place, root, side) in rows {
            let residual = zip(normal, latent).reduce(-place) { $0 + $1.0 * $1.1 } * root
            guard side * residual <= 0 else { continue }
            sum += residual * residual
            for index in latent.indices { gradient[index] += residual * root * normal[index] }
          }
          return sum
        }
        var gradient: [Double] = []
        let latent = Array(found[trial * dimensions..<(trial + 1) * dimensions])
        let least = cost(latent, gradient: &gradient)
        // Majorized by all rows together, with Nesterov's steps: no Newton, and no choice of rows.
        let bound = rows.reduce(0.0) { $0 + $1.root * $1.root }
        var (point, ahead) = (latent.map { _ in 0.0 }, latent.map { _ in 0.0 })
        var reference = Double.infinity
        for step in 0..<2000 {
          _ = cost(ahead, gradient: &gradient)
          let next = zip(ahead, gradient).map { $0 - $1 / bound }
          ahead = zip(next, point).map { $0 + ($0 - $1) * Double(step) / Double(step + 3) }
          point = next
          reference = min(reference, cost(point, gradient: &gradient))
        }
        // The same least cost to rounding: squares of up to hundreds of s, summed.
        #expect(least <= reference + 1e-9 * (1 + reference), "\(least) \(reference) \(own)")
        // Exact outputs have a latent that explains them all, to the rounding of normals of float.
        if isExact {
          #expect(least < 1e-9)
          // Of all that do, it is the shortest.
          let own = (0..<dimensions).reduce(0.0) { sum, row in
            let place = 0.3 * Double(places[row, trial])
            return sum + place * place
          }
          let size = latent.reduce(0.0) { $0 + $1 * $1 }
          #expect(size.squareRoot() < own.squareRoot() + 1e-4)
        }
      }
    }
  }

  @Test("Sides alone place the latent behind their boundaries, as far as outputs saturate")
  func sides() {
    let recovery = LinearRecovery(boundaries: planes([[1, 0], [0, 1]], [0, 0]), scale: 0.0447)
    let margin = 0.0447 * IdealLogit.inverse(16.6)
    for (x, y) in [(1.0, 1.0), (-1, -1), (1, -1)] {
      let found = recovery.weighted([x * .infinity, y * .infinity], .relativeLogit)
      #expect(near(found, [x * margin, y * margin], 1e-9), "\(found)")
    }
    // No farther than the box reaches.
    let coarse = LinearRecovery(boundaries: planes([[1]], [0.2]), scale: 1)
    #expect(near(coarse.weighted([.infinity], .logit), [0.5], 1e-9))
    // Where noise is small, sides that no latent has together: finite all the same.
    let lines = planes(
      [[0.06, 0.87, 1.46], [-0.88, 0.45, -1.18], [0.23, 0.98, 0.47], [1.25, 0.75, 1.42]],
      [0, 0, 0, 0]
    )
    let space = LinearRecovery(boundaries: lines, scale: 0.2 / 20.0.squareRoot())
    let logits = [Double.infinity, IdealLogit.logit(ofProbability: 2.2e-27), .infinity, .infinity]
    #expect(space.weighted(logits, .relativeLogit).allSatisfy { abs($0) < 10 })
  }

  @Test(
    "Where logits beyond ±5 say sides only, ideal outputs give what an independent program finds",
    arguments: [(2, 0.812), (3, 0.895), (6, 0.927), (12, 0.954), (24, 0.973)]
  )
  func resolution(count: Int, expected: Double) {
    // Python with numpy and scipy, the same rule written anew, 8000 trials: errors of 0.004 at most.
    let lines = BoundaryFamily.evenlySpacedLines(count: count).boundaries(dimensions: 2, seed: 0)
      .compactMap(\.hyperplane)
    let scale = Evidence(deviation: 0.2, looks: 20).posteriorScale
    let recovery = LinearRecovery(boundaries: lines, scale: scale)
    let seen = SeenLatents(8000, scale: scale, seed: 9)
    let logits = seen.means.flatMap { center in
      let posterior = FlatPosterior(center: center, scale: scale)
      return lines.map { posterior.logOdds(above: $0) }
    }
    let r2 = seen.r2(of: recovery.box(logits, error: 0.1, resolution: 5))
    #expect(abs(r2 - expected) < 0.015, "\(r2)")
  }

  @Test(
    "The posterior mean in the box is the sum over a grid, from outputs of an observer with noise",
    arguments: [0.03, 0.1, 0.5, 3, 100]
  )
  func posteriorMean(scale: Double) {
    let normals = [[1, 0.2], [0.6, 0.8], [0.9, -0.1]]
    let offsets = [0.1, -0.1, 0.2]
    let recovery = LinearRecovery(boundaries: planes(normals, offsets), scale: scale)
    for center in [[0.1, -0.2], [0.47, 0.1], [0.45, -0.48], [0.56, 0.6]] {
      let logits = planes(normals, offsets).map {
        IdealLogit.value($0.signedDistance(of: center) / scale)
      }
      var information = DoubleMatrix(rows: 2, columns: 2)
      for (plane, logit) in zip(planes(normals, offsets), logits) {
        let slope = IdealLogit.inverseAndSlope(logit).slope / max(1, logit.magnitude)
        let deviation = 0.1 * scale / slope
        information.addOuterProduct(of: plane.normal.map { $0 / plane.normalLength / deviation })
      }
      let root = SingularValues(information).pseudoinverse
      let (a, b, c) = (
        root[0, 0] + scale * scale, root[0, 1], root[1, 1] + scale * scale
      )
      let divisor = a * c - b * b
      // Midpoints: the narrowest posterior, of deviation 0.03, is 12 cells wide.
      let cells = 400
      var (mass, sum) = (0.0, [0.0, 0.0])
      for row in 0..<cells {
        for column in 0..<cells {
          let x = (Double(row) + 0.5) / Double(cells) - 0.5
          let y = (Double(column) + 0.5) / Double(cells) - 0.5
          let (dx, dy) = (x - center[0], y - center[1])
          let form = (c * dx * dx - 2 * b * dx * dy + a * dy * dy) / divisor
          let weight = Double.exp(-0.5 * form)
          mass += weight
          sum[0] += weight * x
          sum[1] += weight * y
        }
      }
      let found = recovery.box(logits)
      // Expectation propagation is exact for independent coordinates only: in a corner, where these
      // hang together by the outputs' errors, it is right to less than a tenth of the deviation.
      let isNear = near(found, sum.map { $0 / mass }, 2.5e-3)
      #expect(isNear, "\(scale) \(center): \(found), \(sum.map { $0 / mass })")
    }
  }

  @Test(
    "Probabilities of single precision, half of them saturated, hold the latent as well as exact ones",
    arguments: [(6, 0.0447), (24, 0.0447), (24, 0.01)]
  )
  func saturatedMean(count: Int, scale: Double) {
    let lines = BoundaryFamily.evenlySpacedLines(count: count).boundaries(dimensions: 2, seed: 0)
      .compactMap(\.hyperplane)
    let recovery = LinearRecovery(boundaries: lines, scale: scale)
    let seen = SeenLatents(2000, scale: scale, seed: 11)
    let logits = seen.means.flatMap { center in
      lines.map { line in
        let logit = IdealLogit.value(line.signedDistance(of: center) / scale)
        return logit.magnitude > 16.6 ? (logit > 0 ? .infinity : -.infinity) : logit
      }
    }
    // Python with numpy, the walls by a grid, 3000 trials: .9773, .9777 and .9927; errors of 5e-4.
    let expected = scale == 0.01 ? 0.9927 : count == 24 ? 0.9777 : 0.9773
    let found = seen.r2(of: recovery.box(logits))
    #expect(abs(found - expected) < 0.003, "\(found)")
  }

  @Test("In one dimension the posterior mean is the closed form, and saturated outputs keep sides")
  func lineMean() {
    for scale in [1e-50, 0.01, 0.2, 1, 100, 1e50] {
      let recovery = LinearRecovery(boundaries: planes([[2]], [0.2]), scale: scale)
      let logit = IdealLogit.value(0.15 / scale)
      guard logit < 1e150 else { continue }
      let (_, slope) = IdealLogit.inverseAndSlope(logit)
      let deviation = 0.1 * max(1, logit) / slope
      // Of μ at 0.25, known to 0.1 max(1, l)/l' · s.
      let whole = scale * (1 + deviation * deviation).squareRoot()
      let expected = BoxPosterior(center: [0.25], scale: whole).mean
      #expect(near(recovery.box([logit]), expected, 1e-9), "\(scale)")
      let (up, down) = (recovery.box([.infinity])[0], recovery.box([-.infinity])[0])
      #expect(up > down && up <= 0.5 && down >= -0.5)
      // Uniform beyond 0.155, or below 0.045, but for the normal law that stands for it; at a large
      // scale noise says all, and the box nothing.
      if scale == 0.01 { #expect(abs(up - 0.3275) < 0.02 && abs(down + 0.2275) < 0.02) }
      if scale >= 100 { #expect(abs(up) < 0.01 && abs(down) < 0.01) }
    }
  }

  @Test("What the boundaries don't see is reported, not invented")
  func rank() {
    let recovery = LinearRecovery(
      boundaries: planes([[1, 0], [2, 0], [-1, 0]], [0, 0.2, 0.1]),
      scale: 0.1
    )
    #expect(recovery.rank == 1 && recovery.condition == nil)
    let logits = [0.2, 0.1, -0.3].map { IdealLogit.value($0 / 0.1) }
    #expect(near(recovery.plain(logits), [0.2, 0], 1e-12))
    #expect(near(recovery.weighted(logits, .relativeLogit), [0.2, 0], 1e-9))
    // Also where no axis is invisible: half of (0.2, 0.2) along (1, 1).
    let diagonal = LinearRecovery(boundaries: planes([[1, 1], [2, 2]], [0, 0]), scale: 0.1)
    let sums = [0.2, 0.2].map { IdealLogit.value($0 / 2.0.squareRoot() / 0.1) }
    #expect(near(diagonal.plain(sums), [0.1, 0.1], 1e-12))
    #expect(near(diagonal.weighted(sums, .relativeLogit), [0.1, 0.1], 1e-9))
  }

  @Test(
    "The box's predicted covariance is that of its errors, cut off or not",
    arguments: [5, nil]
  )
  func boxCovariance(resolution: Double?) {
    let lines = BoundaryFamily.evenlySpacedLines(count: 24).boundaries(dimensions: 2, seed: 0)
      .compactMap(\.hyperplane)
    let scale = Evidence(deviation: 0.2, looks: 20).posteriorScale
    let recovery = LinearRecovery(boundaries: lines, scale: scale)
    let predicted = recovery.boxCovariance(error: 0.1, resolution: resolution)
    // Python with numpy and scipy, both rules written anew, 1500 and 6000 trials.
    let expected = resolution == 5 ? 2.98e-3 : 1.848e-3
    for dimension in 0..<2 {
      // Four standard errors of both simulations, for errors with heavier tails than Gaussian ones.
      #expect(abs(predicted[dimension, dimension] / expected - 1) < 0.25, "\(predicted.values)")
    }
    #expect(predicted[0, 1] == predicted[1, 0])
  }

  @Test("Outputs that saturate where a file's do leave the errors of their cells")
  func saturatedCovariance() {
    let recovery = LinearRecovery(boundaries: planes([[1]], [0]), scale: 0.01)
    // Uniform on 0.053 … 0.5 for 89 % of the latents, of deviation 0.447/√12; hardly any error else.
    let variance = 0.894 * 0.447 * 0.447 / 12
    let found = recovery.boxCovariance(saturation: -16.6...16.6)[0, 0]
    // The simulation's 5 %, and the law that stands for the uniform one puts the mean off by 0.02.
    #expect(abs(found / variance - 1) < 0.15, "\(found) \(variance)")
    #expect(recovery.boxCovariance()[0, 0] < variance / 50)
  }
}

/// Latents of the square, and the means of what was seen of them.
private struct SeenLatents {
  let latents: [[Double]]
  let means: [[Double]]

  init(_ trials: Int, scale: Double, seed: UInt64) {
    var uniforms = Matrix(rows: 2, columns: trials)
    var noise = Matrix(rows: 2, columns: trials)
    RandomStream(seed: seed, purpose: .evalLatent).fillUniform(uniforms.mutableView)
    RandomStream(seed: seed, purpose: .evalNoise).fillNormal(noise.mutableView)
    latents = (0..<trials).map { trial in (0..<2).map { Double(uniforms[$0, trial]) - 0.5 } }
    means = latents.enumerated().map { trial, latent in
      latent.indices.map { latent[$0] + scale * Double(noise[$0, trial]) }
    }
  }

  /// Over the latents' variance in the square, 1/12.
  func r2(of estimates: [Double]) -> Double {
    let squares = zip(estimates, latents.joined()).reduce(0) { sum, pair in
      sum + (pair.0 - pair.1) * (pair.0 - pair.1)
    }
    return 1 - 12 * squares / Double(estimates.count)
  }
}
