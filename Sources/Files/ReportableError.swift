/// An error that the user can do something about.
///
/// Printed, it reads `error[E-xxx]: WHAT in FILE (FIELD = VALUE): WHY. MEND: …`. The codes are
/// documented and stay; the exit codes follow sysexits(3).
package protocol ReportableError: Error, Sendable, CustomStringConvertible {
  /// What to look up, such as `E-IO-ENOSPC`.
  var code: String { get }

  /// What the process returns: 64…78, see sysexits(3).
  var exitCode: Int32 { get }

  /// Everything behind `error[…]: `, the mend included.
  var message: String { get }
}

extension ReportableError {
  package var description: String { "error[\(code)]: \(message)" }
}
