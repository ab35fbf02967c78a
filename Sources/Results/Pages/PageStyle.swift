/// How a page looks: the reader's own fonts and colours, a column of 75 characters, tables that
/// scroll by themselves where the screen is narrow.
enum PageStyle {
  static let css = """
    :root {
      color-scheme: light dark;
      --paper: #ffffff; --ink: #1a1a1a; --soft: #595959; --rule: #d6d6d6; --wash: #f4f5f7;
      --link: #00568a; --value: #0072B2; --warn: #a04700;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --paper: #16181b; --ink: #e6e6e6; --soft: #a8a8a8; --rule: #3d4045; --wash: #212429;
        --link: #8ccdf4; --value: #4aa3df; --warn: #f0a070;
      }
    }
    * { box-sizing: border-box; }
    body {
      margin: 0 auto; padding: 2rem 1rem 4rem; max-width: 62rem;
      background: var(--paper); color: var(--ink);
      font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Helvetica, Arial, "DejaVu Sans",
        sans-serif;
    }
    h1, h2, h3, p, ul, figcaption, .note { max-width: 75ch; }
    h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 1rem; }
    h2 { font-size: 1.25rem; margin: 3rem 0 .75rem; }
    h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
    p { margin: .5rem 0; }
    a { color: var(--link); }
    a:focus-visible, [tabindex]:focus-visible, summary:focus-visible {
      outline: 2px solid var(--link); outline-offset: 2px;
    }
    .finding { font-size: 1.125rem; font-weight: 600; max-width: 66ch; }
    .note {
      border-left: 4px solid var(--rule); background: var(--wash);
      padding: .5rem .75rem; margin: 1rem 0;
    }
    .note.warning { border-color: var(--warn); }
    .scroll { overflow-x: auto; margin: 1.5rem 0; }
    table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9375rem; }
    caption { text-align: left; color: var(--soft); padding-bottom: .5rem; }
    caption span { display: inline-block; max-width: min(75ch, calc(100vw - 2rem)); }
    th, td { padding: .375rem .75rem .375rem 0; text-align: left; vertical-align: top; }
    th:last-child, td:last-child { padding-right: 0; }
    thead th {
      vertical-align: bottom; border-bottom: 1px solid var(--ink);
      font-weight: 600; line-height: 1.25;
    }
    tbody tr + tr > * { border-top: 1px solid var(--rule); }
    tbody th { font-weight: inherit; }
    .number { text-align: right; white-space: nowrap; }
    .detail { display: block; color: var(--soft); font-size: .8125rem; font-weight: 400; }
    @media (max-width: 44rem) {
      .wordy, .wordy > * { display: block; }
      .wordy tr { display: flex; flex-wrap: wrap; }
      .wordy tr > * { flex: 1 1 0; border-top: 0; padding-bottom: 0; white-space: normal; }
      .wordy tr > :first-child { flex-basis: 100%; }
      .wordy tr { padding-bottom: .375rem; }
      .wordy thead tr, .wordy tbody tr + tr { border-top: 1px solid var(--rule); }
      .wordy thead th { border-bottom: 0; }
      .wordy thead { border-bottom: 1px solid var(--ink); }
    }
    .bar { display: block; margin: .25rem 0 0 auto; overflow: visible; }
    .bar .track { stroke: var(--rule); stroke-width: 2; }
    .bar .value { fill: var(--value); }
    .bar .floor { stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 1.5 1.5; }
    .bar .ceiling { stroke: var(--ink); stroke-width: 1.5; }
    .legend { color: var(--soft); font-size: .875rem; }
    figure { margin: 2rem 0 3rem; }
    figcaption { font-size: .9375rem; }
    .plot img { display: block; max-width: 100%; height: auto; background: #fff; padding: .5rem; }
    .plot { min-height: 1rem; margin-bottom: .5rem; }
    .plot.one-column { max-width: 36rem; }
    .files { color: var(--soft); font-size: .875rem; }
    pre {
      overflow-x: auto; background: var(--wash); padding: .75rem;
      font-size: .875rem; line-height: 1.4;
    }
    .provenance th { color: var(--soft); white-space: nowrap; }
    .provenance td { overflow-wrap: anywhere; }
    @media print { .files, .modebar { display: none; } body { max-width: none; } }
    """
}
