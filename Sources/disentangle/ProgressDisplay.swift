import Experiments
import Files
import Results
import Synchronization

/// One line for each run that is worked on: redrawn in place on a terminal, once a minute elsewhere.
final class ProgressDisplay: Sendable {
  private struct State {
    var lines: [Int: String] = [:]
    var drawn = 0
    var finished = 0
    var lastPlain: [Int: Double] = [:]
  }

  private let runs: [String]
  private let isTerminal: Bool
  private let state = Mutex(State())

  init(runs: [String]) {
    self.runs = runs
    isTerminal = Console.isWatched && Platform.environment("TERM") != "dumb"
  }

  func show(_ run: Int, _ progress: RunProgress) {
    state.withLock { state in
      if isTerminal {
        redraw(&state, run, progress)
      } else {
        log(&state, run, progress)
      }
    }
  }

  /// Leaves the screen as it would be without progress lines.
  func close() {
    state.withLock { state in
      if isTerminal, state.drawn > 0 { Console.draw("\u{1B}[\(state.drawn)A\u{1B}[J") }
      state.drawn = 0
    }
  }

  private func redraw(_ state: inout State, _ run: Int, _ progress: RunProgress) {
    switch progress {
    case .training, .evaluating:
      state.lines[run] = line(run, progress, barWidth: 16)
    case .finished:
      state.lines[run] = nil
      state.finished += 1
    case .ended:
      state.lines[run] = nil
    }
    var text = state.drawn > 0 ? "\u{1B}[\(state.drawn)A\r\u{1B}[J" : ""
    var lines = state.lines.sorted { $0.key < $1.key }.map(\.value)
    lines.append("\(state.finished) of \(runs.count) runs done")
    // A line that is wider than the terminal is cut, not wrapped: a wrapped one would stay.
    text += "\u{1B}[?7l" + lines.map { "\($0)\n" }.joined() + "\u{1B}[?7h"
    state.drawn = lines.count
    Console.draw(text)
  }

  private func log(_ state: inout State, _ run: Int, _ progress: RunProgress) {
    let now = Platform.monotonicSeconds
    switch progress {
    case .training:
      // The first line comes when there is a rate to speak of.
      guard let last = state.lastPlain[run] else {
        state.lastPlain[run] = now
        return
      }
      guard now - last >= 60 else { return }
      state.lastPlain[run] = now
      Console.note(line(run, progress, barWidth: 0))
    case .evaluating, .ended:
      break
    case .finished:
      state.finished += 1
      Console.note("\(runs[run])  done (\(state.finished) of \(runs.count))")
    }
  }

  private func line(_ run: Int, _ progress: RunProgress, barWidth: Int) -> String {
    switch progress {
    case .training(let batch, let batches, let loss, let rate):
      let share = batches > 0 ? Double(batch) / Double(batches) : 1
      let filled = Int(share * Double(barWidth))
      let bar =
        barWidth > 0
        ? "[" + String(repeating: "#", count: filled)
          + String(repeating: ".", count: barWidth - filled) + "]  " : ""
      let left = rate > 0 ? Double(batches - batch) / rate : 0
      return "\(runs[run])  \(bar)\(grouped(batch)) of \(grouped(batches))  "
        + "loss \(fixed(loss, 4))  \(grouped(Int(rate))) a second  \(clock(left)) left"
    case .evaluating:
      return "\(runs[run])  measuring"
    case .finished, .ended:
      return "\(runs[run])  done"
    }
  }
}

/// `1234567` as `1,234,567`.
private func grouped(_ number: Int) -> String {
  var digits = String(number)
  var groups: [Substring] = []
  while digits.count > 3 {
    groups.insert(digits.suffix(3), at: 0)
    digits.removeLast(3)
  }
  return ([Substring(digits)] + groups).joined(separator: ",")
}

/// Seconds as `1:05`.
private func clock(_ seconds: Double) -> String {
  let whole = Int(min(max(seconds, 0), 1e9).rounded())
  let rest = whole % 60
  return "\(whole / 60):\(rest < 10 ? "0" : "")\(rest)"
}
