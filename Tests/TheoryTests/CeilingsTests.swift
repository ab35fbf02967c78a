import Testing
import Theory

@Suite("Ceilings of r²")
struct CeilingsTests {
  @Test("No decoder exceeds the posterior mean: the integral agrees with the reference")
  func anyDecoder() throws {
    for example in try Oracle.load().leastSquares {
      let evidence = Evidence(deviation: example.sigma, looks: example.t)
      // The reference has 12 digits.
      #expect(abs(Ceilings(dimensions: 2, evidence: evidence).anyDecoder - example.r2) < 2e-12)
    }
  }

  @Test("Linear decoders of the mean agree with the reference, for 1 to 10 dimensions")
  func linear() throws {
    let examples = try Oracle.load().linear
    #expect(Set(examples.map(\.dimensions)).count >= 5)
    for example in examples {
      let ceilings = Ceilings(
        dimensions: example.dimensions,
        evidence: Evidence(deviation: example.sigma, looks: example.t)
      )
      // Closed forms on both sides.
      #expect(abs(ceilings.linearHeldOut - example.heldOut) < 1e-14)
      #expect(abs(ceilings.linearInDistribution - example.inDistribution) < 1e-14)
      #expect(abs(ceilings.unbiasedMean - example.unbiased) < 1e-14)
    }
  }

  @Test("With evidence on in the decision step an observer has t + 1 looks")
  func freeReactionTime() throws {
    for example in try Oracle.load().freeReactionTime {
      let evidence = Evidence(deviation: 0.2, looks: example.tStim + 1)
      let ceilings = Ceilings(dimensions: 2, evidence: evidence)
      #expect(abs(ceilings.unbiasedMean - example.theoryRef) < 1e-13)
      #expect(abs(ceilings.anyDecoder - example.r2Mmse) < 1e-12)
      #expect(abs(ceilings.linearInDistribution - example.r2LinId) < 1e-13)
      #expect(abs(ceilings.linearHeldOut - example.r2LinOod) < 1e-13)
    }
  }

  @Test("Without noise every ceiling is exactly 1", arguments: [1, 2, 10])
  func noNoise(dimensions: Int) {
    let ceilings = Ceilings(dimensions: dimensions, evidence: Evidence(deviation: 0, looks: 1))
    #expect(ceilings.anyDecoder == 1)
    #expect(ceilings.anyDecoderToldOrthant == 1)
    #expect(ceilings.unbiasedMean == 1)
    #expect(ceilings.linearInDistribution == 1)
    #expect(ceilings.linearHeldOut == 1)
  }

  @Test("Under overwhelming noise the observer knows the mean of the box, or of its orthant")
  func overwhelmingNoise() {
    let ceilings = Ceilings(dimensions: 2, scale: 100)
    // What is learned is the square of 1/(√12 s): about 8e-6, and a quarter of that of 1/4.
    #expect(abs(ceilings.anyDecoder) < 1e-5)
    #expect(abs(ceilings.anyDecoderToldOrthant - Floors.orthantCenter) < 1e-5)
  }

  @Test("Little noise costs 12 s², less what the walls give back", arguments: [1e-6, 1e-3])
  func littleNoise(scale: Double) {
    let lost = 1 - Ceilings(dimensions: 2, scale: scale).anyDecoder
    // Within about s of a wall the variance is smaller by a share of order one.
    #expect(lost < 12 * scale * scale && lost > 12 * scale * scale * (1 - 3 * scale) - 1e-15)
  }

  @Test("Knowing more never hurts", arguments: [0.02, 0.0447, 0.1, 0.3, 1])
  func order(scale: Double) {
    let ceilings = Ceilings(dimensions: 2, scale: scale)
    #expect(ceilings.linearHeldOut < ceilings.linearInDistribution)
    #expect(ceilings.unbiasedMean < ceilings.linearInDistribution)
    #expect(ceilings.linearInDistribution < ceilings.anyDecoder)
    #expect(ceilings.anyDecoder < ceilings.anyDecoderToldOrthant)
  }

  @Test("The paper's defaults: .97794 for any decoder, .9799 if told the quadrant")
  func defaults() {
    let ceilings = Ceilings(dimensions: 2, evidence: Evidence(deviation: 0.2, looks: 20))
    // Quoted to the digits given; 0.9799 rounds .97988.
    #expect(abs(ceilings.anyDecoder - 0.97794) < 5e-6)
    #expect(abs(ceilings.anyDecoderToldOrthant - 0.9799) < 5e-5)
    #expect(abs(ceilings.linearHeldOut - 0.97506) < 5e-6)
  }

  @Test("Floors: -7/12 for the training mean, 3/4 for the quadrant, .878 for the direction")
  func floors() throws {
    let radii = try Oracle.load().radii
    #expect(abs(Floors.trainingMeanHeldOut(dimensions: 2) + 7.0 / 12) < 1e-15)
    #expect(Floors.orthantCenter == radii.quadrantCenter)
    // The reference integrated numerically, to 12 digits.
    #expect(abs(Floors.directionOnly - radii.directionOnly) < 1e-11)
  }

  @Test("The training mean's floor is what overwhelming noise makes of a linear decoder")
  func linearDecoderOfNoise() {
    for dimensions in 1...5 {
      let heldOut = Ceilings(dimensions: dimensions, scale: 1e6).linearHeldOut
      #expect(abs(heldOut - Floors.trainingMeanHeldOut(dimensions: dimensions)) < 1e-10)
    }
  }
}
