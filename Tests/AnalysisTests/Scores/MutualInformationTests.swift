import Analysis
import Compute
import RealModule
import Testing

@Suite("Mutual information, MIG and modularity")
struct MutualInformationTests {
  @Test("Information, gap and modularity are those of scikit-learn's counts")
  func oracle() throws {
    let fixture = try ScoreFixture()
    let found = MutualInformation(fixture.states, fixture.factors)
    #expect(distance(found.values, try fixture.matrix("information")) < 1e-12)
    #expect(distance(found.entropies, try fixture.values("entropies")) < 1e-12)
    let gap = try #require(MutualInformationGap(found))
    #expect(abs(gap.gap - (try fixture.value("mig"))) < 1e-12)
    let modularity = try #require(Modularity(found))
    #expect(abs(modularity.modularity - (try fixture.value("modularity"))) < 1e-12)
    #expect(modularity.informativeShare == 11.0 / 12)
  }

  @Test("A unit that copies its factor has a gap of one, two that share it have none")
  func known() throws {
    let levels = (0..<240).map { $0 % 4 }
    let factor = Factor("kind", .categorical(levels, names: ["a", "b", "c", "d"]))
    let copy = DoubleMatrix(
      rows: 240,
      columns: 2,
      values: levels.flatMap { level -> [Double] in [Double(level), 7] }
    )
    let one = MutualInformation(copy, [factor])
    #expect(abs(one.entropies[0] - .log(4)) < 1e-12)
    #expect(abs(try #require(MutualInformationGap(one)).gap - 1) < 1e-12)
    #expect(one.active == [0])
    let twice = DoubleMatrix(
      rows: 240,
      columns: 2,
      values: levels.flatMap { level -> [Double] in [Double(level), -Double(level)] }
    )
    #expect(abs(try #require(MutualInformationGap(MutualInformation(twice, [factor]))).gap) < 1e-12)
  }

  @Test("Modularity is one for a unit of one factor, and zero if it tells of all alike")
  func modularity() throws {
    // Two factors of two levels each, all combinations alike: no chance information.
    let (first, second) = ((0..<400).map { $0 % 2 }, (0..<400).map { $0 / 2 % 2 })
    let factors = [
      Factor("a", .categorical(first, names: ["0", "1"])),
      Factor("b", .categorical(second, names: ["0", "1"])),
    ]
    let values = zip(first, second).flatMap { one, other -> [Double] in
      [Double(one), Double(one + other), 3]
    }
    let states = DoubleMatrix(rows: 400, columns: 3, values: values)
    let found = try #require(Modularity(MutualInformation(states, factors)))
    #expect(abs(try #require(found.byUnit[0]) - 1) < 1e-12)
    #expect(abs(try #require(found.byUnit[1])) < 1e-12)
    #expect(found.byUnit[2] == nil && found.informativeShare == 2.0 / 3)
    #expect(abs(found.modularity - 0.5) < 1e-12)
  }

  @Test("A turned code has a smaller gap; a constant factor has none")
  func turned() throws {
    let known = KnownCode(trials: 2000)
    let straight = MutualInformationGap(MutualInformation(known.factorized(), known.factors))
    let turned = MutualInformationGap(MutualInformation(known.turned(), known.factors))
    #expect(try #require(straight).gap > 0.9 && (try #require(turned)).gap < 0.1)
    let constant = [Factor("x", .continuous([Double](repeating: 1, count: 2000)))]
    #expect(MutualInformationGap(MutualInformation(known.turned(), constant)) == nil)
  }

  @Test("Angles are cut into arcs, whatever whole turns are added")
  func arcs() {
    let angles = (0..<100).map { (Double($0) + 0.5) / 100 * 2 * Double.pi }
    let plain = Factor("φ", .circular(angles)).levels(bins: 20)
    #expect(plain.count == 20 && plain.labels == (0..<100).map { $0 / 5 })
    let shifted = Factor("φ", .circular(angles.map { $0 - 4 * Double.pi })).levels(bins: 20)
    #expect(shifted == plain)
  }
}
