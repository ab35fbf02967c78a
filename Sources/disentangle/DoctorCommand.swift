import ArgumentParser
import Compute
import Experiments
import Files
import Results
import SystemPackage

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Says whether kernels, LAPACK, HDF5, gnuplot and Plotly are in place."
  )

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  func run() throws {
    let checks = Self.checks
    if json {
      try Console.put(
        JSONValue.object([
          "ready": .bool(checks.allSatisfy { $0.isFine || !$0.isNeeded }),
          "checks": .array(checks.map(\.json)),
        ]).compact
      )
    } else {
      for check in checks { try Console.put(check.line) }
    }
    if checks.contains(where: { !$0.isFine && $0.isNeeded }) { throw ExitCode(78) }
  }

  private struct Check {
    let name: String
    let isFine: Bool
    let finding: String
    let mend: String
    /// Whether nothing works without it.
    var isNeeded = true

    var line: String {
      let mark = isFine ? "ok      " : isNeeded ? "MISSING " : "missing "
      let name = name + String(repeating: " ", count: max(0, 9 - name.count))
      return "\(mark) \(name) \(finding)" + (isFine ? "" : "; \(mend)")
    }

    var json: JSONValue {
      [
        "name": .string(name), "fine": .bool(isFine), "finding": .string(finding),
        "needed": .bool(isNeeded), "mend": isFine ? .null : .string(mend),
      ]
    }
  }

  private static var checks: [Check] {
    let names = Kernel.names.filter { Kernel(named: $0) != nil }.joined(separator: ", ")
    let gnuplot = Gnuplot.find()
    let plotly = PlotlyScript.find()
    return [
      Check(
        name: "kernel",
        isFine: Kernel.chosen != nil,
        finding: Kernel.chosen.map { "\($0.name) (this processor runs \(names))" }
          ?? "\(Kernel.requestedName ?? "") can't run here",
        mend: "unset \(Kernel.environmentVariable) or choose one of \(names)"
      ),
      lapack,
      Check(
        name: "hdf5",
        isFine: HDF5File.unpacksGzip,
        finding: HDF5File.unpacksGzip
          ? "libhdf5 \(HDF5File.libraryVersion)"
          : "libhdf5 \(HDF5File.libraryVersion) without gzip: packed HDF5 and NWB are refused",
        mend: "Debian and Ubuntu: apt install libhdf5-dev; macOS: brew install hdf5",
        isNeeded: false
      ),
      Check(
        name: "gnuplot",
        isFine: gnuplot != nil,
        finding: gnuplot?.executable ?? "not found: reports come without SVG and PDF",
        mend: "Debian and Ubuntu: apt install gnuplot-nox; macOS: brew install gnuplot",
        isNeeded: false
      ),
      Check(
        name: "plotly",
        isFine: plotly != nil,
        finding: plotly ?? "not found: reports show still pictures",
        mend: "run Scripts/setup, or let DISENTANGLE_PLOTLY name a plotly.min.js",
        isNeeded: false
      ),
    ]
  }

  /// A matrix whose eigenvalues are known: [[2, 1], [1, 2]] has 1 and 3.
  private static var lapack: Check {
    let eigen = SymmetricEigen(DoubleMatrix(rows: 2, columns: 2, values: [2, 1, 1, 2]))
    let isRight =
      (eigen.values[0] - 1).magnitude < 1e-12 && (eigen.values[1] - 3).magnitude < 1e-12
    return Check(
      name: "lapack",
      isFine: isRight,
      finding: isRight ? "right on a known matrix, one thread" : "gives \(eigen.values) for [1, 3]",
      mend: "install libopenblas-dev and liblapacke-dev anew"
    )
  }
}
