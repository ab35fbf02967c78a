import Files
import SystemPackage
import Testing

@Suite("Tables of comma-separated values")
struct CSVTableTests {
  private func table(
    _ text: String,
    _ header: CSVTable.Header = .detected
  ) throws(Malformation) -> CSVTable {
    try CSVTable(parsing: Array(text.utf8), header: header)
  }

  @Test("Numbers are those that Swift reads, whatever ends the lines")
  func numbers() throws {
    let cells = [
      "0", "-0.1", "123456789012345", "0.1234567890123456789", "1e-300", "-2.5E+3", "+.5", "7.",
      "0.30000000000000004", "4.9406564584124654e-324",
    ]
    for lineEnd in ["\n", "\r\n"] {
      let text = "\u{FEFF}" + cells.joined(separator: ",") + lineEnd + " 1 ,\"2\",3,4,5,6,7,8,9,10"
      for end in ["", lineEnd, lineEnd + lineEnd] {
        let table = try table(text + end)
        #expect(table.names == nil && table.rowCount == 2 && table.columnCount == 10)
        let expected = cells.map { Double($0) ?? .nan } + (1...10).map(Double.init)
        #expect(try table.numbers() == expected)
      }
    }
  }

  @Test("Numbers of any length are rounded once, as Swift's own reader does")
  func rounding() throws {
    var texts = [
      "1e-27", "9007199254740993", "9007199254740992.5", "-0.1e-2", "1.7976931348623157e308",
      "4.9e-324", "12345678901234567890", "0.99999999999999999", "1e+3", "2.5E-1", "5e22", "-3e-7",
      "0000000000000000000001.5", "18446744073709551615", "9999999999999999999",
    ]
    // A linear congruence: bits of every kind.
    var state: UInt64 = 1
    for _ in 0..<5000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let digits = 1 + Int(state >> 59) % 19
      let number = String(String(state).prefix(digits))
      texts += [
        "\(number)e-\((state >> 40) % 27)", "-0.\(number)", "\(number).\(state % 1000)",
        Double(bitPattern: (state >> 2) | 0x3000_0000_0000_0000).description,
      ]
    }
    let table = try CSVTable(parsing: Array(texts.joined(separator: "\n").utf8), header: .absent)
    let numbers = try table.numbers()
    for (text, number) in zip(texts, numbers) { #expect(number == Double(text), "\(text)") }
  }

  @Test("A first line without any number is the header, and texts keep commas, quotes and lines")
  func texts() throws {
    let table = try table("color,\"x, \"\"m\"\"\"\nred,1\n\"dark\nblue\",2\n")
    #expect(table.names == ["color", "x, \"m\""] && table.rowCount == 2)
    #expect(table.texts(column: 0) == ["red", "dark\nblue"])
    #expect(!table.isNumeric(column: 0) && table.isNumeric(column: 1))
    #expect(table.number(row: 1, column: 1) == 2)
    let bare = try self.table("red,1\nblue,2")
    #expect(bare.names == nil && bare.rowCount == 2)
    #expect(try self.table("1,2\n3,4", .present).names == ["1", "2"])
    #expect(try self.table("a\nb", .absent).rowCount == 2)
  }

  @Test(
    "What is no table is refused with its place",
    arguments: [
      ("", "E-CSV-EMPTY", nil), ("\n\r\n", "E-CSV-EMPTY", nil),
      ("1,2\n3", "E-CSV-ROW", "line = 2"), ("1,2\n\n3,4", "E-CSV-ROW", "line = 2"),
      ("1,\"2\n3", "E-CSV-QUOTE", "line = 1"), ("1\n\"2\"3\n", "E-CSV-QUOTE", "line = 2"),
      ("1,2\u{0}", "E-CSV-ENCODING", "byte = 3"),
    ] as [(String, String, String?)]
  )
  func refused(text: String, code: String, field: String?) {
    #expect { try table(text) } throws: { error in
      let malformation = error as? Malformation
      return malformation?.code == code && malformation?.field == field
    }
  }

  @Test("A cell that is no number is named with line, column and value")
  func badCell() throws {
    for value in ["", "abc", "0x10", "1;2"] {
      let table = try table("a,b\n1,2\n3,\(value)\n")
      #expect { try table.numbers() } throws: { error in
        let field = (error as? Malformation)?.field
        return field == "line = 3, column = 2 (b), value = '\(value)'"
      }
    }
  }

  @Test("What is written is read again, digit by digit")
  func roundTrip() throws {
    try withFolder { folder in
      // The smallest number of all, too.
      let values = [0.1, -Double.leastNonzeroMagnitude, 3, 0.1 + 0.2, 1e22, .pi]
      for name in ["a.csv", "a.npy", "a.npz"] {
        let file = ArrayFile(folder.appending(name).string)
        let array = NumberArray(shape: [3, 2], values: values, names: ["x,1", "y"])
        try file.write(array, named: "latents")
        let read = try file.read()
        #expect(read.values == values && read.shape == [3, 2])
        #expect(read.names == (name == "a.csv" ? ["x,1", "y"] : nil))
      }
      let named = ArrayFile(folder.appending("a.npz").string + ":latents")
      #expect(named.member == "latents")
      #expect(try named.read().values == values)
      #expect(throws: FileError.self) {
        try ArrayFile(folder.appending("a.npz").string + ":other").read()
      }
      #expect(throws: FileError.self) { try ArrayFile(folder.appending("a.txt").string).read() }
    }
  }
}
