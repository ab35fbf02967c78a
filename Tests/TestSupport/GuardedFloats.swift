#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Floats that end where readable memory ends: whoever reads or writes one too many stops the
/// process on the spot.
///
/// In front of them stand others whose bits tell whether somebody wrote there.
package final class GuardedFloats {
  package let count: Int
  private let mapping: UnsafeMutableRawPointer
  private let length: Int
  private let guardStart: UnsafeMutablePointer<Float>

  /// How many floats stand in front.
  private static let front = 64
  /// A quiet NaN that no arithmetic here produces.
  private static let mark = Float(bitPattern: 0x7FC0_BEEF)

  package init(_ values: [Float]) {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let bytes = (values.count + Self.front) * MemoryLayout<Float>.stride
    let readable = (bytes + page - 1) / page * page
    length = readable + page
    #if canImport(Darwin)
    let flags = MAP_PRIVATE | MAP_ANON
    #else
    let flags = MAP_PRIVATE | MAP_ANONYMOUS
    #endif
    guard
      let mapping = mmap(nil, length, PROT_READ | PROT_WRITE, flags, -1, 0), mapping != MAP_FAILED
    else { preconditionFailure("the system has no \(length) bytes for a test") }
    let isGuarded = mprotect(mapping + readable, page, PROT_NONE) == 0
    precondition(isGuarded, "the system can't protect a page")
    self.mapping = mapping
    count = values.count
    guardStart = (mapping + (readable - bytes)).bindMemory(
      to: Float.self,
      capacity: values.count + Self.front
    )
    guardStart.initialize(repeating: Self.mark, count: Self.front)
    pointer.initialize(from: values, count: values.count)
  }

  /// A result that nobody has written yet.
  package convenience init(marks count: Int) {
    self.init([Float](repeating: Self.mark, count: count))
  }

  deinit { munmap(mapping, length) }

  package var pointer: UnsafeMutablePointer<Float> { guardStart + Self.front }

  package var values: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }

  /// Whether nobody wrote in front of the first value.
  package var isFrontUntouched: Bool {
    (0..<Self.front).allSatisfy { guardStart[$0].bitPattern == Self.mark.bitPattern }
  }

  /// Whether value `index` is one that ``init(marks:)`` left.
  package func isMark(_ index: Int) -> Bool {
    pointer[index].bitPattern == Self.mark.bitPattern
  }
}
