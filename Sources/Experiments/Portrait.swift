import Analysis
import Compute
import Files
import Trials

/// What the pictures of one run need: trajectories and end points in principal components, and
/// decoded beside true latents.
package struct Portrait {
  package let json: JSONValue

  private static let trials = 400
  private static let trajectories = 48
  private static let decodedTrials = 150

  /// - Parameters:
  ///   - subject: The trained subject, or the ideal observer.
  ///   - spec: The run's.
  ///   - decoders: A decoder for each held-out region.
  package init(of subject: some Representation, spec: RunSpec, decoders: [LinearDecoder]) {
    let paradigm = spec.paradigm.evaluated
    let generator = TrialGenerator(paradigm: paradigm, seed: spec.seed)
    var batch = generator.makeBatch(trials: Self.trials)
    generator.draw(into: &batch, .portrait)
    let states = subject.states(for: batch.observations)
    let components = Self.components(of: states, latents: batch.latents)
    let end = states.steps - 1

    func place(_ step: Int, _ trial: Int) -> JSONValue {
      let state = (0..<states.width).map { Double(states[step, trial, $0]) }
      return .array(components.project(state, onto: 3).map(Self.rounded))
    }
    func latent(_ latents: Matrix, _ trial: Int) -> JSONValue {
      .array((0..<latents.columns).map { Self.rounded(Double(latents[trial, $0])) })
    }

    let evaluation = EvaluationTrials(paradigm: paradigm, plan: spec.evaluation, seed: spec.seed)
    // The decoder that never saw the last region, on test trials of every region.
    let heldOut = evaluation.regions.count - 1
    let decoded = evaluation.regions.indices.map { index -> JSONValue in
      let test = evaluation.test(subject, region: index)
      let count = min(Self.decodedTrials, test.count)
      return [
        "orthant": .string(evaluation.regions[index].name),
        "isHeldOut": .bool(index == heldOut),
        "true": .array((0..<count).map { latent(test.latents, $0) }),
        "decoded": .array(
          (0..<count).map { trial in
            let state = (0..<test.stateWidth).map { Double(test.states[trial, $0]) }
            return .array(decoders[heldOut].decode(state).map(Self.rounded))
          }
        ),
      ]
    }
    json = [
      "componentShares": .array(components.shares.prefix(10).map(Self.rounded)),
      "trajectories": .array(
        (0..<min(Self.trajectories, Self.trials)).map { trial in
          [
            "latent": latent(batch.latents, trial),
            "points": .array((0..<states.steps).map { place($0, trial) }),
          ]
        }
      ),
      "ends": .array(
        (0..<Self.trials).map {
          ["latent": latent(batch.latents, $0), "point": place(end, $0)]
        }
      ),
      "decoded": .array(decoded),
      "stimulusSteps": [
        .integer(paradigm.timing.stimulusSteps.lowerBound),
        .integer(paradigm.timing.stimulusSteps.upperBound),
      ],
    ]
  }

  /// Of all steps together, since the picture shows all of them.
  private static func components(of states: SequenceBatch, latents: Matrix) -> PrincipalComponents {
    var all = Matrix(rows: states.steps * states.trials, columns: states.width)
    all.buffer = states.buffer
    let hidden = Matrix(rows: all.rows, columns: latents.columns)
    return PrincipalComponents(Moments(of: StateSet(states: all, latents: hidden)))
  }

  /// Five digits are more than a picture shows.
  private static func rounded(_ value: Double) -> JSONValue {
    .number((value * 1e5).rounded() / 1e5)
  }
}
