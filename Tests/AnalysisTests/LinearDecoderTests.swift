import Analysis
import Compute
import Testing

@Suite("A linear decoder")
struct LinearDecoderTests {
  private static let decoder = LinearDecoder(
    weights: DoubleMatrix(rows: 3, columns: 2, values: [0.2, -1, 0.5, 0.25, 3, -0.125]),
    intercept: [0.5, -2]
  )

  @Test("It decodes by weights and intercept")
  func decoding() {
    // 0.5 + 0.2 + 1 + 9 and -2 - 1 + 0.5 - 0.375, by hand.
    #expect(distance(Self.decoder.decode([1, 2, 3]), [10.7, -2.875]) < 1e-14)
  }

  @Test("Its mean squared error from moments is the plain mean over trials and latents")
  func error() {
    let set = StateSet.random(777, width: 3, deviation: 0.5, seed: 6)
    var sum = 0.0
    for (state, latent) in zip(set.stateRows, set.latentRows) {
      for (found, wanted) in zip(Self.decoder.decode(state), latent) {
        sum += (found - wanted) * (found - wanted)
      }
    }
    let plain = sum / Double(2 * 777)
    let moments = Moments(of: set)
    // Errors of about 5, whose squares are sums of a dozen terms of up to 30.
    #expect(abs(Self.decoder.meanSquaredError(on: moments) - plain) < 1e-12 * plain)
    #expect(abs(Self.decoder.boxR2(on: moments) - (1 - 12 * plain)) < 1e-11 * plain)
  }

  @Test("A perfect decoder has r² 1 and not a digit more")
  func perfect() {
    for seed in 0..<20 {
      let latents = StateSet.random(500, width: 1, deviation: 0, seed: UInt64(seed)).latents
      let moments = Moments(of: StateSet(states: latents, latents: latents))
      let identity = LinearDecoder(
        weights: DoubleMatrix(rows: 2, columns: 2, values: [1, 0, 0, 1]),
        intercept: [0, 0]
      )
      for decoder in [identity, RidgePath(moments).leastSquares] {
        // What rounding leaves of a variance of 1/12.
        #expect(decoder.boxR2(on: moments) <= 1 && decoder.boxR2(on: moments) > 1 - 1e-13)
      }
    }
  }

  @Test("Its rows have an angle, unless one has no length")
  func rowAngle() {
    func angle(_ values: [Double]) -> Double? {
      LinearDecoder(
        weights: DoubleMatrix(rows: 2, columns: 2, values: values),
        intercept: [0, 0]
      ).rowAngles.first
    }
    // The columns are the rows of the paper's linear layer: (1, 0) and (1, 1), (1, 0) and (0, 1).
    #expect(abs((angle([1, 1, 0, 1]) ?? .nan) - 45) < 1e-12)
    #expect(abs((angle([1, 0, 0, 1]) ?? .nan) - 90) < 1e-12)
    #expect(angle([1, 0, 1, 0]) == nil)
    let single = LinearDecoder(weights: DoubleMatrix(rows: 2, columns: 1), intercept: [0])
    #expect(single.rowAngles == [])
  }
}
