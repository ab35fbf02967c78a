import Compute
import Trials

/// The noise as it was drawn, beside its law.
package struct NoisePortrait: Sendable {
  /// One channel's values as a density, beside that of the law.
  package struct Channel: Sendable {
    /// Counted from 0: a latent, or a feature behind the encoder.
    package let index: Int
    package let mean: Double
    package let deviation: Double
    package let expectedMean: Double
    package let expectedDeviation: Double
    /// `[(place, density)]`, at the middle of each bin.
    package let histogram: [PlanePoint]
    package let law: [PlanePoint]
    package let binWidth: Double
  }

  /// Whether it is added behind the encoder.
  package let isAfterEncoder: Bool
  /// Steps and trials of each channel, all together.
  package let sampleSize: Int
  /// At lags 0, 1, …, the mean over channels.
  package let autocorrelation: [Double]
  package let expectedAutocorrelation: [Double]
  /// The first channel and, where its law is another, the last.
  package let channels: [Channel]
  /// First against second channel, or against the last where that has another law.
  package let pairs: [PlanePoint]
  package let pairIndices: [Int]

  private static let lags = 10
  private static let mostPairs = 800

  /// `nil` where nothing is blurred.
  init?(of spec: RunSpec) {
    guard !spec.paradigm.noise.isNone else { return nil }
    let law = ChannelLaw(spec.paradigm)
    let series = Self.series(of: spec)
    let (steps, trials, count) = (series.steps, series.trials, series.width)
    isAfterEncoder = law.isAfterEncoder
    sampleSize = steps * trials

    let lags = 0...min(Self.lags, steps - 1)
    var sums = lags.map { _ in 0.0 }
    for channel in 0..<count {
      let values = Self.values(series, channel)
      let center = mean(values)
      func product(_ lag: Int) -> Double {
        var sum = 0.0
        for index in 0..<(steps - lag) * trials {
          sum += (values[index] - center) * (values[index + lag * trials] - center)
        }
        return sum / Double((steps - lag) * trials)
      }
      let variance = product(0)
      for lag in lags { sums[lag] += product(lag) / variance }
    }
    autocorrelation = sums.map { $0 / Double(count) }
    expectedAutocorrelation = lags.map(law.autocorrelation)

    let partner = law.isGrowing ? count - 1 : min(1, count - 1)
    pairIndices = [0, partner]
    channels = (law.isGrowing ? [0, partner] : [0]).map { index in
      Channel(of: Self.values(series, index), index: index, law, scale: law.scale(index))
    }
    pairs = (0..<min(Self.mostPairs, steps * trials)).map { index in
      let (step, trial) = (index / trials, index % trials)
      return PlanePoint(
        Double(series[step, trial, 0]),
        Double(series[step, trial, partner])
      )
    }
  }

  private static func values(_ series: SequenceBatch, _ channel: Int) -> [Double] {
    (0..<series.steps * series.trials).map { Double(series.rows[$0, channel]) }
  }

  /// Noise of every channel in long trials, `[T, B, channels]`.
  private static func series(of spec: RunSpec) -> SequenceBatch {
    var paradigm = spec.paradigm
    let steps = 25
    // Noise that is correlated in time needs many trials; many channels tell enough by themselves.
    let trials = min(2000, max(400, 20_000 / max(1, paradigm.layout.width)))
    paradigm.boundaries = BoundaryFamily(.axes, count: paradigm.dimensions)
    paradigm.supervision = Supervision()
    paradigm.timing = TrialTiming(fixation: 0, stimulus: steps, delay: 0, decision: 1)
    let generator = TrialGenerator(paradigm: paradigm, seed: spec.seed)
    var batch = generator.makeBatch(trials: trials)
    generator.draw(into: &batch, .portrait)
    let layout = paradigm.layout
    // Behind the encoder the cue has noise, too, and stands first.
    let (first, count) =
      layout.featureNoise > 0
      ? (layout.passed + layout.dimensions + layout.passed, layout.featureNoise - layout.passed)
      : (layout.passed, layout.dimensions)
    var series = SequenceBatch(steps: steps, trials: trials, width: count)
    for step in 0..<steps {
      for trial in 0..<trials {
        for channel in 0..<count {
          let hidden = layout.featureNoise > 0 ? 0 : batch.latents[trial, channel]
          series[step, trial, channel] = batch.observations[step, trial, first + channel] - hidden
        }
      }
    }
    return series
  }
}

/// The law of one channel's noise.
private struct ChannelLaw {
  let isAfterEncoder: Bool
  private let law: NoiseLaw
  private let deviation: Double
  private let dimensions: Int

  init(_ paradigm: Paradigm) {
    dimensions = paradigm.dimensions
    switch paradigm.noise {
    case .before(let law, let deviation):
      isAfterEncoder = false
      self.law = law
      self.deviation = deviation
    case .after(let deviation):
      isAfterEncoder = true
      law = .gaussian
      self.deviation = deviation
    }
  }

  /// Whether channels differ.
  var isGrowing: Bool {
    if case .anisotropic = law { true } else { false }
  }

  /// `σ` of a channel; Gumbel's scale.
  func scale(_ channel: Int) -> Double {
    guard case .anisotropic(let ratio) = law, dimensions > 1 else { return deviation }
    return deviation * (1 + (ratio - 1) * Double(channel) / Double(dimensions - 1))
  }

  func autocorrelation(_ lag: Int) -> Double {
    guard case .autoregressive(let correlation) = law else { return lag == 0 ? 1 : 0 }
    return (0..<lag).reduce(1) { product, _ in product * correlation }
  }

  /// Of a channel of scale 1.
  var mean: Double { law == .gumbel ? GumbelDistribution.mean : 0 }

  /// Of a channel of scale 1.
  var standardDeviation: Double { law == .gumbel ? GumbelDistribution.deviation : 1 }

  /// Of a channel of scale 1.
  func density(_ x: Double) -> Double {
    law == .gumbel ? GumbelDistribution.density(x) : NormalDistribution.density(x)
  }
}

extension NoisePortrait.Channel {
  fileprivate init(of values: [Double], index: Int, _ law: ChannelLaw, scale: Double) {
    self.index = index
    let center = Compute.mean(values)
    mean = center
    deviation =
      Compute.mean(values.map { ($0 - center) * ($0 - center) }).squareRoot()
    expectedMean = law.mean * scale
    expectedDeviation = law.standardDeviation * scale
    // Four and a half deviations about the law's mean hold all but a few in a million.
    let bins = 45
    let half = 4.5 * expectedDeviation
    let width = 2 * half / Double(bins)
    let first = expectedMean - half
    var counts = [Int](repeating: 0, count: bins)
    for value in values {
      let bin = ((value - first) / width).rounded(.down)
      if bin >= 0, bin < Double(bins) { counts[Int(bin)] += 1 }
    }
    histogram = counts.enumerated().map { bin, count in
      PlanePoint(
        first + (Double(bin) + 0.5) * width,
        Double(count) / (Double(values.count) * width)
      )
    }
    self.law = (0...120).map { index in
      let x = first + 2 * half * Double(index) / 120
      return PlanePoint(x, law.density(x / scale) / scale)
    }
    binWidth = width
  }
}
