import Experiments
import Files
import Testing
import Theory

@Suite("What is said before training")
struct ForecastTests {
  private static func forecast(_ words: [String]) throws -> Forecast {
    Forecast(of: try SweepExpansion(overrides: try SpecOverride.parse(words)).only())
  }

  @Test("The default: every line has a value, a status and the name of its baseline")
  func defaults() throws {
    let forecast = try Self.forecast([])
    #expect(Set(forecast.lines.map(\.key)).count == forecast.lines.count)
    for line in forecast.lines {
      #expect(line.value != nil, "\(line.key): \(line.reason ?? "")")
      #expect(line.baseline != nil && line.reason == nil)
    }
    let r2 = forecast.lines.filter { $0.key.contains("r2.") && $0.kind != .floor }
    let ceiling = try #require(r2.first { $0.key == "r2.any" }?.value)
    for line in r2 where line.key != "r2.any.toldOrthant" {
      // Simulated values are rounded to five digits.
      #expect((line.value ?? 2) <= ceiling + 5e-6, "\(line.key)")
    }
    #expect(forecast.conditions.verdict == .holds(.spanningNormals))
  }

  @Test("The same spec, the same bits: in a forecast and in result.json")
  func sameBits() throws {
    let first = try Self.forecast(["tasks.count=6"])
    let second = try Self.forecast(["tasks.count=6"])
    #expect(first.json == second.json)
    #expect(first.predictions.references == second.predictions.references)
  }

  @Test(
    "Where the theory is silent, it says why",
    arguments: [
      ["noise.place=after"], ["tasks.boundaries=circles"],
      ["training.target=values", "tasks.boundaries=axes"],
      ["latent.dimensions=20", "tasks.boundaries=hyperplanes"],
    ]
  )
  func silence(words: [String]) throws {
    let forecast = try Self.forecast(words)
    for line in forecast.lines where line.value == nil {
      #expect(line.reason?.isEmpty == false, "\(line.key)")
    }
    #expect(forecast.predictions.reason != nil)
    #expect(ForecastCurves(of: forecast.spec) == nil)
    #expect(forecast.json["values"]?["prediction.r2.saturation"]?["value"] == .null)
  }

  @Test("Behind the encoder noise has its ceilings and floors too, as far as points can follow")
  func noiseBehindEncoder() throws {
    let keys = ["r2.any", "r2.any.toldOrthant", "loss", "decisionLoss", "accuracy"]
    let plane = try Self.forecast(["noise.place=after"]).lines
    for key in keys + ["r2.ood.trainingMean", "r2.orthantCenter", "r2.directionOnly"] {
      let line = try #require(plane.first { $0.key == key })
      #expect(line.value != nil, "\(key)")
      #expect((line.error != nil) == keys.contains(key), "\(key)")
    }
    // What reads nothing doesn't mind the noise.
    let floor = try #require(plane.first { $0.key == "r2.ood.trainingMean" }?.value)
    #expect(abs(floor + 7.0 / 12) < 1e-12)
    let wide = try Self.forecast(
      ["noise.place=after", "latent.dimensions=7", "tasks.boundaries=hyperplanes"]
    )
    for key in keys {
      let line = try #require(wide.lines.first { $0.key == key })
      #expect(line.value == nil && line.reason?.contains("6 dimensions") == true, "\(key)")
    }
  }

  @Test(
    "Predictions are about the world of the test: uniform latents and white noise",
    arguments: [["noise.kind=gumbel"], ["latent.correlation=0.5"]]
  )
  func testedWorld(words: [String]) throws {
    let keys = ["r2.ood.logits", "r2.id.probabilities", "prediction.r2.saturation"]
    let (own, plain) = try (Self.forecast(words), Self.forecast([]))
    for key in keys {
      let value = own.json["values"]?[key]?["value"]?.double
      #expect(value != nil && value == plain.json["values"]?[key]?["value"]?.double, "\(key)")
    }
  }

  @Test("Without noise sides are predicted, logits are not")
  func noNoise() throws {
    let values = try Self.forecast(["noise.deviation=0"]).json["values"]
    let law = try #require(values?["prediction.r2.saturation"]?["value"]?.double)
    // 24 lines: just below the 8/9 of ever more of them.
    #expect(abs(law - 8.0 / 9) < 5e-3)
    #expect(values?["r2.ood.logits"]?["value"] == .null)
    #expect(values?["r2.ood.logits"]?["reason"]?.string?.contains("σ = 0") == true)
  }

  @Test("Ideal logits of circles in the plane, and of straight boundaries among many latents")
  func logits() throws {
    let circles = try Self.forecast(["tasks.boundaries=circles", "tasks.count=4"])
    let curved = try #require(circles.predictions.outputs?.logits)
    #expect(curved.inDistribution.r2 > 0.3 && curved.inDistribution.standardError < 0.02)
    #expect(circles.predictions.reason?.contains("straight") == true)
    let many = try Self.forecast([
      "latent.dimensions=20", "tasks.boundaries=hyperplanes", "tasks.count=24",
    ])
    let straight = try #require(many.predictions.outputs?.logits.heldOut)
    // Of a million orthants, leaving one out changes nothing; the sixteen drawn ones are like all.
    let known = try #require(many.predictions.outputs?.logits.inDistribution)
    #expect(abs(straight.r2 - known.r2) < 0.05 && straight.standardError < 0.01)
  }

  @Test("Logits that know no box say so in their name")
  func names() throws {
    for (words, word) in [
      ([], "ideal"), (["latent.dimensions=3", "tasks.boundaries=hyperplanes"], "no-prior"),
    ] {
      for line in try Self.forecast(words).lines
      where line.key.contains("logits") || line.key.hasSuffix("probabilities") {
        #expect(line.name.contains(word), "\(line.key): \(line.name)")
      }
    }
  }

  @Test("A theorem that is quoted is not called proven")
  func quoted() {
    let verdict = Conditions.Verdict.holds(.enoughCurved)
    #expect(verdict.status == "quoted, for generic boundaries")
  }

  @Test("Free timing names its looks")
  func words() throws {
    let free = try Self.forecast(["timing.decision=5"]).lines.first { $0.key == "r2.freeTiming" }
    #expect(try #require(free).name.hasSuffix("12σ²/25"))
  }

  @Test("More tasks predict more r²; conditions know the difference between 1 and 2 of them")
  func tasks() throws {
    let values = try ["1", "2", "6", "24"].map { count in
      let forecast = try Self.forecast(["tasks.count=\(count)"])
      return try #require(forecast.predictions.saturation?.r2)
    }
    #expect(values == values.sorted())
    let one = try Self.forecast(["tasks.count=1"])
    #expect(one.conditions.verdict == .fails(.fewerTasksThanDimensions))
  }

  @Test("Ridge reads ideal logits as least squares does, where there are trials enough")
  func ridge() throws {
    for words in [[], ["latent.dimensions=4", "tasks.boundaries=hyperplanes", "tasks.count=12"]] {
      let predictions = try Self.forecast(words).predictions
      let plain = try #require(predictions.outputs?.logits.heldOut)
      let ridge = try #require(predictions.ridge)
      // With thousands of trials of a dozen outputs no penalty is the best one, or a small one.
      let error = max(ridge.standardError, plain.standardError)
      #expect(abs(ridge.r2 - plain.r2) < 4 * error + 0.01, "\(ridge) \(plain)")
    }
  }

  @Test("Held-out regions of every kind, in more dimensions")
  func regions() throws {
    for holdOut in ["orthant", "signPair", "halfSpace"] {
      let forecast = try Self.forecast([
        "latent.dimensions=5", "tasks.boundaries=hyperplanes", "tasks.count=12",
        "evaluation.holdOut=\(holdOut)",
      ])
      let heldOut = try #require(forecast.predictions.outputs?.logits.heldOut.r2)
      let known = try #require(forecast.predictions.outputs?.logits.inDistribution.r2)
      #expect(heldOut < known + 0.05 && heldOut > 0.4, "\(holdOut) \(heldOut) \(known)")
    }
  }
}
