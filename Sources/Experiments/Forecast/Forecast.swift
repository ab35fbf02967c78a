import Compute
import Files
import Theory
import Trials

/// Everything that the theory says of a spec before anything is trained, one value a line, each with
/// the name of its baseline and with how sure it is.
package struct Forecast: Sendable {
  /// How a formula is known.
  package enum Status: String, Sendable {
    /// A proof or a closed form, up to rounding and quadrature.
    case proven
    /// No proof, but a simulation without an approximation, with its standard error.
    case checked
    /// Rests on an approximation that is named.
    case approximate
  }

  package enum Kind: String, CaseIterable, Sendable {
    /// Nothing that is trained exceeds it.
    case bound
    /// What an ideal or a lesser reader reaches, to compare with.
    case reference
    /// What is worth nothing.
    case floor
    /// What a network with outputs of finite precision should reach.
    case prediction
  }

  package struct Line: Sendable {
    /// The key in `result.json` where it has one.
    package let key: String
    package let name: String
    package let kind: Kind
    package let status: Status
    /// What a value is measured against; `nil` where it has a unit of its own.
    package let baseline: String?
    package let value: Double?
    package let error: Double?
    /// Why there is no value.
    package let reason: String?
  }

  package let spec: RunSpec
  package let conditions: Conditions
  /// How well curved boundaries tell the latent, at latents all over the box.
  ///
  /// It is the least Fisher information that one label of each has about μ in any direction, times
  /// s²: at 1 the labels tell as much as the looks. `nil` for hyperplanes, which have a condition
  /// number, and without noise.
  package let information: Quartiles?
  package let predictions: Predictions
  package let lines: [Line]

  package static let boxBaseline = "1 − MSE / (variance of a latent over the whole box, 1/12)"

  package init(of spec: RunSpec) {
    self.spec = spec
    let paradigm = spec.paradigm
    let dimensions = paradigm.dimensions
    let boundaries = paradigm.boundaries.boundaries(dimensions: dimensions, seed: spec.seed)
    conditions = Conditions(boundaries, dimensions: dimensions)
    information = conditions.frame == nil ? Self.information(boundaries, paradigm) : nil
    let predictions = Predictions(of: spec)
    self.predictions = predictions
    let bounds = WorldBounds(of: spec)
    let references = (bounds.references.object ?? [:]).merging(predictions.references) { $1 }
    let ceilings = bounds.ceilings

    func line(
      _ key: String,
      _ name: String,
      _ kind: Kind,
      _ status: Status,
      baseline: String? = Self.boxBaseline
    ) -> Line {
      let own = kind == .bound ? ceilings.object ?? [:] : references
      let reasons = [
        own["reason.\(key)"], ceilings["reason.\(key)"], references["reason.\(key)"],
        kind == .bound ? ceilings["reason"] : nil,
        key.contains("logits") || key.hasSuffix("probabilities")
          ? references["reason.r2.ood.logits"] : nil,
        references["reason"], references["reason.predictions"],
      ]
      let value = own[key]?.double
      // A bound that is no integral has an error beside it.
      let spread = ceilings["\(key)Error"]?.double.flatMap { $0 > 0 ? $0 : nil }
      return Line(
        key: key,
        name: name,
        kind: kind,
        status: spread == nil ? status : .checked,
        baseline: baseline,
        value: value,
        error: references["standardErrors"]?[key]?.double ?? spread,
        reason: value == nil ? reasons.lazy.compactMap { $0?.string }.first : nil
      )
    }

    let timing = paradigm.evaluated.timing
    let freeLooks = timing.stimulus + timing.decision
    // In more dimensions the ideal answers are those of an observer that doesn't know the box.
    let ideal = dimensions == 2 ? "ideal" : "no-prior"
    var lines = [
      line("r2.any", "r², any decoder", .bound, .proven),
      line("r2.any.toldOrthant", "r², any decoder told the held-out region", .bound, .proven),
      line("loss", "loss, mean over all steps, at least", .bound, .proven, baseline: "nats"),
      line("decisionLoss", "loss at the decision, at least", .bound, .proven, baseline: "nats"),
      line("accuracy", "accuracy at the decision, at most", .bound, .proven, baseline: "share"),
      line("r2.id.unbiasedMean", "r², mean of the looks as it is", .reference, .proven),
      line(
        "r2.freeTiming",
        "r², the same with free timing, 1 − 12σ²/\(freeLooks)",
        .reference,
        .proven
      ),
      line("r2.id.linear", "r², linear from the mean, in distribution", .reference, .proven),
      line("r2.ood.linear", "r², linear from the mean, held out", .reference, .proven),
      line(
        "r2.id.logits",
        "r², linear from \(ideal) logits, in distribution",
        .reference,
        .checked
      ),
      line("r2.ood.logits", "r², linear from \(ideal) logits, held out", .reference, .checked),
      line(
        "r2.ood.logits.ridge",
        "r², ridge from \(ideal) logits, held out",
        .reference,
        .checked
      ),
      line(
        "r2.id.probabilities",
        "r², linear from \(ideal) probabilities, in distr.",
        .reference,
        .checked
      ),
      line(
        "r2.ood.probabilities",
        "r², linear from \(ideal) probabilities, held out",
        .reference,
        .checked
      ),
      line("r2.ood.trainingMean", "r², mean of the other latents, held out", .floor, .proven),
      Line(
        key: "r2.orthantCenter",
        name: "r², center of the latent's orthant",
        kind: .floor,
        status: .proven,
        baseline: Self.boxBaseline,
        value: Floors.orthantCenter,
        error: nil,
        reason: nil
      ),
      Line(
        key: "r2.directionOnly",
        name: "r², direction without distance",
        kind: .floor,
        status: .proven,
        baseline: Self.boxBaseline,
        value: dimensions == 2 ? Floors.directionOnly : nil,
        error: nil,
        reason: dimensions == 2 ? nil : "known for two latents"
      ),
    ]
    lines += Predictions.precisions.map { name, precision in
      line(
        Predictions.key(name, precision),
        "r², outputs known to ε = \(name)",
        .prediction,
        .approximate
      )
    }
    lines += [
      line(
        "prediction.usefulShare",
        "share of latents that a task tells about",
        .prediction,
        .approximate,
        baseline: "share"
      ),
      line(
        "prediction.requiredTasks",
        "tasks for r² within 0.01 of any decoder's",
        .prediction,
        .approximate,
        baseline: "tasks"
      ),
    ]
    self.lines = lines
  }

  private static func information(_ boundaries: [Boundary], _ paradigm: Paradigm) -> Quartiles? {
    guard case .before(.gaussian, let deviation) = paradigm.noise, deviation > 0 else { return nil }
    let scale = Evidence(deviation: deviation, looks: paradigm.timing.looks).posteriorScale
    let recovery = GeneralRecovery(boundaries: boundaries, scale: scale)
    let latents = EvenPoints(dimensions: paradigm.dimensions)
    return Quartiles(
      of: (0..<64).map { recovery.fisherEigenvalues(at: latents[$0])[0] * scale * scale }
    )
  }
}

extension BoundaryFamily {
  /// The same rule for other numbers of tasks, with hyperplanes; `nil` where it has one number only.
  package var scalable: ((Int) -> BoundaryFamily)? {
    switch shape {
    case .lines, .hyperplanes:
      let shape = shape
      return { BoundaryFamily(shape, count: $0) }
    case .axes, .given, .hyperbolas, .circles, .quadrics, .mixed: return nil
    }
  }
}
