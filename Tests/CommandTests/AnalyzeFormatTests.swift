import Files
import SystemPackage
import TestSupport
import Testing

extension ToolTests {
  @Suite("MATLAB, HDF5 and NWB") struct AnalyzeFormatTests {
    private static func path(_ name: String) -> String { Fixture.path(name).string }

    private static let quick = ["--shuffles", "5", "--json"]

    @Test("The same states and factors from three formats give the same measurements")
    func sameNumbers() throws {
      try withFolder { folder in
        let session = Self.path("session.nwb")
        let records = try [
          [session, "--window", "0..0.5", "--factors", "contrast"],
          ["\(Self.path("recording.mat")):states", "\(Self.path("recording.mat")):contrast"],
          [
            "\(Self.path("recording.h5")):trials/counts",
            "\(Self.path("recording.h5")):trials/contrast",
          ],
        ].map { arguments in
          let ended = try Tool.run(["analyze"] + arguments + Self.quick, in: folder)
          #expect(ended.exitCode == 0 && ended.errors.isEmpty, "\(ended.errors)")
          return try ended.record()
        }
        #expect(records[0]["measurements"] != nil)
        for record in records { #expect(record["input"]?["units"] == 6) }
        let key = "r2.ood"
        let medians = records.map { $0["measurements"]?[key]?["median"]?.double }
        #expect(medians[0] != nil && medians[0] == medians[1] && medians[1] == medians[2])
      }
    }

    @Test("A session says what it took as trials, units, factors and window")
    func words() throws {
      try withFolder { folder in
        let ended = try Tool.run(
          [
            "analyze", Self.path("session.nwb"), "--window", "-0.25..0.5", "--bin", "0.125",
            "--time", "mean", "--align", "cue_time", "--factors", "contrast,side", "--missing",
            "drop", "--shuffles", "5",
          ],
          in: folder
        )
        #expect(ended.exitCode == 0, "\(ended.errors)")
        for part in [
          "24 × 6 × 6, taken as 24 trials × 6 steps × 6 units; the mean over steps",
          "spike counts of 6 units, in [-0.25, 0.5) s from cue_time, 6 bins of 0.125 s",
          "2 trials without cue_time", "24 × 2, taken as 2 factors, columns of intervals/trials",
          "side: categorical, left (", "2 of 24 trials with missing values",
        ] {
          #expect(ended.output.contains(part), "\(part): \(ended.output)")
        }
        let page = try #require(try contents(of: folder)["runs/analyze/report.html"])
        #expect(String(decoding: page, as: UTF8.self).contains("--align cue_time"))
      }
    }

    @Test("An ugly recording goes through without an undefined number")
    func ugly() throws {
      try withFolder { folder in
        let session = Self.path("ugly.nwb")
        let ended = try Tool.run(
          [
            "analyze", session, "--window", "0..0.25", "--align", "cue_time", "--factors",
            "angle,speed,context", "--circular", "angle", "--groups",
            "\(session):intervals/trials/animal", "--missing", "drop", "--out", "out",
          ] + Self.quick,
          in: folder
        )
        #expect(ended.exitCode == 0, "\(ended.errors)")
        // JSON has no word for what is undefined, so that a record that is read has no NaN.
        let record = try ended.record()
        #expect(record["input"]?["groups"]?.double == 3)
        #expect(record["input"]?["silentUnits"]?.double ?? 0 >= 3)
        #expect(record["warnings"]?.array?.count ?? 0 >= 1)
        #expect(record["measurements"]?["r2.ood"]?["median"]?.double != nil)
        let page = try #require(try contents(of: folder)["out/report.html"])
        #expect(!String(decoding: page, as: UTF8.self).contains(">NaN<"))
      }
    }

    struct Mistake: CustomTestStringConvertible, Sendable {
      let testDescription: String
      let arguments: [String]
      let exitCode: Int32
      let parts: [String]
    }

    private static let session = path("session.nwb")

    static let mistakes: [Mistake] = [
      Mistake(
        testDescription: "a session without a window",
        arguments: [session, "--factors", "contrast"],
        exitCode: 64,
        parts: ["error[E-NWB-WINDOW]", "--window 0..0.5"]
      ),
      Mistake(
        testDescription: "a session without factors",
        arguments: [session, "--window", "0..0.5"],
        exitCode: 64,
        parts: ["error[E-NWB-FACTORS]", "contrast, correct, cue_time"]
      ),
      Mistake(
        testDescription: "a column that isn't there",
        arguments: [session, "--window", "0..0.5", "--factors", "contrst"],
        exitCode: 65,
        parts: ["error[E-NWB-CONTENT]", "did you mean contrast?"]
      ),
      Mistake(
        testDescription: "a column of lists",
        arguments: [session, "--window", "0..0.5", "--factors", "licks"],
        exitCode: 65,
        parts: ["error[E-NWB-CONTENT]", "a list for each trial"]
      ),
      Mistake(
        testDescription: "windows at texts",
        arguments: [session, "--window", "0..0.5", "--factors", "contrast", "--align", "side"],
        exitCode: 65,
        parts: ["error[E-NWB-CONTENT]", "want seconds"]
      ),
      Mistake(
        testDescription: "bins that don't fill the window",
        arguments: [session, "--window", "0..0.5", "--bin", "0.3", "--factors", "contrast"],
        exitCode: 64,
        parts: ["error[E-NWB-BIN]", "--bin = 0.3"]
      ),
      Mistake(
        testDescription: "a window that is none",
        arguments: [session, "--window", "0.5", "--factors", "contrast"],
        exitCode: 64,
        parts: ["--window is 0.5"]
      ),
      Mistake(
        testDescription: "a window for what has no time",
        arguments: ["a.npy", "b.csv", "--window", "0..1"],
        exitCode: 64,
        parts: ["--window belongs to sessions in NWB"]
      ),
      Mistake(
        testDescription: "no factors at all",
        arguments: ["a.npy"],
        exitCode: 64,
        parts: ["FACTORS is missing"]
      ),
      Mistake(
        testDescription: "a group that is no series",
        arguments: ["\(session):processing/ecephys", "--window", "0..1", "--factors", "contrast"],
        exitCode: 65,
        parts: ["error[E-ARRAY-FORMAT]", "processing/ecephys/data"]
      ),
      Mistake(
        testDescription: "words as states",
        arguments: ["\(session):intervals/trials/side", "--factors", "contrast"],
        exitCode: 65,
        parts: ["error[E-HDF5-TYPE]", "text"]
      ),
      Mistake(
        testDescription: "a file that is no session",
        arguments: ["plain.nwb", "--window", "0..0.5", "--factors", "contrast"],
        exitCode: 65,
        parts: ["error[E-HDF5-FORMAT]", "MEND: "]
      ),
      Mistake(
        testDescription: "half of a session",
        arguments: ["half.nwb", "--window", "0..0.5", "--factors", "contrast"],
        exitCode: 65,
        parts: ["error[E-HDF5-DAMAGED]", "cut short or damaged"]
      ),
      Mistake(
        testDescription: "HDF5 without trials",
        arguments: ["other.nwb", "--window", "0..0.5", "--factors", "contrast"],
        exitCode: 65,
        parts: ["error[E-NWB-CONTENT]", "no table of trials"]
      ),
      Mistake(
        testDescription: "no file",
        arguments: ["none.nwb", "--window", "0..0.5", "--factors", "contrast"],
        exitCode: 66,
        parts: ["error[E-FILE-MISSING]"]
      ),
    ]

    @Test("Mistakes are named, and libhdf5 says nothing by itself", arguments: mistakes)
    func mistake(_ mistake: Mistake) throws {
      try withFolder { folder in
        let bytes = try [UInt8](contentsOf: FilePath(Self.session), limit: 1 << 20)
        try AtomicFile.write(Array(bytes[..<(bytes.count / 2)]), to: folder.appending("half.nwb"))
        try AtomicFile.write(Array("a,b\n".utf8), to: folder.appending("plain.nwb"))
        let other = try [UInt8](contentsOf: Fixture.path("recording.h5"), limit: 1 << 20)
        try AtomicFile.write(other, to: folder.appending("other.nwb"))
        let ended = try Tool.run(["analyze"] + mistake.arguments, in: folder)
        #expect(ended.exitCode == mistake.exitCode, "\(ended.errors)")
        #expect(ended.output.isEmpty)
        for part in mistake.parts {
          #expect(ended.errors.contains(part), "\(part): \(ended.errors)")
        }
        #expect(!ended.errors.contains("HDF5-DIAG") && !ended.errors.contains("HDF5: "))
      }
    }
  }
}
