import Files
import SystemPackage
import Testing

extension ToolTests {
  @Suite("Same seed, same bytes") struct SameBytesTests {
    @Test("Twice, and with one worker or two: the same weights, measurements and logs")
    func workers() throws {
      try withFolder { folder in
        let spec = SmallSpec.changed(SmallSpec.tiny, ["seed=0..2"])
        for (out, jobs) in [("one", "1"), ("two", "2"), ("again", "2")] {
          let ended = try Tool.run(
            ["run", "--json", "--out", out, "--jobs", jobs] + spec,
            in: folder
          )
          #expect(ended.exitCode == 0)
          let records = try ended.records()
          #expect(records.count == 3)
          for record in records {
            let expected = try RunOnDisk(record, in: folder.appending("one")).essence()
            try RunOnDisk(record, in: folder.appending(out)).essence().expectSame(as: expected)
          }
        }
      }
    }

    @Test("Another seed gives other weights and measurements")
    func seeds() throws {
      try withFolder { folder in
        let spec = SmallSpec.changed(SmallSpec.tiny, ["seed=0,1"])
        let records = try Tool.run(["run", "--json", "--out", "out"] + spec, in: folder).records()
        let essences = try records.map { try RunOnDisk($0, in: folder.appending("out")).essence() }
        try #require(essences.count == 2)
        #expect(essences[0].weights != essences[1].weights)
        #expect(essences[0].measurements != essences[1].measurements)
      }
    }

    @Test(
      "The kernels for AVX2 and AVX-512 give the same weights and measurements",
      .enabled(if: Tool.has(kernel: "x86-64-v4"), "this processor runs one of them at most")
    )
    func kernels() throws {
      try withFolder { folder in
        // Behind every encoder, and with sizes that fill no vector.
        let spec = SmallSpec.changed(
          SmallSpec.paperLike,
          ["encoder.kind=relu,linearFree", "network.units=19", "training.batchSize=13"]
        )
        for kernel in ["x86-64-v3", "x86-64-v4"] {
          let records = try Tool.run(
            ["run", "--json", "--out", kernel] + spec,
            in: folder,
            environment: ["DISENTANGLE_KERNEL": kernel]
          ).records()
          #expect(records.count == 2)
          for record in records {
            #expect(record["provenance"]?["kernel"]?.string == kernel)
            let expected = try RunOnDisk(record, in: folder.appending("x86-64-v3")).essence()
            try RunOnDisk(record, in: folder.appending(kernel)).essence().expectSame(as: expected)
          }
        }
      }
    }
  }
}
