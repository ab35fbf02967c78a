import SystemPackage

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#endif

/// What the operating systems do differently, or what swift-system does not offer.
///
/// Elsewhere only the C library's name depends on the system: for signals, and for the one variable
/// of the environment that `Compute` reads.
package enum Platform {
  // MARK: The process and its surroundings

  package static var processID: Int32 { getpid() }

  /// The name of this machine, for messages only.
  package static var hostName: String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
    let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Seconds on a clock that never jumps, from an arbitrary start: for durations.
  package static var monotonicSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// Seconds that processors have worked for this process.
  package static var processorSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// The date and time in UTC, to the second, such as `2025-04-24T09:30:00Z`: for people to read,
  /// never to order by.
  package static var timestamp: String {
    var seconds = time(nil)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func padded(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let date = "\(parts.tm_year + 1900)-\(padded(parts.tm_mon + 1))-\(padded(parts.tm_mday))"
    return "\(date)T\(padded(parts.tm_hour)):\(padded(parts.tm_min)):\(padded(parts.tm_sec))Z"
  }

  /// A variable of the environment; `nil` where it is unset or empty.
  package static func environment(_ name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return String(cString: value)
  }

  /// How many processors may work for this process.
  package static var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  /// The most memory that this process has occupied so far, in bytes; 0 where nobody tells.
  package static var peakResidentBytes: Int {
    #if canImport(Darwin)
    var usage = rusage()
    getrusage(RUSAGE_SELF, &usage)
    return usage.ru_maxrss
    #else
    // Not `getrusage`: there a new program inherits the peak of the process that started it.
    guard let status = try? [UInt8](contentsOf: "/proc/self/status", limit: 1 << 16) else {
      return 0
    }
    let line = status.split(separator: UInt8(ascii: "\n")).first { $0.starts(with: "VmHWM:".utf8) }
    let digits = line?.filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? []
    return 1024 * (Int(String(decoding: digits, as: UTF8.self)) ?? 0)
    #endif
  }

  /// The file of this program, for starting it again.
  package static var executable: FilePath? {
    #if canImport(Darwin)
    var size: UInt32 = 4096
    var buffer = [CChar](repeating: 0, count: Int(size))
    guard _NSGetExecutablePath(&buffer, &size) == 0 else { return nil }
    let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return FilePath(String(decoding: bytes, as: UTF8.self))
    #else
    // This name means the program that runs, even when a new build has taken its place meanwhile.
    return FilePath("/proc/\(processID)/exe")
    #endif
  }

  /// Whether somebody watches: progress lines are for terminals only.
  package static func isTerminal(_ descriptor: FileDescriptor) -> Bool {
    isatty(descriptor.rawValue) == 1
  }

  // MARK: Files and directories

  /// Waits until what was written is on the disk, not only on its way.
  static func synchronize(_ descriptor: FileDescriptor) throws {
    #if canImport(Darwin)
    // Here fsync stops at the drive's own cache; file systems without F_FULLFSYNC get fsync.
    if fcntl(descriptor.rawValue, F_FULLFSYNC) == 0 { return }
    guard errno == ENOTSUP || errno == EINVAL || errno == ENOTTY else {
      throw Errno(rawValue: errno)
    }
    #endif
    try check(fsync(descriptor.rawValue))
  }

  /// Makes new, renamed and removed entries of a directory durable.
  static func synchronizeDirectory(_ path: FilePath) throws {
    let descriptor = try FileDescriptor.open(path, .readOnly, options: [.directory, .closeOnExec])
    do {
      try check(fsync(descriptor.rawValue))
    } catch Errno.invalidArgument {
      // A few network file systems have no fsync for directories, and nothing in its place.
    } catch {
      try? descriptor.close()
      throw error
    }
    try descriptor.close()
  }

  /// Renames a file over whatever stands at `new`, in one step.
  static func move(_ old: FilePath, to new: FilePath) throws {
    try old.withPlatformString { old in
      try new.withPlatformString { new in try check(rename(old, new)) }
    }
  }

  static func removeFile(_ path: FilePath) throws {
    try path.withPlatformString { try check(unlink($0)) }
  }

  static func makeDirectory(_ path: FilePath) throws {
    try path.withPlatformString { try check(mkdir($0, 0o777)) }
  }

  /// The names in a directory, without `.` and `..`, sorted by their bytes.
  static func names(in path: FilePath) throws -> [String] {
    guard let directory = path.withPlatformString({ opendir($0) }) else {
      throw Errno(rawValue: errno)
    }
    defer { closedir(directory) }
    guard let nameOffset = MemoryLayout<dirent>.offset(of: \.d_name) else {
      preconditionFailure("dirent has no stored d_name")
    }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(directory) else { break }
      // The entry is as long as its name, shorter than `dirent`: so no copy of it is made.
      let start = UnsafeRawPointer(entry).advanced(by: nameOffset)
      let name = String(cString: start.assumingMemoryBound(to: UInt8.self))
      if name != "." && name != ".." { names.append(name) }
    }
    guard errno == 0 else { throw Errno(rawValue: errno) }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Takes the lock of an open file, if nobody has it.
  static func lockWithoutWaiting(_ descriptor: FileDescriptor) throws -> Bool {
    if flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 { return true }
    guard errno == EWOULDBLOCK else { throw Errno(rawValue: errno) }
    return false
  }

  static func unlock(_ descriptor: FileDescriptor) {
    flock(descriptor.rawValue, LOCK_UN)
  }

  private static func check(_ result: Int32) throws {
    guard result == 0 else { throw Errno(rawValue: errno) }
  }
}
