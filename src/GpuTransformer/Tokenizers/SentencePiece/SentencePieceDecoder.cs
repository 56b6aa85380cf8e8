using System.Buffers;
using System.Text;

namespace GpuTransformer.Tokenizers.SentencePiece;

/// <summary>SentencePiece's way from pieces to text: control marks are nothing, the unknown piece is a sign of its own, the
/// space that was put in front is left out, runs of bytes are UTF-8, of which each byte that cannot be is
/// U+FFFD.</summary>
internal sealed class SentencePieceDecoder(PieceInventory pieces, SentencePieceSpec spec, string source) : IDecoder
{
    private readonly SentencePieceNormalizer? _denormalizer = spec.Denormalizer is { CharsMap.Length: > 0 } denormalizer
        ? new SentencePieceNormalizer(denormalizer, userDefined: null, source)
        : null;

    /// <inheritdoc/>
    public IDecoding Start() => new Decoding(this);

    private sealed class Decoding(SentencePieceDecoder owner) : WholeTokenDecoding
    {
        private readonly List<byte> _bytes = [];
        private readonly StringBuilder? _whole = owner._denormalizer is null ? null : new StringBuilder();
        private readonly bool _dropsSpace = owner.Spec.AddDummyPrefix || owner.Spec.RemoveExtraWhitespaces;
        private bool _atStart = true;
        private bool _spaceDropped;
        private bool _hasText;

        public override void End(List<TokenPart> output)
        {
            FlushBytes(atEnd: true, output);
            if (_whole is { Length: > 0 })
            {
                output.Add(new TokenPart(owner._denormalizer!.Normalize(_whole.ToString())));
                _whole.Clear();
            }
        }

        protected override void Token(string token, List<TokenPart> output)
        {
            int id = owner.Pieces.IdOf(token);
            if (owner.Pieces.TypeOf(id) == PieceType.Byte)
            {
                _bytes.Add((byte)Models.ByteTokens.ByteOf(token));
                FlushBytes(atEnd: false, output);
                return;
            }
            FlushBytes(atEnd: true, output);
            _atStart &= !_spaceDropped && !_hasText;
            Write(TextOf(token, id), output);
        }

        private string TextOf(string piece, int id)
        {
            _spaceDropped = false;
            switch (owner.Pieces.TypeOf(id))
            {
                case PieceType.Control:
                    return owner.ShowsControl ? piece : "";
                case PieceType.Unknown:
                    return owner.Pieces.Vocabulary.TokenOf(id) == piece ? owner.UnknownSurface : piece;
                default:
                    if (_atStart && _dropsSpace && piece.StartsWith('\u2581'))
                    {
                        piece = piece[1..];
                        // With extra spaces out, those of the next pieces go too until there is text.
                        _spaceDropped = !owner.Spec.RemoveExtraWhitespaces;
                    }
                    return piece.Replace('\u2581', ' ');
            }
        }

        // Before the end of a run the bytes of a letter that is not whole yet wait.
        private void FlushBytes(bool atEnd, List<TokenPart> output)
        {
            ReadOnlySpan<byte> bytes = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_bytes);
            int done = 0;
            while (done < bytes.Length)
            {
                OperationStatus status = Rune.DecodeFromUtf8(bytes[done..], out Rune letter, out int length);
                if (status == OperationStatus.NeedMoreData && !atEnd)
                {
                    break;
                }
                Write(status == OperationStatus.Done ? letter.ToString() : "\uFFFD", output);
                done += status == OperationStatus.Done ? length : 1;
            }
            _bytes.RemoveRange(0, done);
        }

        private void Write(string text, List<TokenPart> output)
        {
            _hasText |= text.Length > 0;
            if (_whole is not null)
            {
                _whole.Append(text);
            }
            else
            {
                output.Add(new TokenPart(text));
            }
        }
    }

    private PieceInventory Pieces => pieces;

    private NormalizerSpec Spec => spec.Normalizer;

    private bool ShowsControl => spec.ShowsControl;

    private string UnknownSurface => spec.UnknownSurface;
}
