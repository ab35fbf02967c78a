import Compute
import Files
import Networks
import SystemPackage
import Training
import Trials

/// Times the bare training step, or the ideal observer's posteriors: see its usage line.
///
/// Prints one line of JSON for each window of `--seconds`. With `--serve` it reads `measure SECONDS`
/// and `exit` from standard input instead, so that a driver can alternate it with other programs.
@main
struct Bench {
  static func main() {
    if CommandLine.arguments.dropFirst() == ["posteriors"] {
      PosteriorBench.run()
      return
    }
    var options = Options()
    guard options.read(CommandLine.arguments.dropFirst()) else {
      Console.note(Options.usage)
      return
    }
    // A small network first: the code that it touches is no memory of the large one.
    let small = options.smallest.makeSubject()
    warmUp(small.network, of: small, options.smallest.paradigm, options.smallest)
    let bytesAtStart = Platform.peakResidentBytes
    let (subject, paradigm) = (options.makeSubject(), options.paradigm)
    measure(subject.network, of: subject, paradigm, options, bytesAtStart: bytesAtStart)
  }

  private static func warmUp(
    _ network: some TrainableNetwork,
    of subject: NetworkSubject,
    _ paradigm: Paradigm,
    _ options: Options
  ) {
    var trainer = trainer(network, of: subject, paradigm, options)
    _ = Window(of: &trainer, seconds: 0.01, options)
  }

  private static func trainer<Network: TrainableNetwork>(
    _ network: Network,
    of subject: NetworkSubject,
    _ paradigm: Paradigm,
    _ options: Options
  ) -> Trainer<Network> {
    let plan = TrainingPlan(batchSize: options.batch)
    return Trainer(
      network,
      of: subject,
      paradigm: paradigm,
      plan: plan,
      seed: 0,
      from: TrainingState(parameters: subject.parameters, learningRate: plan.learningRate)
    )
  }

  private static func measure(
    _ network: some TrainableNetwork,
    of subject: NetworkSubject,
    _ paradigm: Paradigm,
    _ options: Options,
    bytesAtStart: Int
  ) {
    var trainer = trainer(network, of: subject, paradigm, options)
    let parameterBytes = 4 * subject.parameters.count
    // Caches and branch predictors are warm after some steps, or after one that takes long.
    let start = Platform.monotonicSeconds
    for _ in 0..<200 where Platform.monotonicSeconds - start < 0.5 { _ = trainer.step() }
    func window(_ seconds: Double) {
      let speed = Window(of: &trainer, seconds: seconds, options)
      let line = speed.json(parameterBytes: parameterBytes, bytesAtStart: bytesAtStart).compact
      // Past the buffer of `print`: a driver waits for the line.
      _ = try? FileDescriptor.standardOutput.writeAll("\(line)\n".utf8)
    }
    guard options.serves else {
      for _ in 0..<options.rounds { window(options.seconds) }
      return
    }
    while let line = readLine() {
      let words = line.split(separator: " ")
      guard words.count == 2, words[0] == "measure", let seconds = Double(words[1]) else { break }
      window(seconds)
    }
  }
}

/// One stretch of training and what it took.
struct Window {
  private let options: Options
  private let batches: Int
  private let secondsPerBatch: Double
  private let processorSecondsPerBatch: Double
  private let loss: Double
  private let registerPeak: Double
  private let productPeak: Double

  init(of trainer: inout Trainer<some TrainableNetwork>, seconds: Double, _ options: Options) {
    self.options = options
    let start = Platform.monotonicSeconds
    let processorStart = Platform.processorSeconds
    var batches = 0
    var loss = 0.0
    var elapsed = 0.0
    while elapsed < seconds {
      loss += trainer.step().loss
      batches += 1
      elapsed = Platform.monotonicSeconds - start
    }
    self.batches = batches
    secondsPerBatch = elapsed / Double(batches)
    processorSecondsPerBatch = (Platform.processorSeconds - processorStart) / Double(batches)
    self.loss = loss / Double(batches)
    registerPeak = Kernel.active.peak(rounds: 300_000, seconds: { Platform.monotonicSeconds })
    productPeak = Self.measureProductPeak()
  }

  /// The record of this window.
  ///
  /// `boundMilliseconds` is what the batch would take if all its work ran at the products' own
  /// practical peak, as measured right after the window. `bytesAtStart` is what the process
  /// occupied before it began to train.
  func json(parameterBytes: Int, bytesAtStart: Int) -> JSONValue {
    let work = StepWork(options: options)
    let activationBytes = work.activationBytes
    // Parameters, gradient and Adam's two moments have one size.
    let necessaryBytes = 4 * parameterBytes + activationBytes
    let peakBytes = Platform.peakResidentBytes
    return [
      "peer": "disentangle",
      "version": .string(Kernel.active.name),
      "architecture": .string(options.architecture.rawValue),
      "tasks": .integer(options.tasks),
      "batch": .integer(options.batch),
      "dimensions": .integer(options.dimensions),
      "units": .integer(options.units),
      "layers": .integer(options.layers),
      "batches": .integer(batches),
      "millisecondsPerBatch": .number(secondsPerBatch * 1e3),
      "cpuMillisecondsPerBatch": .number(processorSecondsPerBatch * 1e3),
      "boundMilliseconds": .number(work.flops / productPeak * 1e3),
      "megaflops": .number(work.flops / 1e6),
      "gigaflops": .number(work.flops / secondsPerBatch / 1e9),
      "peakGigaflops": .number(registerPeak / 1e9),
      "productGigaflops": .number(productPeak / 1e9),
      "shareOfPeak": .number(work.flops / secondsPerBatch / productPeak),
      "parameterBytes": .integer(parameterBytes),
      "activationBytes": .integer(activationBytes),
      "peakResidentBytes": .integer(peakBytes),
      "bytesAtStart": .integer(bytesAtStart),
      "shareOfNecessaryBytes": .number(
        Double(peakBytes - bytesAtStart) / Double(necessaryBytes)
      ),
      "loss": .number(loss),
    ]
  }

  /// What our own product reaches on operands that fit the cache: the core's practical peak.
  private static func measureProductPeak() -> Double {
    let left = Matrix(rows: 96, columns: 128, repeating: 0.5)
    let right = Matrix(rows: 128, columns: 64, repeating: 0.25)
    var result = Matrix(rows: 96, columns: 64)
    var best = 0.0
    for _ in 0..<10 {
      let start = Platform.monotonicSeconds
      for _ in 0..<200 { multiply(left.view, right.view, into: result.mutableView) }
      best = max(best, 200 * 2 * 96 * 64 * 128 / (Platform.monotonicSeconds - start))
    }
    return best
  }
}
