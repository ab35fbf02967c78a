import Analysis
import Compute
import Testing

@Suite("CCGP")
struct CrossConditionGeneralizationTests {
  private static let dichotomies = [KnownCode.byX, KnownCode.byY, KnownCode.byNeither]

  @Test("A factorised code has 1 for each factor, turned or not, and their exclusive or 0")
  func factorized() throws {
    let known = KnownCode()
    for states in [known.factorized(), known.turned()] {
      let found = CrossConditionGeneralization.scores(
        Self.dichotomies,
        known.conditions,
        of: states
      )
      #expect(found[0]?.accuracy == 1 && found[1]?.accuracy == 1)
      #expect(try #require(found[2]).accuracies.count == 4)
      #expect(try #require(found[2]).accuracy < 0.2)
    }
  }

  /// With all pairs of conditions held out.
  private static let allPairs: CrossConditionGeneralization.Settings = {
    var settings = CrossConditionGeneralization.Settings()
    settings.heldOutDistance = nil
    return settings
  }()

  @Test("Over all pairs a factorised code has ¾: diagonals leave the others on the boundary")
  func allPairs() throws {
    let known = KnownCode(trials: 2000)
    let found = CrossConditionGeneralization.scores(
      Self.dichotomies,
      known.conditions,
      of: known.factorized(),
      settings: Self.allPairs
    )
    #expect(try #require(found[0]).accuracies.count == 4)
    #expect(abs(try #require(found[0]).accuracy - 0.75) < 0.03)
  }

  @Test("A code of the exclusive or alone turns round between contexts: 0 for each factor")
  func exclusive() throws {
    let known = KnownCode(trials: 2000)
    let states = known.exclusive(noise: 0.2)
    let found = CrossConditionGeneralization.scores(Self.dichotomies, known.conditions, of: states)
    #expect(try #require(found[0]).accuracy < 0.01 && (try #require(found[1])).accuracy < 0.01)
    #expect(try #require(found[2]).accuracy > 0.99)
    // Fitted on two conditions at one place it guesses: 0, 0, ½ and ½.
    let all = CrossConditionGeneralization.scores(
      Self.dichotomies,
      known.conditions,
      of: states,
      settings: Self.allPairs
    )
    #expect(abs(try #require(all[0]).accuracy - 0.25) < 0.05)
  }

  @Test("Each choice is right as often as scikit-learn's classifier; Decodanda agrees on the mean")
  func oracle() throws {
    let fixture = try ScoreFixture()
    let found = CrossConditionGeneralization.scores(
      Self.dichotomies,
      Conditions(fixture.continuous),
      of: fixture.states,
      settings: Self.allPairs
    )
    for (score, name) in zip(found, ["first", "second", "xor"]) {
      // The same minimum, so no trial falls on another side.
      #expect(
        distance(try #require(score).accuracies, try fixture.values("ccgp.\(name)")) < 1e-6
      )
    }
    // It draws trials with replacement, with another penalty: 120 tests a choice, sd .045.
    let decodanda = try fixture.values("ccgp.decodanda")
    for (score, other) in zip(found, decodanda) {
      #expect(abs(try #require(score).accuracy - other) < 0.07)
    }
  }

  @Test("The fast rule finds nearly the same")
  func leastSquares() throws {
    let fixture = try ScoreFixture()
    var settings = Self.allPairs
    let conditions = Conditions(fixture.continuous)
    let slow = CrossConditionGeneralization.scores(
      Self.dichotomies,
      conditions,
      of: fixture.states,
      settings: settings
    )
    settings.classifier = .leastSquares(penalty: 1e-3)
    let fast = CrossConditionGeneralization.scores(
      Self.dichotomies,
      conditions,
      of: fixture.states,
      settings: settings
    )
    for (one, other) in zip(slow, fast) {
      #expect(abs(try #require(one).accuracy - (try #require(other).accuracy)) < 0.1)
    }
  }

  @Test("Semantic distance one holds out only pairs that differ in the factor itself")
  func distance1() throws {
    let known = KnownCode()
    let found = CrossConditionGeneralization.scores(
      Self.dichotomies,
      known.conditions,
      of: known.factorized()
    )
    #expect(try #require(found[0]).accuracies.count == 2)
    #expect(try #require(found[2]).accuracies.count == 4)
  }

  @Test("Conditions at random places have half on average, and spread widely")
  func null() throws {
    let known = KnownCode()
    let states = known.states(noise: 0.1) { latent in
      (0..<12).map { unit -> Double in unit < 6 ? latent[unit % 2] : latent[unit % 2] / 2 }
    }
    let scores = (0..<40).compactMap { draw in
      CrossConditionGeneralization.scores(
        Self.dichotomies,
        known.conditions,
        of: scatteredConditions(
          known.conditions,
          of: states,
          RandomStream(seed: 0, purpose: .scoreNull, step: draw)
        )
      )[0]?.accuracy
    }
    #expect(scores.count == 40)
    // The spread of one draw is about .3: of the mean of 40, .05.
    #expect(abs(mean(scores) - 0.5) < 0.15)
    let spread = try #require(Quartiles(of: scores))
    #expect(spread.upper - spread.lower > 0.1)
    let null = NullDistribution(observed: 1, scores: scores)
    #expect(null.probability < 0.15)
  }

  @Test("A side with one condition has no score")
  func undefined() {
    let known = KnownCode()
    let single = Dichotomy(isUpper: [false, false, false, true])
    let found = CrossConditionGeneralization.scores(
      [single],
      known.conditions,
      of: known.factorized()
    )
    #expect(found[0] == nil)
  }
}
