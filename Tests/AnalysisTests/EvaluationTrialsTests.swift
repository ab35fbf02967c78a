import Analysis
import Compute
import TestSupport
import Testing
import Trials

@Suite("The trials of an evaluation")
struct EvaluationTrialsTests {
  private static let paradigm = Paradigm(boundaries: .evenlySpacedLines(count: 24))
  private static let plan = EvaluationPlan(fits: 2, trials: 4000)
  private static let trials = EvaluationTrials(paradigm: paradigm, plan: plan, seed: 3)
  private static let reader = MeanReader(stateWidth: 2) { $0 }

  private static func corner(_ latent: [Double]) -> String {
    latent.map { $0 > 0 ? "+" : "-" }.joined()
  }

  @Test("A decoder is tested on trials of its own orthant", arguments: 0..<4)
  func tests(orthant: Int) {
    let set = Self.trials.test(Self.reader, region: orthant)
    let name = Self.trials.regions[orthant].name
    #expect(set.count == 4000)
    #expect(set.latentRows.allSatisfy { Self.corner($0) == name })
  }

  @Test("It is fitted on four times as many, evenly from the other orthants", arguments: 0..<4)
  func fitting(orthant: Int) {
    let sets = (0..<4).map { Self.trials.fitting(Self.reader, cell: $0, fit: 1) }
    for (index, set) in sets.enumerated() {
      let name = Self.trials.regions[index].name
      #expect(set.latentRows.allSatisfy { Self.corner($0) == name })
    }
    let others = sets.indices.filter { $0 != orthant }.map { sets[$0].count }
    let count = others.reduce(0, +)
    // Rounded up to a multiple of three.
    #expect(Set(others).count == 1 && count >= 16000 && count < 16003)
  }

  @Test("No trial serves twice: every fit and every test draws its own")
  func separate() {
    let fits = (0..<2).flatMap { fit in
      (0..<4).map { Self.trials.fitting(Self.reader, cell: $0, fit: fit) }
    }
    let tests = [0, 1, 2, 3, nil].map { Self.trials.test(Self.reader, region: $0) }
    let published = (0..<4).map { Self.trials.publishedTest(Self.reader, region: $0) }
    let all = (fits + tests + published).flatMap {
      zip($0.latentRows, $0.stateRows).map { $0 + $1 }
    }
    #expect(Set(all).count == all.count)
  }

  @Test("The test in distribution fills the whole box")
  func wholeBox() {
    let rows = Self.trials.test(Self.reader, region: nil).latentRows
    for dimension in 0..<2 {
      #expect(kolmogorovSmirnov(rows.map { $0[dimension] }) { $0 + 0.5 } > 1e-4)
    }
    for orthant in Self.trials.regions {
      // A share of 1/4 in 4000: 5 standard errors of 27.4.
      #expect(abs(rows.count { Self.corner($0) == orthant.name } - 1000) < 137)
    }
  }

  @Test("Every subject is shown the same trials; another seed shows others")
  func sameTrials() {
    let other = MeanReader(stateWidth: 1) { _ in [0] }
    for orthant in [0, 3] {
      let (one, two) = (
        Self.trials.test(Self.reader, region: orthant), Self.trials.test(other, region: orthant)
      )
      #expect(one.latents == two.latents)
      let again = Self.trials.fitting(other, cell: orthant, fit: 1)
      #expect(Self.trials.fitting(Self.reader, cell: orthant, fit: 1).latents == again.latents)
    }
    let elsewhere = EvaluationTrials(paradigm: Self.paradigm, plan: Self.plan, seed: 4)
    #expect(
      elsewhere.test(Self.reader, region: 0).latents
        != Self.trials.test(Self.reader, region: 0).latents
    )
  }

  @Test("The published draw gives the corners ++ and -- as meant", arguments: [0, 3])
  func publishedAsMeant(orthant: Int) {
    let rows = Self.trials.publishedTest(Self.reader, region: orthant).latentRows
    let name = Self.trials.regions[orthant].name
    #expect(["--", "++"].contains(name))
    #expect(rows.allSatisfy { Self.corner($0) == name })
    for dimension in 0..<2 {
      #expect(kolmogorovSmirnov(rows.map { $0[dimension].magnitude }) { 2 * $0 } > 1e-4)
    }
  }

  @Test(
    "The published draw of +- and -+ is half ++ and half --, never the corner",
    arguments: [1, 2]
  )
  func publishedElsewhere(orthant: Int) {
    let rows = Self.trials.publishedTest(Self.reader, region: orthant).latentRows
    let name = Self.trials.regions[orthant].name
    #expect(["-+", "+-"].contains(name))
    let corners = rows.map(Self.corner)
    #expect(Set(corners) == ["++", "--"])
    // A share of 1/2 in 4000: 5 standard errors of 31.6.
    #expect(abs(corners.count { $0 == "++" } - 2000) < 158)
    for dimension in 0..<2 {
      #expect(kolmogorovSmirnov(rows.map { $0[dimension].magnitude }) { 2 * $0 } > 1e-4)
    }
  }
}
