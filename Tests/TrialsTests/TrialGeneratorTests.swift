import Compute
import TestSupport
import Testing
import Trials

@Suite("Trials")
struct TrialGeneratorTests {
  private static let paper = Paradigm(boundaries: .evenlySpacedLines(count: 6))

  @Test("The default trial has 22 steps: fixation, 20 of stimulus, decision")
  func defaultTrial() {
    let batch = Self.paper.draw(5)
    #expect(
      Self.paper.noise == .before(.gaussian, deviation: 0.2)
        && Self.paper.timing.stepMilliseconds == 100
    )
    #expect(batch.latents.rows == 5 && batch.latents.columns == 2)
    let (seen, targets) = (batch.observations, batch.targets)
    #expect([seen.steps, seen.trials, seen.width] == [22, 5, 3])
    #expect([targets.steps, targets.trials, targets.width] == [22, 5, 6])
    for trial in 0..<5 {
      for step in 0..<22 {
        #expect(seen[step, trial, 0] == (step < 21 ? 1 : 0))
        let shows = seen[step, trial, 1] != 0 && seen[step, trial, 2] != 0
        let showsNothing = seen[step, trial, 1] == 0 && seen[step, trial, 2] == 0
        #expect((1...20).contains(step) ? shows : showsNothing)
        for boundary in 0..<6 {
          let target = targets[step, trial, boundary]
          #expect(step < 21 ? target == 0.5 : target == 0 || target == 1)
        }
      }
    }
  }

  @Test("Other timings move the periods")
  func otherTiming() {
    var paradigm = Self.paper
    paradigm.timing = TrialTiming(fixation: 2, stimulus: 3, delay: 4, decision: 2)
    let batch = paradigm.draw(2)
    let seen = batch.observations
    #expect((0..<11).map { seen[$0, 1, 0] } == [1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0])
    #expect((0..<11).map { seen[$0, 1, 1] != 0 } == (0..<11).map { (2..<5).contains($0) })
    for boundary in 0..<6 {
      #expect(batch.targets[8, 1, boundary] == 0.5)
      #expect(batch.targets[9, 1, boundary] == batch.targets[10, 1, boundary])
      #expect(batch.targets[9, 1, boundary] != 0.5)
    }
  }

  @Test("A label says on which side of its boundary the latent lies", arguments: [1, 2, 7, 24])
  func labels(count: Int) {
    let paradigm = Paradigm(boundaries: .evenlySpacedLines(count: count))
    let boundaries = paradigm.boundaries().compactMap(\.hyperplane)
    #expect(boundaries.count == count)
    let batch = paradigm.draw(2000)
    var asked = 0
    var above = 0
    for trial in 0..<2000 {
      let latent = (0..<2).map { Double(batch.latents[trial, $0]) }
      for (index, boundary) in boundaries.enumerated() {
        // Labels are asked in single precision, which tells sides apart from here on.
        let isClear = boundary.signedDistance(of: latent).magnitude > 1e-7
        guard isClear else { continue }
        asked += 1
        let label = batch.targets[21, trial, index]
        above += label == 1 ? 1 : 0
        #expect(label == (boundary.excess(of: latent) > 0 ? 1 : 0))
      }
    }
    #expect(asked > 1999 * count)
    // Lines through the origin halve the box: 5 standard errors of the share, were all
    // boundaries one.
    #expect((Double(above) / Double(asked) - 0.5).magnitude < 5 * 0.5 / 2000.0.squareRoot())
  }

  @Test("Latents are uniform on the box, and independent")
  func latents() {
    let count = 100_000
    let batch = Self.paper.draw(count)
    let columns = (0..<2).map { dimension in (0..<count).map { batch.latents[$0, dimension] } }
    let root = Double(count).squareRoot()
    for values in columns {
      #expect(values.allSatisfy { $0 >= -0.5 && $0 <= 0.5 })
      let moments = Moments(of: values)
      // Five standard errors: of the mean √(1/12), of the variance √(1/180).
      #expect(moments.mean.magnitude < 5 * 0.2887 / root)
      #expect((moments.variance - 1.0 / 12).magnitude < 5 * 0.0746 / root)
      #expect(kolmogorovSmirnov(values.map(Double.init)) { $0 + 0.5 } > 1e-4)
    }
    #expect(
      correlation(columns[0].map(Double.init), columns[1].map(Double.init)).magnitude < 5 / root
    )
  }

  @Test("Each look adds fresh Gaussian noise of the stated deviation", arguments: [0.2, 0.05])
  func noise(deviation: Double) {
    let trials = 20_000
    var paradigm = Self.paper
    paradigm.noise = .before(.gaussian, deviation: deviation)
    let batch = paradigm.draw(trials)
    func noise(_ step: Int, _ dimension: Int) -> [Float] {
      (0..<trials).map {
        batch.observations[step, $0, 1 + dimension] - batch.latents[$0, dimension]
      }
    }
    let all = (1...20).flatMap { step in (0..<2).flatMap { noise(step, $0) } }
    let moments = Moments(of: all)
    let root = Double(all.count).squareRoot()
    // Five standard errors. The sum with the latent is rounded to 3e-8, a millionth of σ.
    #expect(moments.mean.magnitude < 5 * deviation / root)
    #expect((moments.variance / (deviation * deviation) - 1).magnitude < 5 * 1.4143 / root)
    #expect((moments.kurtosis - 3).magnitude < 5 * 4.9 / root)
    let first = noise(1, 0).map(Double.init)
    let limit = 5 / Double(trials).squareRoot()
    for (step, dimension) in [(2, 0), (20, 0), (1, 1)] {
      let other = noise(step, dimension).map(Double.init)
      #expect(correlation(first, other).magnitude < limit, "step \(step), latent \(dimension)")
    }
    let latent = (0..<trials).map { Double(batch.latents[$0, 0]) }
    #expect(correlation(first, latent).magnitude < limit)
  }

  @Test("Without noise every look shows the latent itself")
  func withoutNoise() {
    var paradigm = Self.paper
    paradigm.noise = .before(.gaussian, deviation: 0)
    let batch = paradigm.draw(10)
    for step in 1...20 {
      for trial in 0..<10 {
        #expect(batch.observations[step, trial, 1] == batch.latents[trial, 0])
        #expect(batch.observations[step, trial, 2] == batch.latents[trial, 1])
      }
    }
  }

  @Test(
    "Latents of an orthant lie in it and fill it evenly",
    arguments: SignRegion.orthants(dimensions: 2)
  )
  func orthants(orthant: SignRegion) {
    let count = 20_000
    let batch = Self.paper.draw(count, from: .signs(orthant))
    let magnitudes = (0..<2).map { dimension in
      (0..<count).map { trial in
        Double(batch.latents[trial, dimension]) * (orthant.signs[dimension] == true ? 2 : -2)
      }
    }
    for values in magnitudes {
      // Never zero, which would lie in two orthants.
      #expect(values.allSatisfy { $0 > 0 && $0 <= 1 })
      #expect(kolmogorovSmirnov(values) { $0 } > 1e-4)
    }
    #expect(correlation(magnitudes[0], magnitudes[1]).magnitude < 5 / Double(count).squareRoot())
  }

  @Test("The published draw of a mixed quadrant falls half on each of the other two")
  func asPublished() {
    let count = 20_000
    for orthant in SignRegion.orthants(dimensions: 2) {
      let batch = Self.paper.draw(count, from: .asPublished(orthant))
      let plain = Self.paper.draw(count, from: .signs(orthant))
      var positive = 0
      var isStray = false
      for trial in 0..<count {
        let (x, y) = (batch.latents[trial, 0], batch.latents[trial, 1])
        positive += x > 0 ? 1 : 0
        // Both latents have one sign, and the sizes that the honest draw gives them.
        isStray = isStray || (x > 0) != (y > 0)
        isStray = isStray || x.magnitude != plain.latents[trial, 0].magnitude
        isStray = isStray || y.magnitude != plain.latents[trial, 1].magnitude
      }
      #expect(!isStray, "\(orthant.name)")
      let share = Double(positive) / Double(count)
      switch orthant.name {
      case "++": #expect(share == 1)
      case "--": #expect(share == 0)
      // Five standard errors of a fair coin.
      default: #expect((share - 0.5).magnitude < 5 * 0.5 / Double(count).squareRoot())
      }
    }
  }

  @Test("There are four quadrants, named by their signs")
  func names() {
    #expect(SignRegion.orthants(dimensions: 2).map(\.name) == ["--", "-+", "+-", "++"])
    #expect(Set(SignRegion.orthants(dimensions: 5)).count == 32)
  }

  @Test("A batch that is drawn into again keeps nothing of the trials before")
  func reuse() {
    let generator = TrialGenerator(paradigm: Self.paper, seed: 9)
    var batch = generator.makeBatch(trials: 8)
    for index in [7, 0] { generator.draw(into: &batch, .training(batch: index)) }
    let fresh = Self.paper.draw(8)
    #expect(batch.observations == fresh.observations && batch.targets == fresh.targets)
    #expect(batch.latents == fresh.latents)
  }

  @Test("Other noise leaves latents and labels alone")
  func separateStreams() {
    let batch = Self.paper.draw(8)
    for noise in [ObservationNoise.before(.gumbel, deviation: 0.2), .after(deviation: 0.1)] {
      var paradigm = Self.paper
      paradigm.noise = noise
      let other = paradigm.draw(8)
      #expect(batch.latents == other.latents && batch.targets == other.targets)
      #expect(batch.observations != other.observations)
    }
  }
}
