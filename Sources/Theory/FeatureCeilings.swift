import Compute
import Trials

/// What any decoder can reach where noise comes behind the encoder: the posterior mean's r², over
/// simulated trials of uniform latents.
///
/// **Status: a simulation; the standard errors are over independent parts, each with points of its
/// own.**
package struct FeatureCeilings: Sendable {
  /// 1 - 12 E Var(x | f̄), mean over the latents.
  package let anyDecoder: Estimate
  /// The same for who is told the held-out region, tested there.
  package let anyDecoderToldOrthant: Estimate

  /// - Parameters:
  ///   - paradigm: As it is tested: noise behind the encoder, uniform latents.
  ///   - encoder: The one before the noise; by default the seed's own.
  ///   - seed: The run's.
  ///   - heldSigns: Signs of the last latents that the region fixes.
  ///   - trials: How many, rounded to hundreds.
  package init(
    of paradigm: Paradigm,
    encoder: RandomEncoder? = nil,
    seed: UInt64,
    heldSigns: Int,
    trials: Int = FeatureObserver.standardTrials
  ) {
    guard FeatureObserver.isNeeded(in: paradigm) else {
      // Without noise every latent is known.
      anyDecoder = Estimate(value: 1, standardError: 0)
      anyDecoderToldOrthant = anyDecoder
      return
    }
    let encoder = encoder ?? RandomEncoder(of: paradigm, seed: seed)
    let generator = TrialGenerator(paradigm: paradigm, seed: seed)
    let chunk = 100
    var batch = generator.makeBatch(trials: chunk)
    let free = [Bool?](repeating: nil, count: paradigm.dimensions - heldSigns)
    // Where decoders read: with free timing looks go on until then.
    let step = paradigm.timing.steps - 1
    var (whole, told): ([Double], [Double]) = ([], [])
    for part in 0..<max(8, trials / chunk) {
      generator.draw(into: &batch, .floor, firstTrial: part * chunk)
      let observer = FeatureObserver(paradigm, encoder: encoder, seed: seed, pointCopy: part)
      let states = observer.states(for: batch.observations)
      let looks = observer.looksSeen(at: step)
      var (sum, sumTold) = (0.0, 0.0)
      for trial in 0..<chunk {
        let state = (0..<observer.stateWidth).map { Double(states[step, trial, $0]) }
        let peaks = observer.peaks(of: state, looks)
        let signs = free + (free.count..<paradigm.dimensions).map { batch.latents[trial, $0] > 0 }
        let region = SignRegion(signs: signs)
        sum += observer.posterior(of: state, looks, peaks: peaks).variance
        sumTold += observer.posterior(of: state, looks, peaks: peaks, within: region).variance
      }
      whole.append(1 - 12 * sum / Double(chunk))
      told.append(1 - 12 * sumTold / Double(chunk))
    }
    anyDecoder = Estimate(meanOf: whole)
    anyDecoderToldOrthant = Estimate(meanOf: told)
  }
}
