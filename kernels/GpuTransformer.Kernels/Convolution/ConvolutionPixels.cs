using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Walks along what one position sees, four elements at a time, without a division: the state is a tap of the kernel and
/// a channel, which a step of k moves on.</summary>
internal interface IConvolutionPixels
{
    /// <summary>Whether four elements always lie in one pixel, at a multiple of 16 bytes.</summary>
    static abstract bool NeedsAlignment { get; }

    /// <summary>Stands at element <paramref name="k"/> of the row of <paramref name="position"/>.</summary>
    void Begin(in ConvolutionArgs args, int position, int k);

    /// <summary>The four elements from here on, zeros outside the image and past the row; then moves
    /// <paramref name="step"/> elements on.</summary>
    Float4 Next(in ConvolutionArgs args, int step);
}

/// <summary>Where a walk stands.</summary>
internal struct ConvolutionTap
{
    private int _image;
    private int _firstLine;
    private int _firstColumn;
    private int _down;
    private int _across;
    private int _channel;

    /// <summary>Three divisions for the position and two for the element: once a row of a tile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ConvolutionTap Of(in ConvolutionArgs args, int position, int k)
    {
        var image = args.Image;
        ConvolutionTap tap;
        var line = position / image.OutWidth;
        var index = line / image.OutHeight;
        tap._image = args.XOffset + index * image.ImageStride;
        tap._firstLine = (line - index * image.OutHeight) * image.StrideHeight - image.PaddingHeight;
        tap._firstColumn = (position - line * image.OutWidth) * image.StrideWidth - image.PaddingWidth;
        var pixel = k / image.Channels;
        tap._channel = k - pixel * image.Channels;
        tap._down = pixel / image.KernelWidth;
        tap._across = pixel - tap._down * image.KernelWidth;
        return tap;
    }

    /// <summary>Moves on; more than a pixel where channels are fewer than the step.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Move(in ConvolutionGeometry image, int step)
    {
        _channel += step;
        while (_channel >= image.Channels)
        {
            _channel -= image.Channels;
            _across++;
            var wraps = _across == image.KernelWidth;
            _down += wraps ? 1 : 0;
            _across = wraps ? 0 : _across;
        }
    }

    /// <summary>Whether the tap is of the kernel and meets the image.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool IsInside(in ConvolutionGeometry image) =>
        _down < image.KernelHeight
        && (uint)(_firstLine + _down * image.DilationHeight) < (uint)image.Height
        && (uint)(_firstColumn + _across * image.DilationWidth) < (uint)image.Width;

    /// <summary>Where the element is, for a tap inside.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Place(in ConvolutionGeometry image) =>
        _image + (_firstLine + _down * image.DilationHeight) * image.LineStride
        + (_firstColumn + _across * image.DilationWidth) * image.ColumnStride + _channel * image.ChannelStride;
}

/// <summary>Channels adjacent and a multiple of four: one 128-bit load.</summary>
internal struct ConvolutionQuads : IConvolutionPixels
{
    private ConvolutionTap _tap;

    public static bool NeedsAlignment => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Begin(in ConvolutionArgs args, int position, int k) => _tap = ConvolutionTap.Of(args, position, k);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Float4 Next(in ConvolutionArgs args, int step)
    {
        var value = default(Float4);
        if (_tap.IsInside(args.Image))
        {
            value = VectorAccess.Load(args.X, _tap.Place(args.Image), 1);
        }

        _tap.Move(args.Image, step);
        return value;
    }
}

/// <summary>Any channels, adjacent or as planes: four loads.</summary>
internal struct ConvolutionElements : IConvolutionPixels
{
    private ConvolutionTap _tap;

    public static bool NeedsAlignment => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Begin(in ConvolutionArgs args, int position, int k) => _tap = ConvolutionTap.Of(args, position, k);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Float4 Next(in ConvolutionArgs args, int step)
    {
        Float4 value;
        value.X = One(args);
        value.Y = One(args);
        value.Z = One(args);
        value.W = Element(args, step - 3);
        return value;
    }

    /// <summary>The element here; then moves one on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float One(in ConvolutionArgs args) => Element(args, 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private float Element(in ConvolutionArgs args, int step)
    {
        var value = 0f;
        if (_tap.IsInside(args.Image))
        {
            value = args.X[_tap.Place(args.Image)];
        }

        _tap.Move(args.Image, step);
        return value;
    }
}
