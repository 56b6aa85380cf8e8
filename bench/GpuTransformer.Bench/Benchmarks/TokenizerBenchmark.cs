using BenchmarkDotNet.Attributes;

namespace GpuTransformer.Bench;

/// <summary>A megabyte of verse through the shipped tokenizers.</summary>
public class TokenizerBenchmark
{
    private const int Bytes = 1_000_000;
    private TokenizerCase? _case;

    /// <summary>Names of the kinds.</summary>
    public static IEnumerable<string> Names => TokenizerSection.Names;

    /// <summary>The kind.</summary>
    [ParamsSource(nameof(Names))]
    public string Kind { get; set; } = "";

    /// <summary>What it is given.</summary>
    [ParamsAllValues]
    public TokenizerInput Input { get; set; }

    /// <summary>Loads the tokenizer and checks it.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var (name, model) = TokenizerCase.Kinds.First(kind => kind.Name == Kind);
        _case = new TokenizerCase(name, model, VerseText.Lines(Bytes));
        _case.Verify();
    }

    /// <summary>The number of ids.</summary>
    [Benchmark]
    public long Encode() => _case!.Run(Input);
}
