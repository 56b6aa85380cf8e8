using System.Text;
using System.Text.Unicode;
using GpuTransformer.Kernels;
using GpuTransformer.Weights;

namespace GpuTransformer.Tokenizers.SentencePiece;

/// <summary>Reads a model of SentencePiece (spiece.model, tokenizer.model): a protobuf message. The whole file is walked
/// once before anything is made of it; a field that changes the result and is not known is an
/// <see cref="InputException"/>.</summary>
/// <remarks>Source of the fields' numbers: sentencepiece_model.proto.</remarks>
internal static class SentencePieceFile
{
    private const long LargestFile = 256L << 20;
    private const int LongestPiece = UnigramFile.LongestToken;
    private const int LongestText = 1024;

    /// <summary>Reads a file.</summary>
    public static SentencePieceSpec Load(string path) => Read(BoundedFile.ReadAll(path, LargestFile), path);

    /// <summary>Reads a file's bytes; <paramref name="name"/> is what errors begin with.</summary>
    public static SentencePieceSpec Read(ReadOnlySpan<byte> file, string name)
    {
        var spec = new SentencePieceSpec(Walk(file, name));
        var reader = new ProtobufReader(file, name);
        int piece = 0;
        while (reader.TryField(out int number, out WireType type))
        {
            switch (number)
            {
                case 1:
                    ReadPiece(ref reader, spec, piece++);
                    break;
                case 2:
                    ReadTrainer(ref reader, spec);
                    break;
                case 3:
                    ReadNormalizer(ref reader, spec.Normalizer, "normalizer_spec");
                    break;
                case 5:
                    ReadNormalizer(ref reader, spec.Denormalizer ??= new NormalizerSpec(), "denormalizer_spec");
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }
        return spec;
    }

    // Counts the pieces and checks that the message and those in it end where they say. A file that was cut off between
    // two fields is told by what comes last in every file.
    private static int Walk(ReadOnlySpan<byte> file, string name)
    {
        var reader = new ProtobufReader(file, name);
        int count = 0;
        bool hasTrainer = false;
        bool hasNormalizer = false;
        while (reader.TryField(out int number, out WireType type))
        {
            if (number is not (1 or 2 or 3 or 5))
            {
                reader.Skip(type);
                continue;
            }
            string field = number switch { 1 => "a piece", 2 => "trainer_spec", 3 => "normalizer_spec", _ => "denormalizer_spec" };
            reader.Expect(WireType.Bytes, type, field);
            long outer = reader.Enter(field);
            while (reader.TryField(out _, out WireType inner))
            {
                reader.Skip(inner);
            }
            reader.Leave(outer);
            count += number == 1 ? 1 : 0;
            hasTrainer |= number == 2;
            hasNormalizer |= number == 3;
        }
        if (count == 0 || !hasTrainer || !hasNormalizer)
        {
            throw new InputException($"{name}: expected pieces, trainer_spec and normalizer_spec of a SentencePiece model, " +
                $"found {count} pieces, {(hasTrainer ? "a" : "no")} trainer_spec, {(hasNormalizer ? "a" : "no")} normalizer_spec");
        }
        return count;
    }

    private static void ReadPiece(ref ProtobufReader reader, SentencePieceSpec spec, int id)
    {
        string text = "";
        float score = 0;
        PieceType kind = PieceType.Normal;
        long outer = reader.Enter("a piece");
        while (reader.TryField(out int number, out WireType type))
        {
            switch (number)
            {
                case 1:
                    text = Text(ref reader, type, "a piece's text", LongestPiece);
                    break;
                case 2:
                    reader.Expect(WireType.Fixed32, type, "a piece's score");
                    score = reader.Single("a piece's score");
                    break;
                case 3:
                    kind = (PieceType)Number(ref reader, type, "a piece's type", 1, 6);
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }
        if (text.Length is 0 or > LongestPiece || text.Contains('\0'))
        {
            throw reader.Error($"pieces[{id}].piece",
                $"expected 1 to {LongestPiece} letters other than NUL, found {text.Length}: {Quoted.Of(text)}");
        }
        if (!float.IsFinite(score))
        {
            throw reader.Error($"pieces[{id}].score", $"expected a finite number, found {score}");
        }
        (spec.Pieces[id], spec.Scores[id], spec.Types[id]) = (text, score, kind);
        reader.Leave(outer);
    }

    private static void ReadTrainer(ref ProtobufReader reader, SentencePieceSpec spec)
    {
        long outer = reader.Enter("trainer_spec");
        while (reader.TryField(out int number, out WireType type))
        {
            switch (number)
            {
                case 3:
                    spec.Kind = (SentencePieceKind)Number(ref reader, type, "trainer_spec.model_type", 1, 4);
                    break;
                case 24:
                    spec.Normalizer.WhitespaceIsSuffix =
                        Number(ref reader, type, "trainer_spec.treat_whitespace_as_suffix", 0, ulong.MaxValue) != 0;
                    break;
                case 35:
                    spec.ByteFallback = Number(ref reader, type, "trainer_spec.byte_fallback", 0, ulong.MaxValue) != 0;
                    break;
                case 44:
                    string surface = Text(ref reader, type, "trainer_spec.unk_surface");
                    spec.UnknownSurface = surface.Split('\0')[0];
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }
        reader.Leave(outer);
    }

    private static void ReadNormalizer(ref ProtobufReader reader, NormalizerSpec spec, string field)
    {
        long outer = reader.Enter(field);
        while (reader.TryField(out int number, out WireType type))
        {
            switch (number)
            {
                case 2:
                    reader.Expect(WireType.Bytes, type, $"{field}.precompiled_charsmap");
                    spec.CharsMap = reader.Bytes($"{field}.precompiled_charsmap").ToArray();
                    break;
                case 3:
                    spec.AddDummyPrefix = Number(ref reader, type, $"{field}.add_dummy_prefix", 0, ulong.MaxValue) != 0;
                    break;
                case 4:
                    spec.RemoveExtraWhitespaces =
                        Number(ref reader, type, $"{field}.remove_extra_whitespaces", 0, ulong.MaxValue) != 0;
                    break;
                case 5:
                    spec.EscapeWhitespaces =
                        Number(ref reader, type, $"{field}.escape_whitespaces", 0, ulong.MaxValue) != 0;
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }
        reader.Leave(outer);
    }

    private static ulong Number(ref ProtobufReader reader, WireType type, string field, ulong least, ulong most)
    {
        reader.Expect(WireType.Varint, type, field);
        ulong value = reader.Varint(field);
        return value >= least && value <= most
            ? value
            : throw reader.Error(field, $"expected {least} to {most}, found {value}");
    }

    private static string Text(ref ProtobufReader reader, WireType type, string field, int longest = LongestText)
    {
        reader.Expect(WireType.Bytes, type, field);
        ReadOnlySpan<byte> bytes = reader.Bytes(field);
        if (bytes.Length > 3 * longest)
        {
            throw reader.Error(field, $"expected at most {longest} letters, found {bytes.Length} bytes");
        }
        return Utf8.IsValid(bytes)
            ? Encoding.UTF8.GetString(bytes)
            : throw reader.Error(field, "expected UTF-8, found bytes that are not");
    }
}
