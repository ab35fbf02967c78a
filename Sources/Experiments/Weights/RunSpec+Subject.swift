import Networks
import SystemPackage
import Trials

// What of a spec belongs to a network and to its readout: it stays as it was when another spec
// measures them. All else, such as other noise, timing and trials, may be asked.

extension RunSpec {
  /// What has a part in training and in nothing that is measured afterwards.
  package static let keysOfTraining: Set = [
    "tasks.labelled", "tasks.labelNoise", "network.noise", "network.dropout", "training.batches",
    "training.batchSize", "training.learningRate", "training.holdOut", "training.region",
  ]

  /// What says which network it is.
  static let keysOfNetwork: Set = [
    "latent.dimensions", "encoder.kind", "network.architecture", "network.units",
    "network.activation", "network.layers", "network.heads", "network.positions",
  ]

  /// The same with another's ``keysOfTraining``: a network that is measured only is one network,
  /// however a spec would train it.
  func trained(like trained: RunSpec) -> RunSpec {
    var own = self
    // In the schema's order: what is withheld decides whether there is a region.
    for field in SpecSchema.fields where Self.keysOfTraining.contains(field.key) {
      guard field.value(in: own) != nil else { continue }
      field.set(field.value(in: trained) ?? field.defaultValue, in: &own)
    }
    return own
  }

  /// The same, with random boundaries as they were drawn for another spec of the same family: a
  /// readout answers those, whatever seed draws the rest.
  func keepingBoundaries(of trained: RunSpec) -> RunSpec {
    var (own, kept) = (self, trained.paradigm.boundaries)
    kept.seed = kept.isRandom ? kept.seed ?? trained.seed : nil
    var bare = kept
    bare.seed = nil
    if own.paradigm.boundaries == bare { own.paradigm.boundaries = kept }
    return own
  }

  /// Where it describes another network than `trained`, although the same tensors may fit both.
  func networkDifferences(from trained: RunSpec) -> [SpecDifference] {
    var keys = Self.keysOfNetwork
    // Where tasks are interleaved, each has an input.
    if paradigm.layout.rules != trained.paradigm.layout.rules {
      keys.formUnion(["tasks.interleaved", "tasks.count", "tasks.copies"])
    }
    // Step and time constant may change together.
    if leak != trained.leak { keys.formUnion(["timing.step", "network.timeConstant"]) }
    return differences(from: trained).filter { keys.contains($0.key) }
  }

  /// Where it asks a readout of `trained` what that was never trained on.
  func questionDifferences(from trained: RunSpec) -> [SpecDifference] {
    var keys: Set = ["training.target", "training.loss", "training.evidence", "training.bound"]
    if drawnBoundaries != trained.drawnBoundaries {
      keys.formUnion([
        "tasks.boundaries", "tasks.count", "tasks.offset", "tasks.cone", "tasks.radius",
        "tasks.seed", "tasks.given", "tasks.copies",
      ])
    }
    return differences(from: trained).filter { keys.contains($0.key) }
  }

  private var drawnBoundaries: [Boundary] {
    paradigm.boundaries.boundaries(dimensions: paradigm.dimensions, seed: seed)
  }

  /// α; `nil` for networks without.
  private var leak: Double? {
    recurrent.map { paradigm.timing.stepMilliseconds / $0.timeConstant }
  }
}

extension WeightsFile {
  /// The spec of a run or a subject beside what the file itself says of its network.
  ///
  /// Keys that the file's spec leaves out are not its word: another value of those is no difference.
  ///
  /// - Parameters:
  ///   - spec: With other noise or trials, maybe.
  ///   - readout: Of the subject; without a trained one anything may be asked.
  ///   - path: What the file is called in messages.
  /// - Returns: The spec with random boundaries as the network knows them.
  /// - Throws: `otherNetwork` or `otherQuestions`.
  package func checked(
    _ spec: RunSpec,
    with readout: ImportedSubject.Readout,
    named path: FilePath
  ) throws -> RunSpec {
    guard let document = try document(named: path) else { return spec }
    let own = try SweepExpansion(document: document).only()
    let written = Set(document.assignments.map(\.field.key))
    let isDrawn = !written.isDisjoint(with: ["seed", "tasks.seed"])
    let kept = isDrawn ? spec.keepingBoundaries(of: own) : spec
    let others = kept.networkDifferences(from: own).filter { written.contains($0.key) }
    guard others.isEmpty else { throw WeightsError.otherNetwork(path, others) }
    guard readout == .trained else { return kept }
    let questions = kept.questionDifferences(from: own).filter {
      written.contains($0.key) || $0.key == "tasks.seed" && isDrawn
    }
    guard questions.isEmpty else { throw WeightsError.otherQuestions(path, questions) }
    return kept
  }

  /// Checks that a `linearFree` encoder is one.
  ///
  /// - Parameters:
  ///   - spec: That the tensors fit.
  ///   - path: What the file is called in messages.
  /// - Throws: `linearTrace` where more of a latent is linear in its features than 0.01.
  package func checkEncoder(of spec: RunSpec, named path: FilePath) throws(WeightsError) {
    let paradigm = spec.paradigm
    guard paradigm.encoder == .linearFree,
      let encoder = RandomEncoder(
        kind: .linearFree,
        layout: ObservationLayout(dimensions: paradigm.dimensions),
        values: { self[$0.name]?.singlePrecision }
      )
    else { return }
    let deviation = paradigm.noise.lookDeviation
    let trace = encoder.linearTrace(seed: spec.seed, noiseDeviation: deviation)
    // Those of another 200,000 looks leave 40 features / 200,000 = 0.0002.
    guard trace < 0.01 else {
      throw .linearTrace(path, share: trace, noiseDeviation: deviation)
    }
  }
}
