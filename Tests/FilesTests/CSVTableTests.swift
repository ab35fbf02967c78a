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
    "Other marks between the cells than commas are refused by name",
    arguments: [
      ("a;b\n1;0\n", "line = 1", "semicolons"), ("0,5;1,25\n0,1;2\n", "line = 1", "decimal commas"),
      ("a\tb\n1\t0\n", "line = 1", "tabs"), ("1.5 2e-3\n3 4\n", "line = 1", "blanks"),
      ("a b\n1 2\n", "line = 2", "blanks"), ("\u{FEFF}a;b\r\n0,5;1\r\n", "line = 1", "semicolons"),
    ]
  )
  func separators(text: String, field: String, word: String) {
    #expect { try table(text) } throws: { error in
      let malformation = error as? Malformation
      return malformation?.code == "E-CSV-SEPARATOR" && malformation?.field == field
        && malformation?.why.contains(word) == true
    }
  }

  @Test("Within quotes and beside commas such marks are text")
  func marksInTexts() throws {
    #expect(try table("rule\n\"go; left\"\nstay\n").columnCount == 1)
    #expect(try table("rule,side\ngo; now,left\na\tb,right\n").columnCount == 2)
    #expect(try table("rule\ngo left\nstay here\n").rowCount == 2)
    #expect(try table("time\n1 \n\t2\n").numbers() == [1, 2])
  }

  @Test("A first line that counts from 0 is data, unless somebody says that it is pandas' header")
  func countedNames() throws {
    for text in ["0,1,2\n3,4,5\n", "0,1\n3,4\n", ",0,1\n0,3,4\n"] {
      let counted = try table(text)
      #expect(counted.names == nil && counted.firstLineCounts && counted.rowCount == 2, "\(text)")
      #expect(try table(text, .present).names?.last == (text.hasPrefix("0,1,2") ? "2" : "1"))
    }
    for text in ["0,2,1\n3,4,5\n", "0.0,1.0,2.0\n", "1,2\n"] {
      #expect(!(try table(text)).firstLineCounts, "\(text)")
    }
  }

  @Test("A nameless column that numbers the rows is an index", arguments: [0, 1])
  func index(start: Int) throws {
    let rows = (0..<4).map { "\($0 + start),\(Double($0) / 2),\($0 % 2)" }.joined(separator: "\n")
    for header in [",x,y", "\"\",x,y", "Unnamed: 0,x,y", ",0,1"] {
      let table = try table("\(header)\n\(rows)\n", .present)
      #expect(table.hasIndex && table.rowCount == 4, "\(header)")
      let rest = table.withoutIndex
      #expect(rest.columnCount == 2 && !rest.hasIndex)
      #expect(rest.names == (header == ",0,1" ? ["0", "1"] : ["x", "y"]))
      #expect(rest.number(row: 3, column: 0) == 1.5 && rest.text(row: 3, column: 1) == "1")
      #expect(try rest.numbers() == (0..<4).flatMap { [Double($0) / 2, Double($0 % 2)] })
    }
    #expect(!(try table("n,x,y\n\(rows)\n")).hasIndex)
    #expect(!(try table(",x\n0,1\n2,1\n")).hasIndex)
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
