import Testing
import Theory
import Trials

@Suite("What looks add up to")
struct NoiseModelTests {
  @Test("An autoregression's weights, effective looks and variances agree with the reference")
  func autoregression() throws {
    for example in try ObserverOracle.load().autoregressions {
      let law = NoiseLaw.autoregressive(correlation: example.rho)
      let model = NoiseModel(law, deviation: 0.3, dimensions: 1)
      let weights = model.weights(looks: example.t)
      // Closed forms; the reference has 15 digits.
      for (weight, expected) in zip(weights, example.weights) {
        #expect(abs(weight - expected) < 1e-12)
      }
      #expect(weights.count == example.t)
      #expect(agree(model.effectiveLooks(example.t), example.effective, within: 1e-12))
      let variance = model.varianceOfMean(of: 0, looks: example.t)
      #expect(agree(variance / 0.09, example.varianceOfMean, within: 1e-12))

      var looks = LookSum(model, dimension: 0)
      let seen = (0..<example.t).map { Double(($0 * 7) % 11) / 11 - 0.4 }
      for look in seen { looks.add(look) }
      let expected = zip(weights, seen).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs(looks.estimate - expected) < 1e-13)
    }
  }

  @Test("Gumbel looks leave a gamma posterior")
  func gumbel() throws {
    for example in try ObserverOracle.load().gumbels {
      let model = NoiseModel(.gumbel, deviation: example.beta, dimensions: 1)
      var looks = LookSum(model, dimension: 0)
      for look in example.obs { looks.add(look) }
      let likelihood = model.likelihood(of: 0, estimate: looks.estimate, looks: looks.count)
      #expect(abs(looks.estimate - example.mean) < 1e-12)
      #expect(abs(likelihood.mean - example.mean) < 1e-12)
      #expect(abs(likelihood.variance / example.variance - 1) < 1e-11)
      #expect(abs(likelihood.probability(above: example.b) - example.above) < 1e-11)
    }
  }

  @Test("Gumbel looks and the box: probabilities and moments agree with a plain sum")
  func gumbelInTheBox() {
    let model = NoiseModel(.gumbel, deviation: 0.3, dimensions: 2)
    let estimates = [0.41, -0.12]
    let likelihoods = (0..<2).map { model.likelihood(of: $0, estimate: estimates[$0], looks: 3) }
    let box = BoxPosterior(likelihoods)
    let plane = Hyperplane(normal: [0.6, -0.8], offset: 0.05)
    // Midpoints: the error of a side's edge is of order h, that of sums over cells h².
    let cells = 2000
    let nodes = (0..<cells).map { (Double($0) + 0.5) / Double(cells) - 0.5 }
    let densities = likelihoods.map { likelihood in
      nodes.map { node in
        likelihood.probability(above: node - 1e-5) - likelihood.probability(above: node + 1e-5)
      }
    }
    var (above, total) = (0.0, 0.0)
    for (first, one) in zip(nodes, densities[0]) {
      for (second, other) in zip(nodes, densities[1]) {
        total += one * other
        if 0.6 * first - 0.8 * second > 0.05 { above += one * other }
      }
    }
    #expect(abs(box.probability(above: plane) - above / total) < 1e-3)
    let mass = densities[0].reduce(0, +)
    let mean = zip(nodes, densities[0]).reduce(0) { $0 + $1.0 * $1.1 } / mass
    #expect(abs(box.mean[0] - mean) < 1e-6)
  }

  @Test("Ceilings under each law of noise agree with the reference")
  func ceilings() throws {
    func model(_ law: NoiseLaw) -> NoiseModel { NoiseModel(law, deviation: 0.2, dimensions: 2) }
    let ar = model(.autoregressive(correlation: 0.7))
    let known: [(prefix: String, NoiseCeilings)] = [
      ("white", NoiseCeilings(model(.gaussian), looks: 20)),
      ("AR(1) rho=.7 GLS", NoiseCeilings(ar, looks: 20)),
      ("AR(1) rho=.7 plain", NoiseCeilings(meanOf: ar, looks: 20)),
      ("AR(1) rho=.9", NoiseCeilings(model(.autoregressive(correlation: 0.9)), looks: 20)),
      ("Gumbel(0,.2) ML", NoiseCeilings(model(.gumbel), looks: 20)),
      ("Gumbel(0,.2) plain", NoiseCeilings(meanOf: model(.gumbel), looks: 20)),
      ("anisotropic", NoiseCeilings(model(.anisotropic(ratio: 2)), looks: 20)),
    ]
    for example in try ObserverOracle.load().variants {
      let ceilings = try #require(known.first { example.noise.hasPrefix($0.prefix) }?.1)
      #expect(abs(ceilings.unbiasedMean - example.unbiased) < 1e-10, "\(example.noise)")
      #expect(abs(ceilings.linearInDistribution - example.inDistribution) < 1e-10)
      // A quadrature on both sides.
      #expect(abs(ceilings.anyDecoder - example.anyDecoder) < 1e-8, "\(example.noise)")
      #expect(abs(ceilings.linearHeldOut - example.heldOut) < 1e-10, "\(example.noise)")
    }
  }
}
