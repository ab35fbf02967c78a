import Dispatch
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#endif

/// Whether somebody asked this process to stop: by Ctrl-C, by a signal, or by closing its input.
///
/// A run looks here after every batch, saves, and ends. A second signal ends the process at once.
package enum StopSignal {
  private static let received = Atomic<Int32>(0)

  /// The number of the signal that was received first; `nil` while nobody asked.
  package static var number: Int32? {
    let number = received.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }

  package static var isRaised: Bool { received.load(ordering: .relaxed) != 0 }

  /// Lets Ctrl-C, a polite kill and a cluster's warning raise this flag.
  package static func install() {
    for signalNumber in [SIGINT, SIGTERM, SIGUSR1, SIGHUP] {
      // Only an atomic store and the default handler: both are allowed inside a signal handler.
      signal(signalNumber) { number in
        StopSignal.raise(number)
        signal(number, SIG_DFL)
      }
    }
  }

  /// Restores what the system does with these signals: for work that loses nothing by being cut.
  package static func uninstall() {
    for signalNumber in [SIGINT, SIGTERM, SIGUSR1, SIGHUP] { signal(signalNumber, SIG_DFL) }
  }

  /// Ends the process in the way of the signal that it received: 75, try again, after a cluster's
  /// warning, and as a shell tells it after the others.
  package static func exitLikeSignal() -> Never {
    let number = self.number ?? SIGTERM
    exit(number == SIGUSR1 ? 75 : 128 + number)
  }

  /// Raises the flag when standard input ends: a worker's supervisor is gone then.
  package static func watchStandardInput() {
    DispatchQueue(label: "standard input").async {
      var byte: UInt8 = 0
      while true {
        let count = read(STDIN_FILENO, &byte, 1)
        if count == 0 || (count < 0 && errno != EINTR) { break }
      }
      raise(SIGTERM)
    }
  }

  private static func raise(_ number: Int32) {
    _ = received.compareExchange(expected: 0, desired: number, ordering: .relaxed)
  }
}
