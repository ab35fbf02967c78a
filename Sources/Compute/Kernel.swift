import Kernels

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The hot loops in the form that this processor runs fastest, or that the user asked for.
///
/// The choice is made once for a process: by the environment variable `DISENTANGLE_KERNEL` where
/// it is set, otherwise by what the processor has. The kernels `x86-64-v3` and `x86-64-v4` give
/// the same bits; `baseline` gives others, since it has no fused multiply-add.
package struct Kernel: @unchecked Sendable {
  // A table of constant functions: nothing in it ever changes.
  private let functions: UnsafePointer<dis_kernels>

  /// Every name that some processor has.
  package static let names = ["x86-64-v4", "x86-64-v3", "arm64", "baseline"]

  /// The name of the environment variable that forces a kernel.
  package static let environmentVariable = "DISENTANGLE_KERNEL"

  /// What the user asked for, or the fastest; `nil` where this processor lacks what was asked for.
  package static let chosen: Kernel? = requestedName.map(Kernel.init(named:)) ?? .fastest

  /// What the environment asks for, if anything.
  package static var requestedName: String? {
    guard let value = getenv(environmentVariable), value.pointee != 0 else { return nil }
    return String(cString: value)
  }

  /// The kernel that all computing uses.
  ///
  /// A command checks ``chosen`` before it computes anything, and answers with a clear error.
  package static let active: Kernel = {
    guard let chosen else {
      preconditionFailure("\(environmentVariable)=\(requestedName ?? "") can't run here")
    }
    return chosen
  }()

  package static var fastest: Kernel { Kernel(functions: dis_kernels_best()) }

  package init?(named name: String) {
    guard let functions = dis_kernels_named(name) else { return nil }
    self.functions = functions
  }

  private init(functions: UnsafePointer<dis_kernels>) { self.functions = functions }

  package var name: String { String(cString: functions.pointee.name) }

  var table: dis_kernels { functions.pointee }

  /// Floating-point operations a second that independent multiply-adds in registers reach: the
  /// most that one core can do, here and now.
  ///
  /// - Parameters:
  ///   - rounds: How long to try; a million rounds take a few milliseconds.
  ///   - seconds: A clock.
  /// - Returns: Operations a second; a multiplication and an addition are two.
  package func peak(rounds: Int = 1_000_000, seconds: () -> Double) -> Double {
    var sink: [Float] = [1, 1, 1, 1, 0.5, 0.5, 0, 0]
    let start = seconds()
    let operations = table.peak(rounds, &sink)
    return operations / (seconds() - start)
  }
}
