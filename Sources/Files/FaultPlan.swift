import Synchronization
import SystemPackage

/// A promise that one request to the operating system will fail, for tests.
///
/// A test counts n = 1, 2, 3, … until the work succeeds; after each failure the files must hold
/// either the old content or the new. It is bound to the task, so tests next to it notice nothing:
///
///     try FaultPlan.$current.withValue(FaultPlan(failingAt: 3, with: .noSpace)) { … }
package final class FaultPlan: Sendable {
  /// The plan of the present task; `nil` outside of tests.
  @TaskLocal package static var current: FaultPlan?

  private let first: Int
  private let error: Errno
  private let isLasting: Bool
  private let count = Mutex(0)

  /// No single write takes more than this; `nil` for as much as the system takes.
  package let bytesPerWrite: Int?

  /// - Parameters:
  ///   - first: The request that fails, counted from 1; past the last one nothing fails.
  ///   - error: How it fails.
  ///   - isLasting: Whether all later requests fail too, as on a disk that stays full.
  ///   - bytesPerWrite: The longest write, to see short ones.
  package init(
    failingAt first: Int = .max,
    with error: Errno = .ioError,
    lasting isLasting: Bool = false,
    bytesPerWrite: Int? = nil
  ) {
    self.first = first
    self.error = error
    self.isLasting = isLasting
    self.bytesPerWrite = bytesPerWrite
  }

  /// How many requests have been made.
  package var requests: Int { count.withLock { $0 } }

  func allow(_ operation: FileOperation) throws {
    let number = count.withLock { count in
      count += 1
      return count
    }
    // Cleaning up is not refused: a full disk still lets files be removed.
    guard operation != .remove else { return }
    if number == first || (isLasting && number > first) { throw error }
  }
}
