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
  private static let mayBeCut = Atomic<Bool>(false)

  /// The number of the signal that was received first; `nil` while nobody asked.
  package static var number: Int32? {
    let number = received.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }

  package static var isRaised: Bool { received.load(ordering: .relaxed) != 0 }

  /// Lets Ctrl-C, a polite kill and a cluster's warning raise this flag.
  ///
  /// What was ignored when this process began stays ignored: `nohup` counts on that.
  package static func install() {
    for number in [SIGINT, SIGTERM, SIGUSR1, SIGHUP] where !isIgnored(number) {
      // Only an atomic store and the default handler: both are allowed inside a signal handler.
      signal(number) { number in
        StopSignal.raise(number)
        signal(number, SIG_DFL)
      }
    }
  }

  /// Restores what the system does with these signals, and lets the end of standard input end the
  /// process: for work that loses nothing by being cut.
  package static func uninstall() {
    mayBeCut.store(true, ordering: .relaxed)
    for number in [SIGINT, SIGTERM, SIGUSR1, SIGHUP] where !isIgnored(number) {
      signal(number, SIG_DFL)
    }
  }

  /// Makes a reader that has gone away and a file that has grown too large errors of the writing
  /// call: a worker then still saves.
  package static func surviveFailedWrites() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
  }

  /// Asks the system without changing anything for longer than an instant.
  private static func isIgnored(_ number: Int32) -> Bool {
    let before = signal(number, SIG_IGN)
    signal(number, before)
    // The address 1 stands for "ignore" on every system that we know.
    return unsafeBitCast(before, to: Int.self) == 1
  }

  /// Ends the process by the signal that it received, so that a shell's loop ends with it; after a
  /// cluster's warning with 75, try again.
  package static func exitLikeSignal() -> Never {
    let number = self.number ?? SIGTERM
    guard number != SIGUSR1 else { exit(75) }
    signal(number, SIG_DFL)
    kill(getpid(), number)
    exit(128 + number)
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
      if mayBeCut.load(ordering: .relaxed) { exit(75) }
    }
  }

  private static func raise(_ number: Int32) {
    _ = received.compareExchange(expected: 0, desired: number, ordering: .relaxed)
  }
}
