using System.Diagnostics;
using System.Runtime.InteropServices;

namespace GpuTransformer.Cli.Text;

/// <summary>Ctrl-C, or a request to end, asks for an end between batches, tokens or shapes; a second one ends the program at
/// once.</summary>
internal sealed class Interruption : IDisposable
{
    // timeout(1) signals the process and then its group: that is one request.
    private static readonly TimeSpan s_sameRequest = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _source = new();
    private readonly Stopwatch _since = new();
    private readonly PosixSignalRegistration[] _registrations;

    public Interruption() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, Request),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, Request),
    ];

    /// <summary>Cancelled at the first request.</summary>
    public CancellationToken Token => _source.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _source.Dispose();
    }

    private void Request(PosixSignalContext context)
    {
        lock (_since)
        {
            context.Cancel = !_since.IsRunning || _since.Elapsed < s_sameRequest;
            if (!_since.IsRunning)
            {
                _since.Start();
                _source.Cancel();
            }
        }
    }
}
