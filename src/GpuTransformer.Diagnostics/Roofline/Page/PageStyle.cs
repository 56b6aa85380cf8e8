namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>The page's looks, light and dark as the reader's system is.</summary>
internal static class PageStyle
{
    public const string Css = """

        :root { color-scheme: light dark; --paper: #ffffff; --ink: #1b1f24; --soft: #5b6570; --line: #d8dde3; --grid: #edf0f3; --tile: #f5f7f9;
          --matmul: #1f5fd0; --attention: #c2410c; --rows: #1a7f47; --weights: #8a2bb0; --model: #b3175a; --launch: #5b6570;
          --good: #1a7f47; --best: #0b6b50; --bad: #b42318; }
        @media (prefers-color-scheme: dark) { :root { --paper: #12161b; --ink: #e7ebef; --soft: #9aa5b1; --line: #38424d; --grid: #222a32; --tile: #1b2128;
          --matmul: #79a8ff; --attention: #ff9d66; --rows: #5fd08f; --weights: #d48df5; --model: #ff86b3; --launch: #9aa5b1;
          --good: #5fd08f; --best: #4fe0b5; --bad: #ff8a80; } }
        body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
        main { max-width: 1320px; margin: 0 auto; padding: 28px 20px 48px; }
        h1 { font-size: 27px; margin: 0; } h2 { font-size: 18px; margin: 34px 0 8px; }
        .over { margin: 0; color: var(--soft); letter-spacing: .04em; } .under { margin: 6px 0 0; color: var(--soft); font-size: 13px; }
        .tiles { display: flex; flex-wrap: wrap; gap: 10px; margin: 18px 0 14px; }
        .tile { background: var(--tile); border: 1px solid var(--line); border-radius: 8px; padding: 9px 14px; display: flex; flex-direction: column; }
        .tile b { font-size: 20px; font-variant-numeric: tabular-nums; } .tile span { color: var(--soft); font-size: 12.5px; }
        svg { width: 100%; height: auto; display: block; } svg text { fill: var(--ink); font-size: 12px; }
        .frame { fill: none; stroke: var(--line); } .grid { stroke: var(--grid); } .full { stroke: var(--soft); }
        svg text.tick { fill: var(--soft); font-size: 11.5px; } svg text.axis { fill: var(--soft); font-size: 13px; }
        .roof { stroke: var(--ink); } .roof.outer { stroke-width: 2.4; } .roof.inner { stroke-width: 1; opacity: .45; }
        .roof.card { stroke-width: 1.6; stroke-dasharray: 7 5; opacity: .8; } svg text.roofname { fill: var(--soft); font-size: 11.5px; }
        .point { stroke: var(--paper); stroke-width: 1.5; } .point:hover { stroke: var(--ink); } svg text.name { font-size: 11.5px; font-weight: 600; }
        .lead, .pair { stroke: var(--soft); stroke-width: .8; opacity: .7; } .cublas { fill: var(--paper); stroke: var(--ink); stroke-width: 1.4; }
        .first, .aim { stroke: var(--ink); stroke-width: 1.6; } .first { stroke-dasharray: 2 2; }
        svg text.label, svg text.value { font-size: 12.5px; font-variant-numeric: tabular-nums; }
        .f-matmul { fill: var(--matmul); --own: var(--matmul); } .f-attention { fill: var(--attention); --own: var(--attention); }
        .f-rows { fill: var(--rows); --own: var(--rows); } .f-weights { fill: var(--weights); --own: var(--weights); }
        .f-model { fill: var(--model); --own: var(--model); } .f-launch { fill: var(--launch); --own: var(--launch); }
        svg text.name { fill: var(--own); } .bar { opacity: .88; }
        .legend { display: flex; flex-wrap: wrap; gap: 6px 20px; margin: 8px 0 0 78px; color: var(--soft); font-size: 13px; }
        .legend span { display: inline-flex; align-items: center; gap: 7px; } .dot { width: 11px; height: 11px; border-radius: 50%; background: var(--own); }
        .diamond { width: 8px; height: 8px; transform: rotate(45deg); border: 1.5px solid var(--ink); }
        .stroke { height: 15px; border-left: 1.6px solid var(--ink); } .dotted { height: 15px; border-left: 1.6px dotted var(--ink); }
        .solid, .dashed { width: 24px; border-top: 2.4px solid var(--ink); } .dashed { border-top: 1.6px dashed var(--ink); }
        .scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: 12.5px; font-variant-numeric: tabular-nums; }
        th { text-align: right; color: var(--soft); font-weight: 500; padding: 4px 6px; white-space: nowrap; border-bottom: 1px solid var(--line); }
        th:first-child, th:nth-child(2) { text-align: left; } td { padding: 3.5px 6px; border-bottom: 1px solid var(--grid); white-space: nowrap; }
        tbody tr:first-child td { border-top: 1px solid var(--line); } td.number { text-align: right; } td.what { border-left: 3px solid var(--own); }
        td.variant { color: var(--soft); } .chip { border: 1px solid; border-radius: 9px; padding: 0 8px; font-size: 12px; }
        .v-aim { color: var(--best); font-weight: 600; } .v-first { color: var(--good); } .v-missed { color: var(--bad); } .v-notjudged { color: var(--soft); }
        .notes { color: var(--soft); font-size: 13px; padding-left: 18px; }
        @media print { main { max-width: none; } h2 { break-after: avoid; } svg, tr { break-inside: avoid; } }

        """;
}
