using GpuTransformer.Kernels;

namespace GpuTransformer.Chat.Jinja;

/// <summary>What one rendering may cost: a template comes from a file and may be hostile. Everything that loops, builds
/// or nests asks here first.</summary>
internal sealed class Budget(string name, long dataLength)
{
    /// <summary>Steps that a template may take beside what its data needs; a usual template takes about 50 a message.</summary>
    private const long Steps = 1_000_000;

    /// <summary>Characters that it may build or write.</summary>
    private const long Characters = 4 << 20;

    private const int Depth = 200;

    // A template writes each message once and may cut, join and copy it a few times.
    private long _steps = Steps + 4 * dataLength;
    private long _characters = Characters + 32 * dataLength;
    private int _depth;

    /// <summary>One step, or as many as there are elements.</summary>
    public void Spend(long steps = 1)
    {
        if ((_steps -= steps) < 0)
        {
            throw new InputException($"{name}: the template takes more than {Steps} steps.");
        }
    }

    /// <summary>Characters about to be made.</summary>
    public void Build(long characters)
    {
        if (characters < 0 || (_characters -= characters) < 0)
        {
            throw new InputException($"{name}: the template builds more than {Characters} characters beside its messages.");
        }
    }

    /// <summary>One level deeper, until <see cref="Leave"/>.</summary>
    public void Enter()
    {
        if (++_depth > Depth)
        {
            throw new InputException($"{name}: the template nests deeper than {Depth} levels.");
        }
    }

    public void Leave() => _depth--;
}
