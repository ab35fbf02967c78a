import Compute
import Files
import Networks
import SystemPackage
import Training
import Trials

/// Times the bare training step: see its usage line.
///
/// Prints one line of JSON for each window of `--seconds`. With `--serve` it reads `measure SECONDS`
/// and `exit` from standard input instead, so that a driver can alternate it with other programs.
@main
struct Bench {
  static func main() {
    var options = Options()
    guard options.read(CommandLine.arguments.dropFirst()) else {
      print("usage: disentangle-bench [--tasks N] [--batch B] [--seconds S] [--rounds R] [--serve]")
      return
    }
    let paradigm = Paradigm(boundaries: .evenlySpacedLines(count: options.tasks))
    let subject = NetworkSubject(
      .leakyRNN(units: 64, activation: .relu, timeConstant: 100),
      paradigm: paradigm,
      encoder: .relu,
      seed: 0
    )
    measure(subject.network, of: subject, paradigm, options)
  }

  private static func measure(
    _ network: some TrainableNetwork,
    of subject: NetworkSubject,
    _ paradigm: Paradigm,
    _ options: Options
  ) {
    let plan = TrainingPlan(batchSize: options.batch)
    var trainer = Trainer(
      network,
      of: subject,
      paradigm: paradigm,
      plan: plan,
      seed: 0,
      from: TrainingState(parameters: subject.parameters, learningRate: plan.learningRate)
    )
    for _ in 0..<200 { _ = trainer.step() }
    func window(_ seconds: Double) {
      let line = Window(of: &trainer, seconds: seconds, options).json.compact + "\n"
      // Past the buffer of `print`: a driver waits for the line.
      _ = try? FileDescriptor.standardOutput.writeAll(line.utf8)
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
  let json: JSONValue

  init(of trainer: inout Trainer<some TrainableNetwork>, seconds: Double, _ options: Options) {
    let start = Platform.monotonicSeconds
    var batches = 0
    var loss = 0.0
    while Platform.monotonicSeconds - start < seconds {
      for _ in 0..<20 { loss += trainer.step().loss }
      batches += 20
    }
    let perBatch = (Platform.monotonicSeconds - start) / Double(batches)
    let flops = StepWork(tasks: options.tasks, batch: options.batch).flops
    let peak = Kernel.active.peak(rounds: 300_000, seconds: { Platform.monotonicSeconds })
    let product = Self.productPeak()
    json = [
      "peer": "disentangle",
      "version": .string(Kernel.active.name),
      "tasks": .integer(options.tasks),
      "batch": .integer(options.batch),
      "millisecondsPerBatch": .number(perBatch * 1e3),
      "gigaflops": .number(flops / perBatch / 1e9),
      "peakGigaflops": .number(peak / 1e9),
      "productGigaflops": .number(product / 1e9),
      "shareOfPeak": .number(flops / perBatch / product),
      "loss": .number(loss / Double(batches)),
    ]
  }

  /// What our own product reaches on operands that fit the cache: the core's practical peak.
  private static func productPeak() -> Double {
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

/// Floating-point operations of one batch (a multiplication and an addition are two).
struct StepWork {
  let tasks: Int
  let batch: Int

  var flops: Double {
    let rows = Double(batch * 22)
    let units = 64.0
    let inputs = 41.0
    // The two steps without a stimulus are not encoded: their features are a constant.
    let encoder = 2 * Double(batch * 20) * (2 * 100 + 100 * 100 + 100 * 40)
    let input = 2 * rows * inputs * units
    // The first of 22 steps has no rates before it.
    let recurrent = 2 * Double(batch) * 21 * units * units
    let readout = 2 * rows * units * Double(tasks)
    return encoder + 2 * input + 3 * recurrent + 3 * readout
  }
}

struct Options {
  var tasks = 24
  var batch = 16
  var seconds = 1.0
  var rounds = 5
  var serves = false

  /// `false` where the arguments make no sense.
  mutating func read(_ arguments: ArraySlice<String>) -> Bool {
    var rest = arguments
    while let name = rest.popFirst() {
      if name == "--serve" {
        serves = true
        continue
      }
      guard let text = rest.popFirst(), let value = Double(text), value > 0 else { return false }
      switch name {
      case "--tasks": tasks = Int(value)
      case "--batch": batch = Int(value)
      case "--seconds": seconds = value
      case "--rounds": rounds = Int(value)
      default: return false
      }
    }
    return true
  }
}
