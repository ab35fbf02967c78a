import Kernels
import Testing

/// The kernels that this processor runs, by name.
struct KernelTable: @unchecked Sendable, CustomTestStringConvertible {
  // A table of constant functions: nothing in it ever changes.
  let functions: dis_kernels
  let name: String

  init?(_ name: String) {
    guard let table = dis_kernels_named(name) else { return nil }
    functions = table.pointee
    self.name = name
  }

  /// All of them, the most general first.
  static let present = ["baseline", "arm64", "x86-64-v3", "x86-64-v4"].compactMap(KernelTable.init)

  /// Whether a·b + c is rounded once.
  var isFused: Bool { name != "baseline" }

  var testDescription: String { name }
}

@Suite("Choice of kernels")
struct KernelChoiceTests {
  @Test("Every processor has the baseline, and an unknown name has nothing")
  func names() {
    #expect(KernelTable("baseline") != nil)
    #expect(KernelTable("x86-64-v5") == nil)
    #expect(KernelTable("") == nil)
    #expect(KernelTable("baseline ") == nil)
  }

  @Test("A table carries the name that it was asked for", arguments: KernelTable.present)
  func ownName(table: KernelTable) {
    #expect(String(cString: table.functions.name) == table.name)
  }

  @Test("The best kernels are the last that this processor has")
  func best() {
    #expect(String(cString: dis_kernels_best().pointee.name) == KernelTable.present.last?.name)
  }
}
