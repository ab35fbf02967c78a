// swift-tools-version: 6.2

import PackageDescription

// Arrows point down only, and two that are missing are the design: Analysis and Theory can't import
// Networks, so the judge doesn't know whom it judges and the yardstick comes from the paradigm
// alone. Documentation/Design-Notes.md says why each outside package was chosen.

let realModule: Target.Dependency = .product(name: "RealModule", package: "swift-numerics")

let package = Package(
  name: "Disentangle",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "disentangle", targets: ["disentangle"]),
    .executable(name: "disentangle-bench", targets: ["disentangle-bench"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.1"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
  ],
  targets: [
    // C, chosen at run time by what the processor has; no unsafe flags.
    .target(name: "Kernels", exclude: ["template.h"]),
    .systemLibrary(
      name: "CLAPACK",
      pkgConfig: "openblas",
      providers: [.apt(["libopenblas-dev", "liblapacke-dev"]), .brew(["openblas"])]
    ),
    .target(
      name: "Compute",
      dependencies: ["Kernels", "CLAPACK", realModule],
      // Debian's OpenBLAS has no LAPACKE inside, Homebrew's has.
      linkerSettings: [.linkedLibrary("lapacke", .when(platforms: [.linux]))]
    ),
    .target(
      name: "Files",
      dependencies: [
        .product(name: "SystemPackage", package: "swift-system"),
        .product(name: "Crypto", package: "swift-crypto"),
      ]
    ),
    .target(name: "Trials", dependencies: ["Compute"]),

    // Three rooms without doors between them.
    .target(name: "Networks", dependencies: ["Compute", "Trials"]),
    .target(name: "Theory", dependencies: ["Compute", "Trials", realModule]),
    .target(name: "Analysis", dependencies: ["Compute", "Trials", realModule]),

    .target(name: "Training", dependencies: ["Compute", "Files", "Trials", "Networks"]),
    .target(
      name: "Experiments",
      dependencies: [
        "Compute", "Files", "Trials", "Networks", "Training", "Theory", "Analysis",
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
        .product(name: "Yams", package: "Yams"),
      ]
    ),
    .target(name: "Results", dependencies: ["Experiments", "Files"]),
    .executableTarget(
      name: "disentangle",
      dependencies: [
        "Experiments", "Results",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]
    ),
    .executableTarget(
      name: "disentangle-bench",
      dependencies: [
        "Compute", "Files", "Networks", "Training", "Trials",
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      path: "Benchmarks/step"
    ),
  ]
)
