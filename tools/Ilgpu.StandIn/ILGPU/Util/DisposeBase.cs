namespace ILGPU.Util;

/// <summary>Runs a derived class's disposal at most once, also from the finalizer.</summary>
public abstract class DisposeBase : IDisposable
{
    private int disposeStarted;
    private volatile bool isDisposed;

    ~DisposeBase() => DisposeOnce(false);

    public bool IsDisposed => isDisposed;

    protected void VerifyNotDisposed() => ObjectDisposedException.ThrowIf(isDisposed, this);

    protected virtual void Dispose(bool disposing)
    { }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        DisposeOnce(true);
    }

    private void DisposeOnce(bool disposing)
    {
        if (Interlocked.Exchange(ref disposeStarted, 1) != 0)
            return;
        Dispose(disposing);
        isDisposed = true;
    }
}
