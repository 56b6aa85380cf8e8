using System.Buffers;

namespace GpuTransformer.Tokenizers.Models;

/// <summary>A heap of merges to come in a rented array: the lowest rank first, and of one rank the leftmost.</summary>
internal struct BpeQueue(int room)
{
    private long[] _entries = ArrayPool<long>.Shared.Rent(Math.Max(16, room));
    private int _count;

    /// <summary>Adds a merge.</summary>
    public void Add(int rank, int at)
    {
        if (_count == _entries.Length)
        {
            long[] larger = ArrayPool<long>.Shared.Rent(2 * _count);
            _entries.AsSpan(0, _count).CopyTo(larger);
            ArrayPool<long>.Shared.Return(_entries);
            _entries = larger;
        }
        long entry = ((long)rank << 32) | (uint)at;
        int place = _count++;
        while (place > 0 && _entries[(place - 1) / 2] > entry)
        {
            _entries[place] = _entries[(place - 1) / 2];
            place = (place - 1) / 2;
        }
        _entries[place] = entry;
    }

    /// <summary>Takes the first.</summary>
    public bool TryTake(out int rank, out int at)
    {
        if (_count == 0)
        {
            (rank, at) = (0, 0);
            return false;
        }
        (rank, at) = ((int)(_entries[0] >> 32), (int)(uint)_entries[0]);
        long last = _entries[--_count];
        int place = 0;
        while (true)
        {
            int child = 2 * place + 1;
            if (child >= _count)
            {
                break;
            }
            child += child + 1 < _count && _entries[child + 1] < _entries[child] ? 1 : 0;
            if (_entries[child] >= last)
            {
                break;
            }
            _entries[place] = _entries[child];
            place = child;
        }
        _entries[place] = last;
        return true;
    }

    /// <summary>Gives the array back.</summary>
    public readonly void Return() => ArrayPool<long>.Shared.Return(_entries);
}
