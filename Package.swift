// swift-tools-version: 6.2

import PackageDescription

// Arrows point down only, and two that are missing are the design: Analysis and Theory can't import
// Networks, so the judge doesn't know whom it judges and the yardstick comes from the paradigm
// alone. Documentation/Design-Notes.md says why each outside package was chosen.

let systemPackage: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
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
    .target(name: "Kernels", exclude: ["gates.h", "template.h", "transformer.h"]),
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
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .systemLibrary(
      name: "CHDF5",
      pkgConfig: "hdf5",
      providers: [.apt(["libhdf5-dev"]), .brew(["hdf5"])]
    ),
    .target(
      name: "Files",
      dependencies: [
        "CHDF5", "CZlib",
        systemPackage,
        .product(name: "Crypto", package: "swift-crypto"),
      ]
    ),
    .target(name: "Trials", dependencies: ["Compute", realModule]),

    // Three rooms without doors between them.
    .target(name: "Networks", dependencies: ["Compute", "Trials", realModule]),
    .target(name: "Theory", dependencies: ["Compute", "Trials", realModule]),
    .target(name: "Analysis", dependencies: ["Compute", "Trials", realModule]),

    .target(
      name: "Training",
      dependencies: ["Compute", "Files", "Trials", "Networks", systemPackage]
    ),
    .target(
      name: "Experiments",
      dependencies: [
        "Compute", "Files", "Trials", "Networks", "Training", "Theory", "Analysis",
        .product(name: "Subprocess", package: "swift-subprocess"),
        systemPackage,
        "Yams",
      ]
    ),
    .target(
      name: "Results",
      dependencies: [
        "Analysis", "Compute", "Experiments", "Files", realModule, systemPackage,
      ]
    ),
    .executableTarget(
      name: "disentangle",
      dependencies: [
        "Analysis", "Compute", "Experiments", "Files", "Results", systemPackage,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]
    ),
    .executableTarget(
      name: "disentangle-bench",
      dependencies: [
        "Compute", "Files", "Networks", "Theory", "Training", "Trials",
        systemPackage,
      ],
      path: "Benchmarks/step"
    ),

    // One folder of tests for each room. They run in release mode, where the C is optimised.
    .target(
      name: "TestSupport",
      dependencies: ["Compute", "Files", "Trials", realModule, systemPackage],
      path: "Tests/TestSupport"
    ),
    .testTarget(
      name: "KernelTests",
      dependencies: ["Files", "Kernels", "TestSupport", realModule]
    ),
    .testTarget(name: "ComputeTests", dependencies: ["Compute", "TestSupport", realModule]),
    .testTarget(name: "FilesTests", dependencies: ["Files", systemPackage], exclude: ["Fixtures"]),
    .testTarget(
      name: "TrialsTests",
      dependencies: ["Compute", "Trials", "TestSupport", realModule]
    ),
    .testTarget(name: "NetworksTests", dependencies: ["Networks", "TestSupport"]),
    .testTarget(name: "TheoryTests", dependencies: ["Theory", "TestSupport"]),
    .testTarget(name: "AnalysisTests", dependencies: ["Analysis", "TestSupport", realModule]),
    .testTarget(name: "TrainingTests", dependencies: ["Training", "TestSupport", realModule]),
    .testTarget(name: "ExperimentsTests", dependencies: ["Experiments", "TestSupport"]),
    .testTarget(name: "ResultsTests", dependencies: ["Experiments", "Files", "Results"]),
    // The tool as a user calls it: as a process, by its text and its files.
    .testTarget(
      name: "CommandTests",
      dependencies: ["disentangle", "Files", "Experiments", "TestSupport", systemPackage],
      exclude: ["Snapshots"]
    ),
  ]
)
