import Compute
import Testing

@Suite("Statistics")
struct StatisticsTests {
  @Test("Quantiles lie between order statistics as NumPy's do")
  func quantiles() {
    // numpy.quantile([1, 2, 4, 8], [0, 0.25, 0.5, 0.75, 1]) by its definition:
    // position 3q, so 0.75, 1.5 and 2.25.
    let values = [1.0, 2, 4, 8]
    let shares = [0, 0.25, 0.5, 0.75, 1]
    #expect(shares.map { quantile($0, ofSorted: values) } == [1, 1.75, 3, 5, 8])
    #expect(shares.map { quantile($0, ofSorted: [3]) } == [3, 3, 3, 3, 3])
  }

  @Test("Quartiles don't depend on the order, and count")
  func quartiles() {
    let expected = Quartiles(lower: 1.75, median: 3, upper: 5, count: 4)
    #expect(Quartiles(of: [8, 1, 4, 2]) == expected)
    #expect(Quartiles(of: []) == nil)
  }

  @Test("The mean of some values")
  func average() {
    #expect(mean([1, 2, 6]) == 3)
  }
}
