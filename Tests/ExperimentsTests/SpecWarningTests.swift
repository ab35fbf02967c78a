import Experiments
import Testing

/// A spec that is run with warnings: its lines, and what is said.
struct WarnedSpec: CustomTestStringConvertible, Sendable {
  let text: String
  let warnings: [String]

  init(_ text: String, _ warnings: String...) {
    self.text = text
    self.warnings = warnings
  }

  var testDescription: String { text }
}

@Suite struct SpecWarningTests {
  private static let unidentified = "the identifiability argument does not apply"

  private static func open(_ quadrants: Int) -> String {
    "warning[W-THEORY]: in \(quadrants) of 4 quadrants there is no boundary, only one, or only "
      + "parallel lines: the direction that they leave open there is told by the answers of other "
      + "quadrants alone, and hardly more than a few σ/√t away from those"
  }

  private static func given(_ list: String, dimensions: Int = 2) -> String {
    "latent.dimensions: \(dimensions)\ntasks: {boundaries: given, given: [\(list)]}"
  }

  static let specs: [WarnedSpec] = [
    WarnedSpec(
      "tasks.count: 1",
      "warning[W-THEORY]: fewer tasks, N = 1, than latent.dimensions = 2: \(unidentified)"
    ),
    WarnedSpec(
      given("{normal: [1, 0, 0]}, {normal: [0, 1, 0]}, {normal: [1, 1, 0]}", dimensions: 3),
      "warning[W-THEORY]: the boundaries' normals span 2 of 3 latent dimensions: \(unidentified)"
    ),
    WarnedSpec(
      given(
        "{center: [0, 0], radius: 0.2}, {center: [0.2, 0.1], radius: 0.2}, "
          + "{center: [0.4, 0.2], radius: 0.2}"
      ),
      "warning[W-THEORY]: all boundaries are circles with their centers in one line, so that a "
        + "latent and its mirror image have the same answers: \(unidentified)"
    ),
    WarnedSpec(
      "tasks.copies: 3",
      "warning[W-THEORY]: of 24 boundaries only 8 are different: the theory counts those"
    ),
    // Twice the normal, the other side of it, and the same thing as a quadric's multiple.
    WarnedSpec(
      given(
        "{normal: [0.6, 0.8], offset: 0.1}, {normal: [3, 4], offset: 0.5}, "
          + "{normal: [-0.6, -0.8], offset: -0.1}, {matrix: [[1, 0], [0, 2]], offset: 0.1}, "
          + "{matrix: [[-2, 0], [0, -4]], offset: -0.2}"
      ),
      "warning[W-THEORY]: of 5 boundaries only 2 are different: the theory counts those"
    ),
    // A circle under another name.
    WarnedSpec(
      given(
        "{matrix: [[1, 0], [0, 1]], normal: [0, 0], offset: 0.09}, {center: [0, 0], radius: 0.3}, "
          + "{normal: [1, 0]}, {normal: [0, 1]}"
      ),
      "warning[W-THEORY]: of 4 boundaries only 3 are different: the theory counts those"
    ),
    WarnedSpec(
      given("{normal: [1, 0]}, {center: [0.1, 0], radius: 0.3}"),
      "warning[W-THEORY]: all boundaries are their own images in one mirror, so that a latent and "
        + "its mirror image have the same answers: \(unidentified)"
    ),
    WarnedSpec(
      given(
        "{matrix: [[1, 0], [0, 3]], offset: 0.1}, {matrix: [[0, 1], [1, 0]], offset: 0.05}, "
          + "{matrix: [[2, 1], [1, 1]], offset: 0.1}"
      ),
      "warning[W-THEORY]: all boundaries are even about one point, so that opposite latents have "
        + "the same answers: \(unidentified)"
    ),
    WarnedSpec(
      given(
        "{quadrant: \"+-\", threshold: 0.05}, {quadrant: \"++\", threshold: 0.05}, "
          + "{quadrant: \"+-\", threshold: 0.1}, {quadrant: \"++\", threshold: 0.1}, "
          + "{quadrant: \"++\", threshold: 0.15}"
      ),
      open(2)
    ),
    WarnedSpec(
      given(
        "{quadrant: \"+-\", threshold: 0.05}, {quadrant: \"++\", threshold: 0.05}, "
          + "{normal: [1, 0.5]}, {normal: [2, 1], offset: 0.2}"
      ),
      open(2)
    ),
    // One branch in each.
    WarnedSpec("tasks: {boundaries: hyperbolas, count: 4}", open(4)),
    // The same one twice, beside two different ones.
    WarnedSpec(
      "tasks: {boundaries: hyperbolas, count: 8, copies: 2}",
      open(4),
      "warning[W-THEORY]: of 8 boundaries only 4 are different: the theory counts those"
    ),
    WarnedSpec(
      given(
        "{quadrant: \"++\", threshold: 0.05}, {quadrant: \"-+\", threshold: 0.05}, "
          + "{quadrant: \"--\", threshold: 0.05}, {quadrant: \"+-\", threshold: 0.05}, "
          + "{quadrant: \"++\", threshold: 0.1}, {quadrant: \"-+\", threshold: 0.1}"
      ),
      open(2)
    ),
    // A circle that reaches one quadrant, and two boundaries that reach none.
    WarnedSpec(
      given(
        "{quadrant: \"++\", threshold: 0.05}, {quadrant: \"-+\", threshold: 0.05}, "
          + "{quadrant: \"--\", threshold: 0.05}, {quadrant: \"+-\", threshold: 0.05}, "
          + "{center: [0.3, 0.3], radius: 0.02}"
      ),
      open(3)
    ),
    WarnedSpec(
      given(
        "{quadrant: \"++\", threshold: 0.05}, {quadrant: \"-+\", threshold: 0.05}, "
          + "{quadrant: \"--\", threshold: 0.05}, {quadrant: \"+-\", threshold: 0.05}, "
          + "{center: [3, 3], radius: 0.3}, {quadrant: \"++\", threshold: 0.3}"
      ),
      open(4),
      "warning[W-THEORY]: of 6 boundaries 2 miss the box of latents, so that their answers never "
        + "change: the theory counts the others"
    ),
    // On the corner, beyond it, around the box, outside of it, and where no product reaches.
    WarnedSpec(
      given(
        "{normal: [1, 1], offset: 1}, {normal: [0, 1], offset: -0.6}, "
          + "{center: [0, 0], radius: 0.8}, {center: [2, 0], radius: 1.4}, "
          + "{quadrant: ++, threshold: 0.25}, {normal: [0, 1], offset: 0.4}, "
          + "{center: [0, 0], radius: 0.7}, {center: [2, 0], radius: 1.6}, "
          + "{quadrant: ++, threshold: 0.2}"
      ),
      "warning[W-THEORY]: of 9 boundaries 5 miss the box of latents, so that their answers never "
        + "change: the theory counts the others"
    ),
    WarnedSpec(
      "latent.correlation: 1",
      "warning[W-THEORY]: latent.correlation = 1: in training latents follow from each other and "
        + "fill no box; the theorem does not apply"
    ),
    WarnedSpec(
      "latent: {dimensions: 5, correlation: -0.25}\ntasks.boundaries: axes",
      "warning[W-THEORY]: latent.correlation = -0.25: in training latents follow from each other "
        + "and fill no box; the theorem does not apply"
    ),
    WarnedSpec(
      "noise.deviation: 0",
      "warning[W-THEORY]: noise.deviation = 0: one look shows the latent, so that nothing has to "
        + "be accumulated and the best answers carry no distance to the boundaries; the theorem "
        + "does not apply"
    ),
    WarnedSpec(
      "noise.place: after\nencoder.deviation: 0",
      "warning[W-THEORY]: encoder.deviation = 0: one look shows the latent, so that nothing has "
        + "to be accumulated and the best answers carry no distance to the boundaries; the "
        + "theorem does not apply"
    ),
    WarnedSpec(
      "tasks.labelNoise: 0.5",
      "warning[W-LABELS]: tasks.labelNoise = 0.5: every other label is wrong, so that there is "
        + "nothing to learn"
    ),
    WarnedSpec(
      "latent.dimensions: 10\ntasks.boundaries: hyperplanes\ntraining.holdOut: trials",
      "warning[W-REGION]: training.region = orthant: with latent.dimensions = 10 it holds one "
        + "latent in 1024, so that hardly anything is withheld; halfSpace holds one in 2"
    ),
    WarnedSpec(
      "network.architecture: feedForward",
      "warning[W-MEMORY]: network.architecture = feedForward sees nothing in the last step, whose "
        + "state is measured: set timing.free to keep the evidence on during the decision"
    ),
    WarnedSpec(
      "tasks.count: 1\nnoise.deviation: 0\ntasks.labelNoise: 0.5",
      "warning[W-THEORY]: fewer tasks, N = 1, than latent.dimensions = 2: \(unidentified)",
      "warning[W-THEORY]: noise.deviation = 0: one look shows the latent, so that nothing has to "
        + "be accumulated and the best answers carry no distance to the boundaries; the theorem "
        + "does not apply",
      "warning[W-LABELS]: tasks.labelNoise = 0.5: every other label is wrong, so that there is "
        + "nothing to learn"
    ),
  ]

  private static func warnings(_ text: String) throws -> [SpecWarning] {
    let document = try SpecDocument(text: text, name: "spec.yaml")
    return try SweepExpansion(document: document).runs.flatMap(\.warnings)
  }

  @Test("Outside the theory's conditions a spec is warned about", arguments: specs)
  func warned(_ spec: WarnedSpec) throws {
    let warnings = try Self.warnings(spec.text)
    #expect(warnings.map(\.description) == spec.warnings)
    for warning in warnings {
      // What `--strict` says.
      let refusal = SpecError.refusedWarning(warning)
      #expect(refusal.exitCode == 78)
      #expect(
        refusal.description == "error[E-SPEC-STRICT]: \(warning.message). "
          + "MEND: change the spec, or go on without --strict"
      )
      #expect(warning.json["code"]?.string == warning.code)
      #expect(warning.json["message"]?.string == warning.message)
    }
  }

  static let silent: [String] = [
    "", "tasks.count: 2", "tasks.count: 3", "latent.correlation: -0.9", "noise.deviation: 1e-9",
    "tasks.labelNoise: 0.49", "network.architecture: feedForward\ntiming.free: 5",
    "tasks.boundaries: hyperbolas", "tasks.boundaries: circles", "tasks.boundaries: quadrics",
    "tasks.boundaries: mixed", "tasks.boundaries: axes",
    "tasks: {boundaries: hyperplanes, cone: 30}", "tasks: {boundaries: hyperplanes, offset: 0.4}",
    "latent.dimensions: 24\ntasks.boundaries: hyperplanes",
    "latent.dimensions: 10\ntasks.boundaries: hyperplanes\n"
      + "training: {holdOut: trials, region: halfSpace}",
    "latent.dimensions: 4\ntasks.boundaries: hyperplanes\ntraining.holdOut: labels",
    given("{center: [0, 0], radius: 0.3}, {normal: [1, 0]}, {normal: [1, 1], offset: 0.1}"),
    given(
      "{center: [0.1, 0], radius: 0.3}, {center: [0, 0.2], radius: 0.3}, "
        + "{matrix: [[1, 0], [0, 2]], normal: [0.1, 0.3]}"
    ),
    given(
      "{quadrant: \"+-\", threshold: 0.05}, {quadrant: \"++\", threshold: 0.05}, "
        + "{normal: [1, 0]}, {normal: [0, 1]}"
    ),
    "tasks: {boundaries: hyperbolas, count: 8}",
    // A branch and a curve, or a branch and a line.
    given(
      "{quadrant: \"++\", threshold: 0.05}, {quadrant: \"-+\", threshold: 0.05}, "
        + "{quadrant: \"--\", threshold: 0.05}, {quadrant: \"+-\", threshold: 0.05}, "
        + "{center: [0.1, 0], radius: 0.3}"
    ),
    given(
      "{quadrant: \"++\", threshold: 0.05}, {quadrant: \"-+\", threshold: 0.05}, "
        + "{quadrant: \"--\", threshold: 0.05}, {quadrant: \"+-\", threshold: 0.05}, "
        + "{normal: [1, 0.5]}"
    ),
  ]

  @Test("Within them it is not", arguments: silent)
  func isSilent(_ text: String) throws {
    #expect(try Self.warnings(text).isEmpty)
  }
}
