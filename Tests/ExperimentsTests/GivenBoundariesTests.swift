import Experiments
import Testing
import Trials

/// A list under `tasks.given` that is refused, and why.
struct RefusedBoundaries: CustomTestStringConvertible, Sendable {
  let list: String
  /// Where, counted from the list's first character.
  let column: Int
  let shown: String
  let why: String

  init(_ list: String, at column: Int = 1, shown: String = "{…}", _ why: String) {
    self.list = list
    self.column = column
    self.shown = shown
    self.why = why
  }

  var testDescription: String { list }
}

@Suite struct GivenBoundariesTests {
  private func boundaries(_ list: String) throws -> [Boundary] {
    let text = "tasks:\n  boundaries: given\n  given: \(list)\n"
    let runs = try SweepExpansion(document: SpecDocument(text: text, name: "spec.yaml")).runs
    let spec = try #require(runs.first)
    return spec.paradigm.boundaries.boundaries(dimensions: 2, seed: 0)
  }

  @Test("All four forms are read, in YAML of any style")
  func forms() throws {
    let expected: [Boundary] = [
      .hyperplane(Hyperplane(normal: [0.6, 0.8], offset: 0.1)),
      .hyperplane(Hyperplane(normal: [1, 0], offset: 0)),
      .ball(center: [0, -0.25], radius: 0.3),
      .quadric(matrix: [1, 0.5, 0.5, -1], normal: [0, 2], offset: 0.125),
      .quadric(matrix: [1, 0, 0, 1], normal: [0, 0], offset: 0),
      .hyperbola(isFirstPositive: true, isSecondPositive: false, threshold: 0.05),
      .hyperbola(isFirstPositive: false, isSecondPositive: false, threshold: 0),
    ]
    let flow = """
      [{normal: [0.6, 8e-1], offset: .1}, {normal: [1, 0]}, {center: [0, -0.25], radius: 0.3},
          {matrix: [[1, 0.5], [0.5, -1]], normal: [0, 2], offset: 0.125}, {matrix: [[1, 0], [0, 1]]},
          {quadrant: "+-", threshold: 0.05}, {quadrant: --, threshold: 0}]
      """
    #expect(try boundaries(flow) == expected)
    let block = """

          - normal: [0.6, 0.8]
            offset: 0.1
          - {"normal": [1, 0]}
          - center:
            - 0
            - -0.25
            radius: 0.3
          - matrix:
            - [1, 0.5]
            - [0.5, -1]
            normal: [0, 2]
            offset: 0.125
          - matrix: [[1, 0], [0, 1]]
          - quadrant: +-
            threshold: 0.05
          - {threshold: 0, quadrant: '--'}
      """
    #expect(try boundaries(block) == expected)
  }

  @Test("What a message shows of a list is a list that a file may hold")
  func shownAsWritten() throws {
    let field = try #require(SpecSchema.field("tasks.given"))
    let value = try #require(field.otherValues.first)
    #expect(
      value.description
        == "[{normal: [0.6, 0.8], offset: 0.1}, {center: [0, 0.25], radius: 0.3}, "
        + "{matrix: [[1, 0.5], [0.5, -1]], normal: [0, 2], offset: 0.125}, "
        + "{quadrant: \"+-\", threshold: 0.05}]"
    )
    #expect(try SpecValue.boundaries(boundaries(value.description)) == value)
  }

  @Test(
    "A boundary that makes no sense is refused with its place, its number and its member",
    arguments: [
      RefusedBoundaries(
        "[3]",
        at: 2,
        shown: "3",
        "boundary 1 is no mapping such as {normal: [0.6, 0.8], offset: 0}"
      ),
      RefusedBoundaries(
        "[{normal: [1, 0]}, {radius: 1}]",
        at: 20,
        "boundary 2 has neither normal, center, quadrant nor matrix"
      ),
      RefusedBoundaries(
        "[{}]",
        at: 2,
        "boundary 1 has neither normal, center, quadrant nor matrix"
      ),
      RefusedBoundaries(
        "[{normal: [1, 0], radius: 1}]",
        at: 2,
        "boundary 1 has radius beside normal, want only normal, offset"
      ),
      RefusedBoundaries(
        "[{center: [1, 0], radius: 1, offset: 0}]",
        at: 2,
        "boundary 1 has offset beside center, want only center, radius"
      ),
      RefusedBoundaries(
        "[{quadrant: ++, threshold: 0.1, normal2: 1}]",
        at: 2,
        "boundary 1 has normal2 beside quadrant, want only quadrant, threshold"
      ),
      RefusedBoundaries(
        "[{matrix: [[1]], center: [1]}]",
        at: 2,
        "boundary 1 has center beside matrix, want only matrix, normal, offset"
      ),
      RefusedBoundaries(
        "[{normal: [1, 0], \"\\e[2J\": 1}]",
        at: 2,
        "boundary 1 has \\u{1b}[2J beside normal, want only normal, offset"
      ),
      RefusedBoundaries("[{normal: 1}]", at: 2, "boundary 1, normal, is no list of numbers"),
      RefusedBoundaries("[{normal: []}]", at: 2, "boundary 1, normal, is no list of numbers"),
      RefusedBoundaries(
        "[{normal: [.nan, 1]}]",
        at: 2,
        "boundary 1, normal, is no list of numbers"
      ),
      RefusedBoundaries(
        "[{normal: ['1', 1]}]",
        at: 2,
        "boundary 1, normal, is no list of numbers"
      ),
      RefusedBoundaries("[{normal: [0, 0]}]", at: 2, "boundary 1, normal, is zero"),
      RefusedBoundaries(
        "[{normal: [1e400, 1]}]",
        at: 2,
        "boundary 1, normal, is not within ±1000000"
      ),
      RefusedBoundaries(
        "[{normal: [1, 1], offset: 1000001}]",
        at: 2,
        "boundary 1, offset, is not within ±1000000"
      ),
      RefusedBoundaries(
        "[{normal: [1, 1], offset: much}]",
        at: 2,
        "boundary 1, offset, is no number"
      ),
      RefusedBoundaries("[{center: [0, 0]}]", at: 2, "boundary 1, radius, is missing"),
      RefusedBoundaries(
        "[{center: [0, 0], radius: 0}]",
        at: 2,
        "boundary 1, radius, is not above 0"
      ),
      RefusedBoundaries(
        "[{center: 0, radius: 1}]",
        at: 2,
        "boundary 1, center, is no list of numbers"
      ),
      RefusedBoundaries(
        "[{quadrant: +, threshold: 0.1}]",
        at: 2,
        "boundary 1, quadrant, is none of ++, -+, --, +-"
      ),
      RefusedBoundaries("[{quadrant: ++}]", at: 2, "boundary 1, threshold, is missing"),
      RefusedBoundaries(
        "[{quadrant: ++, threshold: -0.1}]",
        at: 2,
        "boundary 1, threshold, is below 0"
      ),
      RefusedBoundaries("[{matrix: 3}]", at: 2, "boundary 1, matrix, is no list of rows"),
      RefusedBoundaries(
        "[{matrix: [1, 2]}]",
        at: 2,
        "boundary 1, matrix, is no list of numbers"
      ),
      RefusedBoundaries(
        "[{matrix: [[1, 0], [0]]}]",
        at: 2,
        "boundary 1, matrix, has 2 rows, and one of 1"
      ),
      RefusedBoundaries(
        "[{matrix: [[1, 0], [1, 1]]}]",
        at: 2,
        "boundary 1, matrix, is not symmetric"
      ),
      RefusedBoundaries(
        "[{matrix: [[1, 0], [0, 1]], normal: [1]}]",
        at: 2,
        "boundary 1, normal, has 1 numbers, not 2"
      ),
      RefusedBoundaries(
        "[{matrix: [[0, 0], [0, 0]], offset: 1}]",
        at: 2,
        "boundary 1, matrix, is zero, as the normal is"
      ),
    ]
  )
  func refusedBoundary(_ boundaries: RefusedBoundaries) {
    #expect(
      refusal(of: "tasks: {boundaries: given, given: \(boundaries.list)}")
        == "error[E-SPEC-LIST]: unusable list in spec.yaml:1:\(34 + boundaries.column) (tasks.given "
        + "= \(boundaries.shown)): \(boundaries.why). MEND: see disentangle explain tasks.given"
    )
  }

  @Test("A list that is none, that is empty or that has another dimension is refused")
  func refusedLists() {
    #expect(
      refusal(of: "tasks.boundaries: given\ntasks.given: {normal: [1, 0]}")
        == "error[E-SPEC-TYPE]: wrong kind of value in spec.yaml:2:14 (tasks.given = {…}): this is "
        + "a mapping, want a list of boundaries. MEND: see disentangle explain tasks.given"
    )
    #expect(
      refusal(of: "tasks.boundaries: given\ntasks.given: boundaries.csv")
        == "error[E-SPEC-TYPE]: wrong kind of value in spec.yaml:2:14 (tasks.given = "
        + "'boundaries.csv'): this is text, want a list of boundaries. "
        + "MEND: see disentangle explain tasks.given"
    )
    #expect(
      refusal(of: "tasks.boundaries: given\ntasks.given: []")
        == "error[E-SPEC-RULE]: no boundaries given in spec.yaml:2:14 (tasks.given = []): "
        + "tasks.boundaries is given, and the list is empty. MEND: write the list under "
        + "tasks.given in a file; see disentangle explain tasks.given"
    )
    #expect(
      refusal(of: "tasks.boundaries: given\ntasks.given: [{normal: [1, 0]}, {normal: [1, 0, 1]}]")
        == "error[E-SPEC-RULE]: a boundary of another dimension in spec.yaml:2:14 (tasks.given = "
        + "[{normal: [1, 0], offset: 0}, {normal: [1, 0, 1], offset: 0}]): boundary 2 has 3 "
        + "dimensions, and latent.dimensions is 2. "
        + "MEND: give every boundary 2 components, or change latent.dimensions"
    )
    #expect(
      refusal(of: "tasks.boundaries: given\ntasks.given: [{normal: [1, 0], normal: [0, 1]}]")
        == "error[E-SPEC-DUPLICATE]: key given twice in spec.yaml:2:32 (normal): it stands in "
        + "spec.yaml:2:16 already. MEND: remove one of them; several values are a list, such as "
        + "[1, 2]"
    )
  }

  @Test("On the command line a list is refused, and the file is named as its place")
  func arguments() {
    for written in ["[{normal: [1, 0]}]", "lines.csv", "[]"] {
      let error = #expect(throws: SpecError.self) {
        try SpecOverride.parse(["tasks.boundaries=given", "tasks.given=\(written)"])
      }
      #expect(error?.exitCode == 78)
      let text = error?.description ?? ""
      #expect(
        text.hasPrefix("error[E-SPEC-TYPE]: wrong kind of value in argument 2 (tasks.given = ")
      )
      #expect(
        text.hasSuffix(
          "): this is an argument, want a list of boundaries in a file. "
            + "MEND: see disentangle explain tasks.given"
        )
      )
    }
  }

  @Test("Copies make a list longer, and the count of tasks is the list's")
  func copies() throws {
    let text = """
      tasks: {boundaries: given, copies: 3, given: [{normal: [1, 0]}, {normal: [0, 1]}]}
      """
    let runs = try SweepExpansion(document: SpecDocument(text: text, name: "spec.yaml")).runs
    #expect(runs.map(\.paradigm.boundaryCount) == [6])
    #expect(runs.first?.runName.hasPrefix("rnn-d2-n6-s0-") == true)
  }
}
